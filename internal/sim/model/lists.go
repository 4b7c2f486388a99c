package model

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"lethe/internal/customer"
)

// index is what the lists show. A stale read lags behind the writes by up to lag.
type index struct {
	shown   map[string]root
	pending []entry
}

type entry struct {
	id   string
	root *root // nil: removed
	at   time.Time
}

// update adds a write of a root, nil for a removal.
func (x *index) update(id string, r *root) {
	if r != nil {
		copied := *r
		copied.Customer = clone(r.Customer)
		r = &copied
	}
	x.pending = append(x.pending, entry{id, r, time.Now()})
}

// follow applies the writes up to a time.
func (x *index) follow(until time.Time) {
	for len(x.pending) > 0 && !x.pending[0].at.After(until) {
		if e := x.pending[0]; e.root == nil {
			delete(x.shown, e.id)
		} else {
			x.shown[e.id] = *e.root
		}
		x.pending = x.pending[1:]
	}
}

// read returns what the lists show to a request.
func (x *index) read(v Verdict) []root {
	now := time.Now()
	if v == Stale {
		now = now.Add(-lag)
	}
	x.follow(now)
	all := make([]root, 0, len(x.shown))
	for _, r := range x.shown {
		r.Customer = listed(r.Customer)
		all = append(all, r)
	}
	return all
}

// listed returns the part of a customer that is in the index.
func listed(c customer.Customer) customer.Customer {
	c = clone(c)
	out := customer.Customer{
		ID: c.ID, Version: c.Version, State: c.State, Blocked: c.Blocked, Profile: c.Profile,
		Deletion: c.Deletion, HoldCount: len(c.Holds),
	}
	if c.State == customer.Active {
		out.Created = c.Created
	}
	if out.Deletion != nil {
		out.Deletion.Reason, out.Deletion.ApprovedBy = "", ""
	}
	return out
}

const never = "9"

// listKey is the customer's place in its list. Customers that are held or never due come last.
func (r *root) listKey() string {
	if r.State == customer.Active {
		return strconv.FormatInt(-r.Created.UnixMilli()+1<<50, 10) + "#" + r.ID // newest first
	}
	if r.sweepAt.IsZero() {
		return never + "#" + r.ID
	}
	return r.sweepAt.Format("2006-01-02T15:04:05.000Z") + "#" + r.ID
}

// Customers reads a page of a list.
func (t Table) Customers(ctx context.Context, q customer.Query) (page customer.Page, err error) {
	var search customer.Search
	if q.Search != "" {
		if search, err = customer.ParseSearch(q.Search); err != nil {
			return page, err
		}
	}
	err = t.request(ctx, "Customers", string(q.State)+" "+q.Cursor, func(v Verdict) {
		page = customer.Page{}
		var shown []root
		if q.Search == "" {
			shown = t.list.read(v)
		} else {
			shown = t.search(search)
		}
		slices.SortFunc(shown, func(a, b root) int { return strings.Compare(a.listKey(), b.listKey()) })
		for _, r := range shown {
			if (r.State == customer.Active) == (q.State == customer.Deleted) || r.listKey() <= q.Cursor {
				continue
			}
			if len(page.Customers) == q.Limit {
				page.Cursor = (&root{Customer: page.Customers[q.Limit-1], sweepAt: t.sweepAtOf(page.Customers[q.Limit-1], shown)}).listKey()
				return
			}
			page.Customers = append(page.Customers, r.Customer)
		}
	})
	return page, err
}

func (m *Model) sweepAtOf(c customer.Customer, shown []root) time.Time {
	i := slices.IndexFunc(shown, func(r root) bool { return r.ID == c.ID })
	return shown[i].sweepAt
}

// search returns the customer that claims the address, or the customers with all the words. It
// reads current roots, not the index.
func (m *Model) search(search customer.Search) (found []root) {
	owner := m.claims[m.identity(search.Address)]
	for id, r := range m.roots {
		if (owner == "" || owner == id) && search.Matches(r.Customer) {
			found = append(found, root{Customer: clone(r.Customer), sweepAt: r.sweepAt, ttl: r.ttl})
		}
	}
	return found
}

// Trash iterates over the trash up to a time, the earliest first.
func (t Table) Trash(ctx context.Context, until time.Time) iter.Seq2[customer.Customer, error] {
	return func(yield func(customer.Customer, error) bool) {
		var shown []root
		err := t.request(ctx, "Trash", "", func(v Verdict) { shown = t.list.read(v) })
		if err != nil {
			yield(customer.Customer{}, err)
			return
		}
		shown = slices.DeleteFunc(shown, func(r root) bool {
			due := until.IsZero() || !r.sweepAt.IsZero() && !r.sweepAt.After(until)
			return r.State == customer.Active || !due
		})
		slices.SortFunc(shown, func(a, b root) int { return cmp.Compare(a.listKey(), b.listKey()) })
		for _, r := range shown {
			if !yield(r.Customer, nil) {
				return
			}
		}
	}
}
