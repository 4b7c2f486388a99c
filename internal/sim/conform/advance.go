package conform

import (
	"testing"
	"time"

	"lethe/internal/customer"
)

// transition returns the transition that an operation plans for a customer.
func (w World) transition(c customer.Customer, a customer.Action) customer.Transition {
	ch := w.change(a)
	return customer.NewTransition(c.Seen(), ch, effect(c, ch))
}

// effect returns the effect of a change's action.
func effect(c customer.Customer, ch customer.Change) customer.Effect {
	switch ch.Action {
	case customer.ActionDeleted:
		return customer.DeleteEffect{Deletion: deletionBy(ch, Settings.Retention)}
	case customer.ActionRedated:
		d := *c.Deletion
		d.PurgeTime = d.PurgeTime.Add(day)
		return customer.RedateEffect{Deletion: d}
	case customer.ActionRestored:
		return customer.RestoreEffect{Generation: c.Deletion.ID, Created: c.Created}
	case customer.ActionPurgeStarted:
		return customer.FenceEffect{Lease: ch.At.Add(time.Minute), Frozen: Settings.Freeze()}
	case customer.ActionBlocked:
		return customer.BlockEffect{}
	case customer.ActionUnblocked:
		return customer.UnblockEffect{}
	default:
		panic("conform: " + ch.Action + " is not made in bulk")
	}
}

func checkAdvance(t *testing.T, w World) {
	ctx := t.Context()
	active, deleted, blocked := w.active(t), w.deleted(t), w.blocked(t)
	stale, toRedate, restricted := w.active(t), w.deleted(t), w.active(t, "contract~1")
	old := w.transition(stale, customer.ActionBlocked)
	_, err := w.SetBlocked(ctx, stale.ID, true, w.change(customer.ActionBlocked))
	must(t, err)
	_, err = w.SetBlocked(ctx, stale.ID, false, w.change(customer.ActionUnblocked))
	must(t, err)
	transitions := []customer.Transition{
		w.transition(active, customer.ActionDeleted),
		w.transition(deleted, customer.ActionPurgeStarted),
		w.transition(blocked, customer.ActionUnblocked),
		old,
		w.transition(toRedate, customer.ActionRedated),
		w.transition(restricted, customer.ActionDeleted),
		customer.NewTransition(customer.Seen{ID: "nobody", Version: 1}, w.change(customer.ActionBlocked), customer.BlockEffect{}),
		w.transition(w.blocked(t), customer.ActionBlocked),
	}
	transitions[7].Version-- // the version before it was blocked
	results := w.Advance(ctx, transitions, Settings)
	for i, want := range []error{
		nil, nil, nil, customer.ErrVersion, nil,
		&customer.DependentsError{Counts: map[string]int64{"contract": 1}}, customer.ErrNotFound, customer.ErrUnchanged,
	} {
		if want != nil {
			refuses(t, results[i], want)
		} else if results[i] != nil {
			t.Errorf("transition %d: %v", i, results[i])
		}
	}
	want := active
	want.State, want.Deletion, want.Last = customer.Deleted, deletionOf(transitions[0]), transitions[0].Change()
	want.Recent = want.Recent.WithMany(transitions[0].Change().ID)
	want.Version++
	want.Epoch++
	same(t, "deleted", w.read(t, active.ID), want)
	want = deleted
	want.State, want.Frozen, want.Last = customer.Purging, Settings.Freeze(), transitions[1].Change()
	want.Recent = want.Recent.WithMany(transitions[1].Change().ID)
	want.Version++
	same(t, "fenced", w.read(t, deleted.ID), want)
	want = blocked
	want.Blocked, want.Last = false, transitions[2].Change()
	want.Recent = want.Recent.WithMany(transitions[2].Change().ID)
	want.Version++
	same(t, "unblocked", w.read(t, blocked.ID), want)
	want = toRedate
	want.Deletion, want.Last = deletionOf(transitions[4]), transitions[4].Change()
	want.Recent = want.Recent.WithMany(transitions[4].Change().ID)
	want.Version++
	same(t, "redated", w.read(t, toRedate.ID), want)
	same(t, "restricted", w.read(t, restricted.ID), restricted)
}

// deletionOf returns the deletion of a customer after a transition, or nil.
func deletionOf(tr customer.Transition) *customer.Deletion {
	switch effect := tr.Effect().(type) {
	case customer.DeleteEffect:
		return &effect.Deletion
	case customer.RedateEffect:
		return &effect.Deletion
	default:
		return nil
	}
}

func checkAdvanceRepeats(t *testing.T, w World) {
	for _, a := range []customer.Action{customer.ActionDeleted, customer.ActionRestored, customer.ActionBlocked, customer.ActionPurgeStarted, customer.ActionRedated} {
		t.Run(string(a), func(t *testing.T) {
			c := w.active(t)
			if a == customer.ActionRestored || a == customer.ActionPurgeStarted || a == customer.ActionRedated {
				c = w.deleted(t)
			}
			tr := []customer.Transition{w.transition(c, a)}
			same(t, "results", w.Advance(t.Context(), tr, Settings), []error{nil})
			once := w.read(t, c.ID)
			same(t, "results", w.Advance(t.Context(), tr, Settings), []error{nil})
			same(t, "customer", w.read(t, c.ID), once)
		})
	}
}
