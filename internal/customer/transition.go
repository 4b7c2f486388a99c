package customer

import "time"

// Seen is what a plan saw of a customer. A transition binds to it.
type Seen struct {
	ID      string
	Version int64
	Epoch   int64
	Held    bool
}

// See is what a plan needs of the customer.
func (c Customer) See() Seen {
	return Seen{ID: c.ID, Version: c.Version, Epoch: c.Epoch, Held: len(c.Holds) > 0}
}

// Transition is one change of one customer among many. It is made only to the customer as it
// was seen: if another change came first, the result says so, and nothing else happens.
type Transition struct {
	Seen
	change Change
	effect Effect
}

// NewTransition has an effect on a customer as it was seen. The effect decides which action the change is.
func NewTransition(seen Seen, ch Change, effect Effect) Transition {
	ch.Action = effect.action()
	return Transition{seen, ch, effect}
}

// Change says who makes the transition, when, why, and which action it is.
func (tr Transition) Change() Change { return tr.change }

// Effect is what it does.
func (tr Transition) Effect() Effect { return tr.effect }

// Refused says why a transition could not be made to a customer, judged from how it is now;
// nil if it was made before.
func (tr Transition) Refused(c Customer, s Settings) error {
	if c.Made(tr.change.ID) || tr.effect.done(c) {
		return nil
	}
	if err := tr.effect.can(c, tr.change.At, s); err != nil {
		return err
	}
	return ErrVersion
}

// Effect is what a transition does to a customer: one of the types of this file, each with all
// that its action needs.
type Effect interface {
	action() Action
	// done says whether the customer shows the effect, by whatever change.
	done(c Customer) bool
	// can says why it can't be done to the customer at a time, nil if it can.
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
	Generation string    // the deletion to undo; empty: whichever it is
	Created    time.Time // when the customer was
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
	Lease  time.Time // until then the purge is a worker's
	Frozen []Kind    // the kinds that the purge goes by; nil: those in force when it is finished
}

func (FenceEffect) action() Action { return ActionPurgeStarted }

func (FenceEffect) done(c Customer) bool { return c.State == Purging }

func (FenceEffect) can(c Customer, at time.Time, _ Settings) error { return c.CanPurge(Fence{}, at) }

// ReplayEffect takes a customer that a restored backup has brought back past the fence, whatever
// state it is in. The deletion is that of this purge.
type ReplayEffect struct {
	Deletion Deletion
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
