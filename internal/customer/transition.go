package customer

import "time"

// Seen is what a plan saw of a customer. A transition is made only if it is still so.
type Seen struct {
	ID      string
	Version int64
	Epoch   int64
	Held    bool
}

// Seen returns what a plan notes of the customer.
func (c Customer) Seen() Seen {
	return Seen{ID: c.ID, Version: c.Version, Epoch: c.Epoch, Held: c.Held()}
}

// Transition is a change of one customer among many. It is made only if the customer is as it was seen:
// if another change came first, it has no effect, and its result is ErrVersion.
type Transition struct {
	Seen
	change Change
	effect Effect
}

// NewTransition returns a transition. It sets the change's action to the effect's.
func NewTransition(seen Seen, ch Change, effect Effect) Transition {
	ch.Action = effect.action()
	return Transition{seen, ch, effect}
}

// Change returns who makes the transition, when, why, and its action.
func (tr Transition) Change() Change { return tr.change }

// Effect returns what the transition does.
func (tr Transition) Effect() Effect { return tr.effect }

// Refused returns why a transition could not be made to the customer c as it is now. It returns nil if
// the transition was made before.
func (tr Transition) Refused(c Customer, s Settings) error {
	if c.Made(tr.change.ID) || tr.effect.done(c) {
		return nil
	}
	if err := tr.effect.can(c, tr.change.At, s); err != nil {
		return err
	}
	return ErrVersion
}

// Effect is what a transition does to a customer. It is one of the types of this file; each has the
// values that its action needs.
type Effect interface {
	action() Action
	// done says whether the customer shows the effect, no matter which change had it.
	done(c Customer) bool
	// can returns why the effect is not allowed at the given time, or nil.
	can(c Customer, at time.Time, s Settings) error
}

// DeleteEffect moves the customer to the trash.
type DeleteEffect struct {
	Deletion Deletion
}

func (d DeleteEffect) action() Action { return ActionDeleted }

func (d DeleteEffect) done(c Customer) bool {
	return c.Deletion != nil && c.Deletion.ID == d.Deletion.ID
}

func (d DeleteEffect) can(c Customer, _ time.Time, s Settings) error { return c.CanDelete(s) }

// RestoreEffect takes the customer out of the trash.
type RestoreEffect struct {
	Generation string    // id of the deletion to undo; empty: the current one
	Created    time.Time // when the customer was created
}

func (r RestoreEffect) action() Action { return ActionRestored }

func (r RestoreEffect) done(Customer) bool { return false }

func (r RestoreEffect) can(c Customer, at time.Time, _ Settings) error {
	return c.CanRestore(r.Generation, at)
}

// BlockEffect sets the blocked flag.
type BlockEffect struct{}

func (BlockEffect) action() Action { return ActionBlocked }

func (BlockEffect) done(Customer) bool { return false }

func (BlockEffect) can(c Customer, _ time.Time, _ Settings) error { return c.CanBlock(true) }

// UnblockEffect clears the blocked flag.
type UnblockEffect struct{}

func (UnblockEffect) action() Action { return ActionUnblocked }

func (UnblockEffect) done(Customer) bool { return false }

func (UnblockEffect) can(c Customer, _ time.Time, _ Settings) error { return c.CanBlock(false) }

// FenceEffect takes a customer in the trash past the fence.
type FenceEffect struct {
	Lease  time.Time // until then a worker has the purge
	Frozen []Kind    // the kinds that the purge uses; nil: those in force when it finishes
}

func (FenceEffect) action() Action { return ActionPurgeStarted }

func (FenceEffect) done(c Customer) bool { return c.State == Purging }

func (FenceEffect) can(c Customer, at time.Time, _ Settings) error { return c.CanPurge(Fence{}, at) }

// ReplayEffect takes a customer that a restored backup has brought back past the fence, from any state.
type ReplayEffect struct {
	Deletion Deletion // the one that this purge finishes
	FenceEffect
}

func (ReplayEffect) can(c Customer, _ time.Time, _ Settings) error { return c.CanReplay() }

// RedateEffect moves the purge time of a customer in the trash.
type RedateEffect struct {
	Deletion Deletion // the customer's, with its new purge time
}

func (RedateEffect) action() Action { return ActionRedated }

func (RedateEffect) done(Customer) bool { return false }

func (RedateEffect) can(c Customer, at time.Time, _ Settings) error { return c.CanRedate(at) }
