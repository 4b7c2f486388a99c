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

// index is what the lists show. It follows the writes when it is read, or a little later.
type index struct {
	shown   map[string]root
	pending []entry
}

type entry struct {
	id   string
	root *root // nil: removed
	at   time.Time
}

func (x *index) note(id string, r *root) {
	if r != nil {
		copied := *r
		copied.Customer = clone(r.Customer)
		r = &copied
	}
	x.pending = append(x.pending, entry{id, r, time.Now()})
}

// follow shows what was written up to a time.
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

// read is what the lists show to a request.
func (x *index) read(v Verdict) []root {
	now := time.Now()
	if v == Stale {
		now = now.Add(-lag)
	}
	x.follow(now)
	all := make([]root, 0, len(x.shown))
	for _, r := range x.shown {
		r.Customer = clone(r.Customer)
		r.Counts, r.Holds, r.Last = nil, nil, customer.Change{} // not in the index
		all = append(all, r)
	}
	return all
}

const never = "9"

// sorted is where a list has a customer. Those never due and those held come last.
func (r *root) sorted() string {
	if r.State == customer.Active {
		return strconv.FormatInt(-r.Created.UnixMilli()+1<<50, 10) + "#" + r.ID // the newest first
	}
	if r.look.IsZero() {
		return never + "#" + r.ID
	}
	return r.look.Format("2006-01-02T15:04:05.000Z") + "#" + r.ID
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
		slices.SortFunc(shown, func(a, b root) int { return strings.Compare(a.sorted(), b.sorted()) })
		for _, r := range shown {
			if (r.State == customer.Active) == (q.State == customer.Deleted) || r.sorted() <= q.Cursor {
				continue
			}
			if len(page.Customers) == q.Limit {
				page.Cursor = (&root{Customer: page.Customers[q.Limit-1], look: t.lookOf(page.Customers[q.Limit-1], shown)}).sorted()
				return
			}
			page.Customers = append(page.Customers, r.Customer)
		}
	})
	return page, err
}

func (m *Model) lookOf(c customer.Customer, shown []root) time.Time {
	i := slices.IndexFunc(shown, func(r root) bool { return r.ID == c.ID })
	return shown[i].look
}

// search finds whose address it is, or those with all the words, as their names are now.
func (m *Model) search(search customer.Search) (found []root) {
	owner := m.claims[m.identity(search.Address)]
	for id, r := range m.roots {
		if (owner == "" || owner == id) && search.Matches(r.Customer) {
			found = append(found, root{Customer: clone(r.Customer), look: r.look, ttl: r.ttl})
		}
	}
	return found
}

// Trash goes through the trash up to a time, soonest first.
func (t Table) Trash(ctx context.Context, until time.Time) iter.Seq2[customer.Customer, error] {
	return func(yield func(customer.Customer, error) bool) {
		var shown []root
		err := t.request(ctx, "Trash", "", func(v Verdict) { shown = t.list.read(v) })
		if err != nil {
			yield(customer.Customer{}, err)
			return
		}
		shown = slices.DeleteFunc(shown, func(r root) bool {
			due := until.IsZero() || !r.look.IsZero() && !r.look.After(until)
			return r.State == customer.Active || !due
		})
		slices.SortFunc(shown, func(a, b root) int { return cmp.Compare(a.sorted(), b.sorted()) })
		for _, r := range shown {
			if !yield(r.Customer, nil) {
				return
			}
		}
	}
}
