package conform

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"lethe/internal/customer"
)

// lateChange is a change to repeat late, and the change that undoes it.
type lateChange struct {
	name string
	of   func(t *testing.T) customer.Customer
	do   func(ctx context.Context, c customer.Customer, ch customer.Change) error
	undo func(ctx context.Context, c customer.Customer, ch customer.Change) error
	once bool // it can have an idempotency key
	flag bool // it sets or clears something: a second one is unchanged
}

func only(_ customer.Customer, err error) error { return err }

func (w World) lateChanges() []lateChange {
	active := func(t *testing.T) customer.Customer { return w.active(t, "ticket~1") }
	deleted := func(t *testing.T) customer.Customer { return w.deleted(t, "ticket~1") }
	remove := func(ctx context.Context, c customer.Customer, ch customer.Change) error {
		return only(w.Delete(ctx, c.ID, deletionBy(ch, Settings.Retention), Settings, ch))
	}
	restore := func(ctx context.Context, c customer.Customer, ch customer.Change) error {
		return only(w.Restore(ctx, c.ID, "", ch))
	}
	block := func(blocked bool) func(context.Context, customer.Customer, customer.Change) error {
		return func(ctx context.Context, c customer.Customer, ch customer.Change) error {
			return only(w.SetBlocked(ctx, c.ID, blocked, ch))
		}
	}
	hold := func(ctx context.Context, c customer.Customer, ch customer.Change) error {
		return only(w.Hold(ctx, c.ID, "case", ch))
	}
	lift := func(ctx context.Context, c customer.Customer, ch customer.Change) error {
		return only(w.Lift(ctx, c.ID, "case", ch))
	}
	rename := func(name string) func(context.Context, customer.Customer, customer.Change) error {
		return func(ctx context.Context, c customer.Customer, ch customer.Change) error {
			now, err := w.Customer(ctx, c.ID)
			if err != nil {
				return err
			}
			to := now
			to.Profile.LastName, to.Version, to.Last = name, now.Version+1, ch
			return w.Revise(ctx, now, to)
		}
	}
	return []lateChange{
		{"delete", active, remove, restore, true, true},
		{"restore", deleted, restore, remove, true, true},
		{"block", active, block(true), block(false), true, true},
		{"unblock", w.blocked, block(false), block(true), true, true},
		{"hold", active, hold, lift, true, true},
		{"hold in the trash", deleted, hold, lift, true, true},
		{"lift", w.held, lift, hold, true, true},
		{"lift in the trash", w.heldInTrash, lift, hold, true, true},
		{"revise", active, rename("Berglund"), rename("Anders"), true, false},
		{"add a record", active, w.adding("ticket~2"), w.removing("ticket~2"), true, false},
		{"remove a record", active, w.removing("ticket~1"), w.adding("ticket~1"), false, false},
	}
}

func (w World) adding(key string) func(context.Context, customer.Customer, customer.Change) error {
	k, err := customer.ParseKey(key)
	return func(ctx context.Context, c customer.Customer, ch customer.Change) error {
		if err != nil {
			return err
		}
		results, err := w.AddRecords(ctx, c.ID, []customer.Record{{Key: k, Created: ch.At}}, ch)
		if err == nil && !errors.Is(results[0], customer.ErrExists) {
			err = results[0]
		}
		return err
	}
}

func (w World) removing(key string) func(context.Context, customer.Customer, customer.Change) error {
	k, err := customer.ParseKey(key)
	return func(ctx context.Context, c customer.Customer, ch customer.Change) error {
		if err != nil {
			return err
		}
		return w.RemoveRecord(ctx, c.ID, k, ch)
	}
}

// checkLateRepeats repeats a change after other changes, up to as many as a root remembers. The repeats
// succeed and change nothing.
func checkLateRepeats(t *testing.T, w World) {
	for _, l := range w.lateChanges() {
		for _, once := range []bool{false, true} {
			if once && !l.once {
				continue
			}
			t.Run(fmt.Sprint(l.name, ", once ", once), func(t *testing.T) {
				ctx, c, ch := t.Context(), l.of(t), w.change(customer.ActionUpdated)
				if once {
					ch.Once = &customer.Once{Key: c.ID, Fingerprint: "this"}
				}
				must(t, l.do(ctx, c, ch))
				for i := range customer.MaxRecent - 1 {
					others := l.undo
					if i%2 == 1 {
						others = l.do
					}
					must(t, others(ctx, c, w.change(customer.ActionUpdated)))
					now, before := w.read(t, c.ID), w.recordsOf(t, c.ID)
					must(t, l.do(ctx, c, ch))
					same(t, fmt.Sprintf("customer after %d others", i+1), w.read(t, c.ID), now)
					same(t, "records", w.recordsOf(t, c.ID), before)
				}
			})
		}
	}
}

// recordsOf lists the keys of a customer's records. It lists none for a customer that is not active.
func (w World) recordsOf(t *testing.T, id string) (keys []string) {
	t.Helper()
	if w.read(t, id).State != customer.Active {
		return nil
	}
	page, err := w.Records(t.Context(), customer.RecordQuery{Customer: id, Limit: 100})
	must(t, err)
	for _, r := range page.Records {
		keys = append(keys, r.Key.String())
	}
	return keys
}

// checkLateFence repeats deletions, restores and a fence of one deletion after the customer was
// restored and deleted again.
func checkLateFence(t *testing.T, w World) {
	ctx, c := t.Context(), w.active(t)
	remove := w.change(customer.ActionDeleted)
	must(t, only(w.Delete(ctx, c.ID, deletionBy(remove, Settings.Retention), Settings, remove)))
	lift := w.change(customer.ActionRestored)
	must(t, only(w.Restore(ctx, c.ID, "", lift)))
	again := w.delete(t, c.ID, Settings.Retention)
	must(t, only(w.Restore(ctx, c.ID, "", lift)))
	same(t, "deleted again", w.read(t, c.ID), again)
	must(t, only(w.Restore(ctx, c.ID, "", w.change(customer.ActionRestored))))
	active := w.read(t, c.ID)
	must(t, only(w.Delete(ctx, c.ID, deletionBy(remove, Settings.Retention), Settings, remove)))
	same(t, "restored", w.read(t, c.ID), active)
	last := w.delete(t, c.ID, Settings.Retention)
	fence := w.change(customer.ActionPurgeStarted)
	for range 2 {
		got, err := w.Fence(ctx, c.ID, customer.Fence{Lease: w.Now().Add(time.Minute), Frozen: Settings.Freeze()}, fence)
		must(t, err)
		same(t, "version", got.Version, last.Version+1)
	}
}

// checkLateAdvance repeats transitions after more changes of the customer than a root remembers of single
// changes.
func checkLateAdvance(t *testing.T, w World) {
	for _, a := range []customer.Action{customer.ActionDeleted, customer.ActionRestored, customer.ActionBlocked, customer.ActionUnblocked, customer.ActionRedated} {
		t.Run(string(a), func(t *testing.T) {
			ctx, c := t.Context(), w.active(t)
			switch a {
			case customer.ActionRestored, customer.ActionRedated:
				c = w.deleted(t)
			case customer.ActionUnblocked:
				c = w.blocked(t)
			default:
			}
			tr := []customer.Transition{w.transition(c, a)}
			same(t, "results", w.Advance(ctx, tr, Settings), []error{nil})
			for range customer.MaxRecent + 1 { // more single changes than a root remembers
				must(t, only(w.Hold(ctx, c.ID, "case", w.change(customer.ActionHoldPlaced))))
				must(t, only(w.Lift(ctx, c.ID, "case", w.change(customer.ActionHoldLifted))))
			}
			now := w.read(t, c.ID)
			same(t, "results", w.Advance(ctx, tr, Settings), []error{nil})
			same(t, "customer", w.read(t, c.ID), now)
		})
	}
}
