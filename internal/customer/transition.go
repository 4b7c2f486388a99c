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
// was seen: whoever has changed it since is told so, and nothing else happens.
type Transition struct {
	Seen
	Change   Change    // its Action says what: WasDeleted, Restored, Blocked, Unblocked, PurgeStarted or Redated
	Deletion *Deletion // as it is to be, with WasDeleted and Redated; with PurgeStarted only to purge again; to undo, with Restored
	Lease    time.Time // with PurgeStarted
	Created  time.Time // of the customer, with Restored
	Frozen   []Kind    // with PurgeStarted: the kinds that the purge goes by
}

// Refused says why a transition could not be made to a customer, judged from how it is now;
// nil if it was made before.
func (tr Transition) Refused(c Customer, s Settings) error {
	if c.Made(tr.Change.ID) || tr.deleted(c) || tr.fenced(c) {
		return nil
	}
	if err := tr.can(c, s); err != nil {
		return err
	}
	return ErrVersion
}

func (tr Transition) deleted(c Customer) bool {
	return tr.Change.Action == WasDeleted && c.Deletion != nil && c.Deletion.ID == tr.Deletion.ID
}

// fenced says whether the purge has passed the fence, by whomever.
func (tr Transition) fenced(c Customer) bool {
	return tr.Change.Action == PurgeStarted && c.State == Purging
}

func (tr Transition) can(c Customer, s Settings) error {
	switch tr.Change.Action {
	case WasDeleted:
		return c.CanDelete(s)
	case Restored:
		return c.CanRestore(tr.Deletion.ID, tr.Change.At)
	case Blocked:
		return c.CanBlock(true)
	case Unblocked:
		return c.CanBlock(false)
	case PurgeStarted:
		if tr.Deletion != nil {
			return c.CanReplay()
		}
		return c.CanPurge(Fence{}, tr.Change.At)
	case Redated:
		return c.CanRedate(tr.Change.At)
	default:
		return nil
	}
}
