package model

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"lethe/internal/audit"
	"lethe/internal/customer"
)

// AddEntry adds an entry of what changes no customer.
func (t Table) AddEntry(ctx context.Context, e audit.Entry) error {
	return t.request(ctx, "AddEntry", string(e.Action), func(Verdict) { t.addEntry(e) })
}

func (t Table) addEntry(e audit.Entry) {
	if !slices.ContainsFunc(t.site, func(there audit.Entry) bool { return there.Time.Equal(e.Time) && there.ID == e.ID }) {
		t.site = append(t.site, e)
	}
}

// EntriesByDay reads a page of all entries of a day.
func (t Table) EntriesByDay(ctx context.Context, q audit.Query) (page audit.Page, err error) {
	from, err := strconv.Atoi(cmp.Or(q.Cursor, "0"))
	if err != nil {
		return page, customer.ErrCursor
	}
	err = t.request(ctx, "EntriesByDay", q.Day, func(Verdict) {
		page = audit.Page{}
		log := t.dayOf(q)
		for n, e := range log[min(from, len(log)):] {
			if len(page.Entries) == q.Limit || n == audit.MaxRead {
				page.Cursor = strconv.Itoa(from + n)
				return
			}
			if q.Matches(e) {
				page.Entries = append(page.Entries, e)
			}
		}
	})
	return page, err
}

// dayOf returns the log of a day, in the order of the query.
func (m *Model) dayOf(q audit.Query) (log []audit.Entry) {
	for _, e := range m.site {
		if string(customer.DayOf(e.Time)) == q.Day {
			log = append(log, e)
		}
	}
	for _, entries := range m.entries {
		for _, e := range entries {
			if string(customer.DayOf(e.At)) == q.Day {
				log = append(log, logEntry(e))
			}
		}
	}
	slices.SortFunc(log, func(a, b audit.Entry) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.ID, b.ID)) })
	if !q.OldestFirst {
		slices.Reverse(log)
	}
	return log
}

// logEntry returns a customer's entry as the log of the whole site shows it.
func logEntry(e customer.Entry) audit.Entry {
	return audit.Entry{
		ID: e.Seq + "#" + e.Customer, Time: e.At, By: e.By, Action: audit.Action(e.Action), Customer: e.Customer,
		Reason: e.Reason, ReasonCode: string(e.ReasonCode), Subject: e.Subject, Fields: e.Fields,
	}
}
