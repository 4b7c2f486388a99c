package conform

import (
	"context"
	"slices"
	"testing"
	"time"

	"lethe/internal/customer"
)

func checkCreate(t *testing.T, w World) {
	ctx, c := t.Context(), w.fresh()
	c.Last.Once = &customer.Once{Key: c.ID, Fingerprint: "this"}
	must(t, w.Replayed(ctx, c.Last))
	must(t, w.Create(ctx, c))
	must(t, w.Create(ctx, c)) // its answer was lost
	again := c
	again.Last = w.change(customer.ActionCreated)
	refuses(t, w.Create(ctx, again), customer.ErrExists)
	again.Last.Once = &customer.Once{Key: c.ID, Fingerprint: "that"}
	trace := c.Trace()
	refuses(t, w.Create(ctx, again), &customer.ReplayError{Subject: c.ID, Trace: trace})
	refuses(t, w.Replayed(ctx, again.Last), &customer.ReplayError{Subject: c.ID, Trace: trace})
	again.Last.Once.Fingerprint = "this"
	refuses(t, w.Replayed(ctx, again.Last), &customer.ReplayError{Subject: c.ID, Same: true, Trace: trace})
	other := w.fresh()
	other.Profile.Email = c.Profile.Email
	refuses(t, w.Create(ctx, other), &customer.EmailTakenError{Owner: c.ID})
	owner, err := w.EmailOwner(ctx, c.Profile.Email)
	must(t, err)
	same(t, "owner", owner, c.ID)
	_, err = w.EmailOwner(ctx, "nobody@alfreds.example")
	refuses(t, err, customer.ErrNotFound)
	_, err = w.Customer(ctx, "nobody")
	refuses(t, err, customer.ErrNotFound)
	found, err := w.Roots(ctx, []string{"nobody", c.ID})
	must(t, err)
	same(t, "roots", found, []customer.Customer{w.read(t, c.ID)})
}

func checkRevise(t *testing.T, w World) {
	ctx, old := t.Context(), w.active(t)
	revise := func(of customer.Customer, email string) (customer.Customer, error) {
		to := of
		to.Profile.Email, to.Version, to.Last = email, of.Version+1, w.change(customer.ActionUpdated)
		to.Former = append(slices.Clone(of.Former), "abc"...)
		return to, w.Revise(ctx, of, to)
	}
	first, err := revise(old, "new-"+old.Profile.Email)
	must(t, err)
	must(t, w.Revise(ctx, old, first)) // its answer was lost
	now := w.read(t, old.ID)
	same(t, "profile", now.Profile, first.Profile)
	same(t, "version", now.Version, old.Version+1)
	same(t, "former words", now.Former, customer.Former("abc"))
	_, err = w.EmailOwner(ctx, old.Profile.Email)
	refuses(t, err, customer.ErrNotFound)
	_, err = revise(old, "newer@alfreds.example")
	refuses(t, err, customer.ErrVersion)
	_, err = revise(now, w.active(t).Profile.Email)
	if err == nil {
		t.Error("an address was taken from its owner")
	}
	deleted := w.deleted(t)
	_, err = revise(deleted, "x@alfreds.example")
	refuses(t, err, customer.ErrInTrash)
	same(t, "deleted", w.read(t, deleted.ID), deleted)
}

func checkChanges(t *testing.T, w World) {
	ctx := t.Context()
	before := w.active(t, "ticket~1")
	ch := w.change(customer.ActionDeleted)
	d := deletionBy(ch, Settings.Retention)
	got, err := w.Delete(ctx, before.ID, d, Settings, ch)
	must(t, err)
	want := before
	want.State, want.Deletion, want.Last = customer.Deleted, &d, ch
	want.Recent = want.Recent.With(ch.ID)
	want.Version++
	want.Epoch++
	same(t, "deleted", got, want)
	same(t, "deleted, read", w.read(t, before.ID), want)

	ch = w.change(customer.ActionRestored)
	got, err = w.Restore(ctx, before.ID, d.ID, ch)
	must(t, err)
	want.State, want.Deletion, want.Last = customer.Active, nil, ch
	want.Recent = want.Recent.With(ch.ID)
	want.Version++
	same(t, "restored", got, want)

	ch = w.change(customer.ActionBlocked)
	got, err = w.SetBlocked(ctx, before.ID, true, ch)
	must(t, err)
	want.Blocked, want.Last = true, ch
	want.Recent = want.Recent.With(ch.ID)
	want.Version++
	want.Epoch++
	same(t, "blocked", got, want)
}

func checkHolds(t *testing.T, w World) {
	ctx, want := t.Context(), w.active(t, "ticket~1")
	ch := w.change(customer.ActionHoldPlaced)
	got, err := w.Hold(ctx, want.ID, "case", ch)
	must(t, err)
	want.Holds, want.Last = map[string]customer.Hold{"case": ch.Hold()}, ch
	want.Recent = want.Recent.With(ch.ID)
	want.Version++
	same(t, "held", got, want)

	ch = w.change(customer.ActionHoldLifted)
	got, err = w.Lift(ctx, want.ID, "case", ch)
	must(t, err)
	want.Holds, want.Last = nil, ch
	want.Recent = want.Recent.With(ch.ID)
	want.Version++
	same(t, "lifted", got, want)
}

// refusal is a change that a customer refuses.
type refusal struct {
	name string
	of   customer.Customer
	try  func(ctx context.Context, id string) (customer.Customer, error)
	want error
}

func checkRefusals(t *testing.T, w World) {
	for _, r := range append(w.refusedMoves(t), w.refusedFlags(t)...) {
		t.Run(r.name, func(t *testing.T) {
			got, err := r.try(t.Context(), r.of.ID)
			refuses(t, err, r.want)
			if r.of.Version == 0 {
				same(t, "customer returned", got, customer.Customer{})
				return
			}
			same(t, "customer returned", got, r.of)
			same(t, "customer", w.read(t, r.of.ID), r.of)
		})
	}
}

// refusedMoves are refusals to move a customer between its states.
func (w World) refusedMoves(t *testing.T) []refusal {
	t.Helper()
	remove := func(ctx context.Context, id string) (customer.Customer, error) {
		ch := w.change(customer.ActionDeleted)
		return w.Delete(ctx, id, deletionBy(ch, Settings.Retention), Settings, ch)
	}
	restore := func(generation string, late time.Duration) func(context.Context, string) (customer.Customer, error) {
		return func(ctx context.Context, id string) (customer.Customer, error) {
			ch := w.change(customer.ActionRestored)
			ch.At = ch.At.Add(late)
			return w.Restore(ctx, id, generation, ch)
		}
	}
	fence := func(f customer.Fence) func(context.Context, string) (customer.Customer, error) {
		return func(ctx context.Context, id string) (customer.Customer, error) {
			f.Lease = w.Now().Add(time.Minute)
			return w.Fence(ctx, id, f, w.change(customer.ActionPurgeStarted))
		}
	}
	nobody, active, deleted, fenced := customer.Customer{ID: "nobody"}, w.active(t, "contract~1"), w.deleted(t), w.fenced(t)
	return []refusal{
		{"delete an unknown customer", nobody, remove, customer.ErrNotFound},
		{"delete with records that restrict", active, remove, &customer.DependentsError{Counts: map[string]int64{"contract": 1}}},
		{"delete again", deleted, remove, customer.ErrUnchanged},
		{"delete past the fence", fenced, remove, customer.ErrPurgeStarted},
		{"delete under legal hold", w.held(t), remove, &customer.HoldError{Holds: []string{"case"}}},
		{"restore an unknown customer", nobody, restore("", 0), customer.ErrNotFound},
		{"restore an active customer", active, restore("", 0), customer.ErrUnchanged},
		{"restore by another generation", deleted, restore("other", 0), customer.ErrNotDeleted},
		{"restore past the fence", fenced, restore("", 0), customer.ErrPurgeStarted},
		{"restore after the purge time", deleted, restore("", 30*day), customer.ErrPurgeStarted},
		{"fence an unknown customer", nobody, fence(customer.Fence{}), customer.ErrNotFound},
		{"fence an active customer", active, fence(customer.Fence{}), customer.ErrNotDeleted},
		{"fence another generation", deleted, fence(customer.Fence{Generation: "other"}), customer.ErrNotDeleted},
		{"fence again", fenced, fence(customer.Fence{}), customer.ErrUnchanged},
		{"fence before the purge time", deleted, fence(customer.Fence{OnlyDue: true}), customer.ErrNotDue},
		{"fence under legal hold", w.heldInTrash(t), fence(customer.Fence{}), &customer.HoldError{Holds: []string{"case"}}},
	}
}

// refusedFlags are refusals to change a customer's blocked flag or holds.
func (w World) refusedFlags(t *testing.T) []refusal {
	t.Helper()
	block := func(blocked bool, version int64) func(context.Context, string) (customer.Customer, error) {
		return func(ctx context.Context, id string) (customer.Customer, error) {
			ch := w.change(customer.ActionBlocked)
			ch.IfVersion = version
			return w.SetBlocked(ctx, id, blocked, ch)
		}
	}
	hold := func(ctx context.Context, id string) (customer.Customer, error) {
		return w.Hold(ctx, id, "case", w.change(customer.ActionHoldPlaced))
	}
	lift := func(ctx context.Context, id string) (customer.Customer, error) {
		return w.Lift(ctx, id, "case", w.change(customer.ActionHoldLifted))
	}
	active, fenced := w.active(t), w.fenced(t)
	return []refusal{
		{"block a blocked customer", w.blocked(t), block(true, 0), customer.ErrUnchanged},
		{"unblock a customer that is not blocked", active, block(false, 0), customer.ErrUnchanged},
		{"block past the fence", fenced, block(true, 0), customer.ErrPurgeStarted},
		{"block another version", active, block(true, 9), customer.ErrVersion},
		{"hold again", w.held(t), hold, customer.ErrUnchanged},
		{"hold again in the trash", w.heldInTrash(t), hold, customer.ErrUnchanged},
		{"hold past the fence", fenced, hold, customer.ErrPurgeStarted},
		{"lift a hold that is not placed", active, lift, customer.ErrUnchanged},
	}
}

func checkRepeats(t *testing.T, w World) {
	ctx := t.Context()
	for _, r := range []struct {
		name string
		of   customer.Customer
		do   func(c customer.Customer, ch customer.Change) (customer.Customer, error)
	}{
		{"delete", w.active(t), func(c customer.Customer, ch customer.Change) (customer.Customer, error) {
			return w.Delete(ctx, c.ID, deletionBy(ch, Settings.Retention), Settings, ch)
		}},
		{"restore", w.deleted(t), func(c customer.Customer, ch customer.Change) (customer.Customer, error) {
			return w.Restore(ctx, c.ID, "", ch)
		}},
		{"block", w.active(t), func(c customer.Customer, ch customer.Change) (customer.Customer, error) {
			return w.SetBlocked(ctx, c.ID, true, ch)
		}},
		{"hold", w.active(t), func(c customer.Customer, ch customer.Change) (customer.Customer, error) {
			return w.Hold(ctx, c.ID, "other", ch)
		}},
		{"hold in the trash", w.deleted(t), func(c customer.Customer, ch customer.Change) (customer.Customer, error) {
			return w.Hold(ctx, c.ID, "other", ch)
		}},
		{"unblock", w.blocked(t), func(c customer.Customer, ch customer.Change) (customer.Customer, error) {
			return w.SetBlocked(ctx, c.ID, false, ch)
		}},
		{"lift", w.held(t), func(c customer.Customer, ch customer.Change) (customer.Customer, error) {
			return w.Lift(ctx, c.ID, "case", ch)
		}},
		{"lift in the trash", w.heldInTrash(t), func(c customer.Customer, ch customer.Change) (customer.Customer, error) {
			return w.Lift(ctx, c.ID, "case", ch)
		}},
		{"fence", w.deleted(t), func(c customer.Customer, ch customer.Change) (customer.Customer, error) {
			return w.Fence(ctx, c.ID, customer.Fence{Lease: ch.At.Add(time.Minute)}, ch)
		}},
	} {
		t.Run(r.name, func(t *testing.T) {
			ch := w.change(customer.ActionUpdated)
			ch.Once = &customer.Once{Key: r.of.ID, Fingerprint: "this"}
			got, err := r.do(r.of, ch)
			must(t, err)
			once := w.read(t, r.of.ID)
			same(t, "customer returned", got, once)
			_, err = r.do(r.of, ch)
			must(t, err)
			again := w.change(customer.ActionUpdated)
			again.Once = ch.Once
			_, err = r.do(r.of, again)
			refuses(t, err, &customer.ReplayError{Subject: r.of.ID, Same: true, Trace: once.Trace()})
			same(t, "customer", w.read(t, r.of.ID), once)
		})
	}
}

func checkLeases(t *testing.T, w World) {
	ctx, now := t.Context(), w.Now()
	must(t, w.Acquire(ctx, "sweep", "a", now, now.Add(time.Minute)))
	must(t, w.Acquire(ctx, "sweep", "a", now, now.Add(time.Minute)))
	refuses(t, w.Acquire(ctx, "sweep", "b", now, now.Add(time.Minute)), customer.ErrLeased)
	must(t, w.Release(ctx, "sweep", "b"))
	refuses(t, w.Acquire(ctx, "sweep", "b", now, now.Add(time.Minute)), customer.ErrLeased)
	must(t, w.Acquire(ctx, "sweep", "b", now.Add(2*time.Minute), now.Add(3*time.Minute)))
	must(t, w.Release(ctx, "sweep", "b"))
	must(t, w.Acquire(ctx, "sweep", "a", now, now.Add(time.Minute)))
}
