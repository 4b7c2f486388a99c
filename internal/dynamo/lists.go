package dynamo

import (
	"context"
	"iter"
	"math"
	"time"

	"lethe/internal/customer"
)

// Customers reads a page of the active customers, newest first, or of the trash, soonest due
// first. With a search it returns the matches in the order of search.
func (t *Table) Customers(ctx context.Context, q customer.Query) (customer.Page, error) {
	if q.Search != "" {
		return t.search(ctx, q)
	}
	list := live
	if q.State == customer.Deleted {
		list = trash
	}
	after, err := decodeCursor(list, "", q.Cursor)
	if err != nil {
		return customer.Page{}, err
	}
	s := span{partitions: t.partitions(list), newestFirst: list == live, after: after}
	page, last, err := readPage(ctx, t.merge(s, q.Limit+1), q.Limit) // one more shows whether there is a next page
	if err != nil {
		return customer.Page{}, err
	}
	page.Cursor = encodeCursor(list, last)
	return page, nil
}

// readPage takes a page off a list, and returns the position of its last customer unless the list ends with it. What is read
// beyond that position is read again for the next page: nothing keeps it in between.
func readPage(ctx context.Context, m *merge, limit int) (page customer.Page, last string, err error) {
	page.Customers = make([]customer.Customer, 0, limit)
	for len(page.Customers) < limit {
		e, ok, err := m.next(ctx)
		if err != nil || !ok {
			return page, "", err
		}
		c, err := decodeListed(e.item)
		if err != nil {
			return page, "", err
		}
		page.Customers, last = append(page.Customers, c), e.position
	}
	if more, err := m.more(ctx); err != nil || !more {
		return page, "", err
	}
	return page, last, nil
}

// Trash iterates over the customers in the trash that are due by a time, soonest first; over all if it is zero.
func (t *Table) Trash(ctx context.Context, until time.Time) iter.Seq2[customer.Customer, error] {
	s := span{partitions: t.partitions(trash)}
	if !until.IsZero() {
		s.upTo = formatTime(until.Add(time.Millisecond))
	}
	return func(yield func(customer.Customer, error) bool) {
		m := t.merge(s, math.MaxInt)
		for {
			e, ok, err := m.next(ctx)
			if err == nil && !ok {
				return
			}
			var c customer.Customer
			if err == nil {
				c, err = decodeListed(e.item)
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}
