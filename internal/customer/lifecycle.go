package customer

import "time"

// The functions of this file decide and change nothing. A Store checks the same conditions in one
// conditional write. If that write is refused, the Store calls these functions for the reason.

// CanDelete returns why the customer can't be deleted under the settings, or nil. The error for a
// customer in the trash is ErrUnchanged.
func (c Customer) CanDelete(s Settings) error {
	switch {
	case c.State == Purging:
		return ErrPurgeStarted
	case c.State == Deleted:
		return ErrUnchanged
	case len(c.Holds) > 0:
		return c.onHold()
	}
	if blocking := c.blocking(s); len(blocking) > 0 {
		return &DependentsError{Counts: blocking}
	}
	return nil
}

func (c Customer) blocking(s Settings) map[string]int64 {
	blocking := map[string]int64{}
	for kind, n := range c.Counts {
		if n > 0 && s.Policy(kind) == Restrict {
			blocking[kind] = n
		}
	}
	return blocking
}

// CanRestore returns why the customer can't be restored at the given time, or nil. The generation is
// the id of the deletion to undo; empty means the current one. The error for an active customer is
// ErrUnchanged if the generation is empty.
func (c Customer) CanRestore(generation string, now time.Time) error {
	switch {
	case c.State == Active && generation == "":
		return ErrUnchanged
	case c.State == Active, generation != "" && c.Deletion.ID != generation:
		return ErrNotDeleted
	case c.StateAt(now) == Purging:
		return ErrPurgeStarted
	}
	return nil
}

// CanPurge returns why the customer can't pass the fence, or nil. The error is ErrNotDue before the
// purge time if the fence is OnlyDue, and ErrUnchanged for a customer that is past the fence.
func (c Customer) CanPurge(f Fence, now time.Time) error {
	switch {
	case c.State == Active, f.Generation != "" && c.Deletion.ID != f.Generation:
		return ErrNotDeleted
	case c.State == Purging:
		return ErrUnchanged
	case len(c.Holds) > 0:
		return c.onHold()
	case f.OnlyDue && !c.Due(now):
		return ErrNotDue
	}
	return nil
}

// CanReplay returns why a customer with a certificate in the ledger can't be purged again, or nil.
// Only a legal hold prevents it; the state and the records don't matter.
func (c Customer) CanReplay() error {
	if c.State != Purging && len(c.Holds) > 0 {
		return c.onHold()
	}
	return nil
}

// CanRedate returns why the customer's purge time can't be moved at the given time, or nil. A purge
// time in the past can't be moved.
func (c Customer) CanRedate(now time.Time) error {
	switch c.StateAt(now) {
	case Active:
		return ErrNotDeleted
	case Purging:
		return ErrPurgeStarted
	default:
		return nil
	}
}

// CanBlock returns why the blocked flag can't be set to the given value, or nil.
func (c Customer) CanBlock(blocked bool) error {
	switch {
	case c.State == Purging:
		return ErrPurgeStarted
	case c.Blocked == blocked:
		return ErrUnchanged
	}
	return nil
}

// CanHold returns why a hold can't be placed, or nil. A hold can be placed until the fence, even after
// the purge time: a court order may come late.
func (c Customer) CanHold(id string) error {
	if _, held := c.Holds[id]; held {
		return ErrUnchanged
	}
	if len(c.Holds) >= MaxHolds {
		return Invalid("hold", "a customer has at most 20 legal holds; lift one first")
	}
	if c.State == Purging {
		return ErrPurgeStarted
	}
	return nil
}

// CanLift returns why a hold can't be lifted, or nil.
func (c Customer) CanLift(id string) error {
	if _, held := c.Holds[id]; !held {
		return ErrUnchanged
	}
	return nil
}

// CanChange returns why the customer's profile and records can't be changed, or nil. Only those of an
// active customer can.
func (c Customer) CanChange() error {
	switch c.State {
	case Deleted:
		return ErrInTrash
	case Purging:
		return ErrPurgeStarted
	default:
		return nil
	}
}

func (c Customer) onHold() error {
	ids := make([]string, 0, len(c.Holds))
	for id := range c.Holds {
		ids = append(ids, id)
	}
	return &HoldError{Holds: sorted(ids)}
}

// Fence is the first step of a purge. It can't be undone.
type Fence struct {
	Generation string    // id of the deletion to finish; empty: the current one
	OnlyDue    bool      // refuse before the purge time
	Lease      time.Time // until then a worker has the purge; later the sweep queues it again
	Frozen     []Kind    // the kinds that the purge uses; see [Settings.Freeze]
}
