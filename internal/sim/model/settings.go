package model

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"lethe/internal/customer"
)

// Settings reads the settings.
func (t Table) Settings(ctx context.Context) (s customer.Settings, err error) {
	err = t.request(ctx, "Settings", "", func(Verdict) { s = t.settings })
	return s, err
}

// PutSettings replaces the settings if their version has not changed since they were read.
func (t Table) PutSettings(ctx context.Context, s customer.Settings) (stored customer.Settings, err error) {
	failed := t.request(ctx, "PutSettings", "", func(Verdict) {
		if s.Version != t.settings.Version {
			stored, err = customer.Settings{}, customer.ErrVersion
			return
		}
		stored, err = s, nil
		stored.Version++
		t.settings = stored
		if t.WatchSettings != nil {
			t.WatchSettings(stored)
		}
	})
	if failed != nil {
		return customer.Settings{}, failed
	}
	return stored, err
}

type lease struct {
	holder string
	until  time.Time
}

// Acquire takes a lease.
func (t Table) Acquire(ctx context.Context, name, holder string, now, until time.Time) (err error) {
	failed := t.request(ctx, "Acquire", name, func(Verdict) {
		if err = nil; t.leases[name].holder != holder && !t.leases[name].until.Before(now) {
			err = customer.ErrLeased
			return
		}
		t.leases[name] = lease{holder, until}
	})
	if failed != nil {
		return failed
	}
	return err
}

// Release ends a lease of the holder.
func (t Table) Release(ctx context.Context, name, holder string) error {
	return t.request(ctx, "Release", name, func(Verdict) {
		if t.leases[name].holder == holder {
			delete(t.leases, name)
		}
	})
}

// Observe writes an audit entry and updates the totals. A repeat changes nothing.
func (t Table) Observe(ctx context.Context, e customer.Entry) error {
	return t.request(ctx, "Observe", e.Customer+" "+e.Seq, func(Verdict) {
		log := t.entries[e.Customer]
		if slices.ContainsFunc(log, func(old customer.Entry) bool { return old.Seq == e.Seq && old.At.Equal(e.At) }) {
			return
		}
		t.totals.Active += e.Delta.Active
		t.totals.Trash += e.Delta.Trash
		t.totals.Purged += e.Delta.Purged
		e.Delta = customer.Totals{}
		log = append(log, e)
		slices.SortFunc(log, func(a, b customer.Entry) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Seq, a.Seq)) })
		t.entries[e.Customer] = log
	})
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
