package model

import (
	"context"
	"errors"
	"time"

	"lethe/internal/customer"
)

// Delete moves a customer to the trash.
func (t Table) Delete(ctx context.Context, id string, d customer.Deletion, s customer.Settings, ch customer.Change) (customer.Customer, error) {
	return t.apply(ctx, "Delete", transition{id, ch,
		func(c customer.Customer) error { return c.CanDelete(s) },
		func(r *root) {
			r.State, r.Deletion = customer.Deleted, &d
			r.Epoch++
			r.place(time.Time{})
		}})
}

// Restore takes a customer out of the trash.
func (t Table) Restore(ctx context.Context, id, generation string, ch customer.Change) (customer.Customer, error) {
	return t.apply(ctx, "Restore", transition{id, ch,
		func(c customer.Customer) error { return c.CanRestore(generation, ch.At) },
		func(r *root) {
			r.State, r.Deletion = customer.Active, nil
			r.place(time.Time{})
		}})
}

// SetBlocked sets or clears the blocked flag.
func (t Table) SetBlocked(ctx context.Context, id string, blocked bool, ch customer.Change) (customer.Customer, error) {
	return t.apply(ctx, "SetBlocked", transition{id, ch,
		func(c customer.Customer) error { return c.CanBlock(blocked) },
		func(r *root) { r.block(blocked) }})
}

func (r *root) block(blocked bool) {
	if r.Blocked = blocked; blocked {
		r.Epoch++
	}
}

// Hold places a legal hold.
func (t Table) Hold(ctx context.Context, id, name string, ch customer.Change) (customer.Customer, error) {
	place := func(c customer.Customer) customer.Customer {
		return c.WithHold(name, ch.Hold())
	}
	can := func(c customer.Customer) error { return c.CanHold(name) }
	anywhere := func(_, _ customer.Customer) bool { return true }
	return t.changeHolds(ctx, "Hold", transition{id: id, change: ch, can: can}, place, anywhere)
}

// Lift lifts a legal hold.
func (t Table) Lift(ctx context.Context, id, name string, ch customer.Change) (customer.Customer, error) {
	lift := func(c customer.Customer) customer.Customer { return c.WithoutHold(name, ch.At) }
	can := func(c customer.Customer) error { return c.CanLift(name) }
	alike := func(now, seen customer.Customer) bool { // in the fields that decide the place in the trash
		last := len(now.Holds) == 1
		return last == (len(seen.Holds) == 1) && (!last || now.Deletion.PurgeTime.Equal(seen.Deletion.PurgeTime))
	}
	return t.changeHolds(ctx, "Lift", transition{id: id, change: ch, can: can}, lift, alike)
}

var errMoved = errors.New("model: the customer has moved since it was read")

const maxAttempts = 12 // to change holds

// changeHolds places or lifts a hold. It first assumes that the customer is active. If that is wrong, it tries
// again with the customer that the refusal returned.
func (t Table) changeHolds(ctx context.Context, method string, tr transition, change func(customer.Customer) customer.Customer, alike func(now, seen customer.Customer) bool) (customer.Customer, error) {
	seen := customer.Customer{ID: tr.id, State: customer.Active}
	for attempt := 1; ; attempt++ {
		next := tr
		next.can = func(c customer.Customer) error {
			if err := tr.can(c); err != nil {
				return err
			}
			if c.State != seen.State || c.State != customer.Active && !alike(c, seen) {
				return errMoved
			}
			return nil
		}
		next.make = func(r *root) {
			if r.Customer = change(r.Customer); r.State != customer.Active {
				r.place(tr.change.At)
			}
		}
		c, err := t.apply(ctx, method, next)
		if !errors.Is(err, errMoved) {
			return c, err
		}
		if attempt == maxAttempts {
			return c, customer.ErrBusy
		}
		seen = c
	}
}

// Fence starts a purge: the customer can no longer be restored.
func (t Table) Fence(ctx context.Context, id string, f customer.Fence, ch customer.Change) (customer.Customer, error) {
	return t.apply(ctx, "Fence", transition{id, ch,
		func(c customer.Customer) error { return c.CanPurge(f, ch.At) },
		func(r *root) {
			r.State, r.Frozen = customer.Purging, f.Frozen
			r.place(f.Lease)
		}})
}

// Lease sets the end of a purge's lease.
func (t Table) Lease(ctx context.Context, id, generation string, until time.Time) (err error) {
	failed := t.request(ctx, "Lease", id, func(Verdict) {
		err = customer.ErrNotFound
		if r := t.roots[id]; r != nil && r.State == customer.Purging && r.Deletion.ID == generation {
			r.place(until)
			t.list.update(id, r)
			err = nil
		}
	})
	if failed != nil {
		return failed
	}
	return err
}

// PutBack puts back a root that TTL removed.
func (t Table) PutBack(ctx context.Context, c customer.Customer, lease time.Time) error {
	return t.request(ctx, "PutBack", c.ID, func(Verdict) {
		if t.roots[c.ID] == nil {
			r := root{Customer: clone(c)}
			r.place(lease)
			t.put(ctx, r)
		}
	})
}
