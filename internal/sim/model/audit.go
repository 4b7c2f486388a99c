package model

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"lethe/internal/customer"
)

// Observe adds entries to audit logs, with their deltas to the totals: a request for each few of those that count, and one
// for each of the others.
func (t Table) Observe(ctx context.Context, entries []customer.Entry) (added int, err error) {
	for added < len(entries) {
		group := groupOf(entries[added:])
		err := t.request(ctx, "Observe", group[0].Customer+" "+group[0].Seq, func(Verdict) { t.logAll(group) })
		if err != nil {
			return added, err
		}
		added += len(group)
	}
	return added, nil
}

// groupOf returns the first entries, as many as one request writes. It has no entry twice.
func groupOf(entries []customer.Entry) []customer.Entry {
	n := 0
	for n < min(batchSize, len(entries)) && entries[n].Counts() && !slices.ContainsFunc(entries[:n], entries[n].Same) {
		n++
	}
	return entries[:max(n, 1)]
}

// logAll adds those of the entries that are not in the log, and the sum of their deltas.
func (t Table) logAll(entries []customer.Entry) {
	left := slices.DeleteFunc(slices.Clone(entries), t.logged)
	for _, e := range left {
		t.totals = t.totals.Plus(e.Delta)
		t.days[customer.DayOf(e.At)] = t.days[customer.DayOf(e.At)].Plus(e.Moved)
	}
	for _, e := range left {
		e.Delta, e.Moved = customer.Totals{}, customer.Moves{}
		t.entries[e.Customer] = append(t.entries[e.Customer], e)
		slices.SortFunc(t.entries[e.Customer], func(a, b customer.Entry) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Seq, a.Seq)) })
	}
}

func (t Table) logged(e customer.Entry) bool {
	return slices.ContainsFunc(t.entries[e.Customer], e.Same)
}

// Reword replaces the reasons of a customer's audit entries.
func (t Table) Reword(ctx context.Context, id string, reword func(string) string) error {
	return t.request(ctx, "Reword", id, func(Verdict) {
		for i := range t.entries[id] {
			if e := &t.entries[id][i]; e.Reason != "" {
				e.Reason = reword(e.Reason)
			}
		}
	})
}

// Entries reads a page of a customer's audit log, newest first.
func (t Table) Entries(ctx context.Context, q customer.EntryQuery) (page customer.EntryPage, err error) {
	from, err := strconv.Atoi(cmp.Or(q.Cursor, "0"))
	if err != nil {
		return page, customer.ErrCursor
	}
	err = t.request(ctx, "Entries", q.Customer, func(Verdict) {
		page = customer.EntryPage{}
		log := t.entries[q.Customer]
		to := min(from+q.Limit, len(log))
		page.Entries = slices.Clone(log[min(from, to):to])
		if to < len(log) {
			page.Cursor = strconv.Itoa(to)
		}
	})
	return page, err
}

// Totals returns the numbers of customers.
func (t Table) Totals(ctx context.Context) (sum customer.Totals, err error) {
	err = t.request(ctx, "Totals", "", func(Verdict) { sum = t.totals })
	return sum, err
}

// TotalsByDay returns what happened on each day.
func (t Table) TotalsByDay(ctx context.Context, first, last customer.Day) (days []customer.DayTotals, err error) {
	err = t.request(ctx, "TotalsByDay", "", func(Verdict) { days = customer.DaysBetween(first, last, t.days) })
	return days, err
}
