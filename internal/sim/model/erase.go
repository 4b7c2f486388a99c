package model

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lethe/internal/customer"
)

// Erase removes the records, terms and claims of customers past the fence. It copies the records
// to retain page by page, each page before it is removed.
func (t Table) Erase(ctx context.Context, customers ...customer.Customer) error {
	err := t.eraseAll(ctx, customers)
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.Join(customer.ErrUnfinished, err)
	}
	return err
}

// item is a term or a record of a customer.
type item struct {
	id, term, record string
}

func (t Table) eraseAll(ctx context.Context, customers []customer.Customer) error {
	var items []item
	for _, c := range customers {
		for _, term := range c.Terms {
			items = append(items, item{id: c.ID, term: term})
		}
		take := func(page []item) error {
			items = append(items, page...)
			return nil
		}
		if c.Retains() {
			take = func(page []item) error { return t.retainPage(ctx, c, page) }
		}
		if err := t.dependents(ctx, c.ID, take); err != nil {
			return fmt.Errorf("model: erase: %w", err)
		}
	}
	for some := range slices.Chunk(items, batchSize) {
		if err := t.deleteBatch(ctx, some); err != nil {
			return fmt.Errorf("model: erase: %w", err)
		}
	}
	return t.unclaim(ctx, customers)
}

// retainPage copies the records of a page that are retained, then removes the page.
func (t Table) retainPage(ctx context.Context, c customer.Customer, page []item) error {
	err := t.retainBatch(ctx, c, page)
	if err == nil {
		err = t.deleteBatch(ctx, page)
	}
	return err
}

// dependents reads the terms and records of a customer, one page per request.
func (t Table) dependents(ctx context.Context, id string, visit func(page []item) error) error {
	after := ""
	for {
		var page []item
		err := t.request(ctx, "Dependents", id+after, func(Verdict) {
			page = nil
			for _, k := range slices.Sorted(maps.Keys(t.records[id])) {
				if k > after && len(page) < pageSize {
					page = append(page, item{id: id, record: k})
				}
			}
		})
		if err != nil {
			return err
		}
		if err := visit(page); err != nil {
			return err
		}
		if len(page) < pageSize {
			return nil
		}
		after = page[len(page)-1].record
	}
}

// deleteBatch removes items unconditionally. It repeats those that a busy table left undone.
func (t Table) deleteBatch(ctx context.Context, batch []item) error {
	for len(batch) > 0 {
		var undone []item
		err := t.request(ctx, "DeleteBatch", fmt.Sprint(batch), func(v Verdict) {
			undone = nil
			for i, it := range batch {
				if v == Partial && i%2 == 1 {
					undone = append(undone, it)
					continue
				}
				t.deleteItem(ctx, it)
			}
		})
		if err != nil {
			return err
		}
		batch = undone
	}
	return nil
}

func (t Table) deleteItem(ctx context.Context, it item) {
	if it.term != "" {
		delete(t.terms[it.id], it.term)
		return
	}
	if _, there := t.records[it.id][it.record]; there {
		delete(t.records[it.id], it.record)
		t.recordsChanged(ctx, it.id)
	}
}

// unclaim frees the addresses that the customers still claim.
func (t Table) unclaim(ctx context.Context, customers []customer.Customer) error {
	for some := range slices.Chunk(customers, batchSize) {
		err := t.request(ctx, "Unclaim", idsOf(some), func(Verdict) {
			for _, c := range some {
				if t.claims[c.Claimed()] == c.ID {
					delete(t.claims, c.Claimed())
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func idsOf(customers []customer.Customer) string {
	ids := make([]string, len(customers))
	for i, c := range customers {
		ids[i] = c.ID
	}
	return strings.Join(ids, " ")
}

// retainBatch writes stripped copies of records, with the data that the page held. Repeating it
// changes nothing.
func (t Table) retainBatch(ctx context.Context, c customer.Customer, batch []item) error {
	if len(batch) == 0 {
		return nil
	}
	return t.request(ctx, "Retain", fmt.Sprint(batch), func(Verdict) {
		for _, it := range batch {
			r := t.records[it.id][it.record]
			if r == nil {
				continue // another worker copied it and then erased it
			}
			kind, ok := c.Policies().Kind(r.Key.Kind())
			if !ok || kind.Policy != customer.Retain {
				continue
			}
			if t.retained[it.id] == nil {
				t.retained[it.id], t.until[it.id] = map[string]customer.Record{}, map[string]time.Time{}
			}
			t.retained[it.id][it.record] = r.Stripped(kind)
			t.until[it.id][it.record] = kind.For.After(time.Now())
		}
	})
}

// Residue counts the records, terms and claims that are left.
func (t Table) Residue(ctx context.Context, customers ...customer.Customer) (int, error) {
	sum := 0
	for _, c := range customers {
		err := t.request(ctx, "Hanging", c.ID, func(Verdict) { sum += len(t.records[c.ID]) })
		if err != nil {
			return 0, fmt.Errorf("model: read back: %w", err)
		}
	}
	err := t.request(ctx, "Named", idsOf(customers), func(Verdict) { sum += t.chunkName(customers) })
	if err != nil {
		return 0, fmt.Errorf("model: read back: %w", err)
	}
	return sum, nil
}

func (t Table) chunkName(customers []customer.Customer) int {
	n := 0
	for _, c := range customers {
		for _, term := range c.Terms {
			if t.terms[c.ID][term] {
				n++
			}
		}
		if identity := c.Claimed(); identity != "" && t.claims[identity] == c.ID {
			n++
		}
	}
	return n
}

// Remove removes the roots of customers past the fence.
func (t Table) Remove(ctx context.Context, customers ...customer.Customer) error {
	var refused []string
	for some := range slices.Chunk(customers, batchSize) {
		pending := some
		for len(pending) > 0 {
			var no []string
			var again []customer.Customer
			err := t.request(ctx, "Remove", idsOf(pending), func(v Verdict) { no, again = t.removeRoots(ctx, pending, v) })
			if err != nil {
				return fmt.Errorf("model: remove: %w", err)
			}
			refused, pending = append(refused, no...), again
		}
	}
	if len(refused) == 0 {
		return nil
	}
	left, err := t.Roots(ctx, refused)
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("model: remove: customer %s is %s, by another deletion", left[0].ID, left[0].State)
	}
	return err
}

func (t Table) removeRoots(ctx context.Context, customers []customer.Customer, v Verdict) (refused []string, again []customer.Customer) {
	for i, c := range customers {
		r := t.roots[c.ID]
		switch {
		case v == Partial && i > 0:
			again = append(again, c)
		case r == nil || r.State != customer.Purging || r.Deletion.ID != c.Deletion.ID:
			refused = append(refused, c.ID)
		default:
			t.drop(ctx, c.ID)
		}
	}
	return refused, again
}

// Expire removes a root as TTL does and returns it. It returns false if the root is not expired.
func (m *Model) Expire(ctx context.Context, id string, now time.Time) (customer.Customer, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.roots[id]
	if r == nil || r.ttl.IsZero() || now.Before(r.ttl) {
		return customer.Customer{}, false
	}
	m.drop(ctx, id)
	return clone(r.Customer), true
}
