package customer

import "time"

// The functions of this file decide; they change nothing. A Store puts the same
// conditions into its one conditional write, and asks these for the reason when
// that write was refused.

// CanDelete says why a customer can't be deleted under the settings, nil if it can.
// It returns ErrUnchanged for one that is in the trash already.
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

// CanRestore says why a customer can't be restored at the given time, nil if it
// can. A generation names the deletion to undo; empty means whichever it is. It
// returns ErrUnchanged for an active customer, when no generation was named.
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

// CanPurge says why a customer can't pass the fence, nil if it can. A fence that is
// OnlyDue lets nobody pass before the purge time. It returns
// ErrUnchanged for one that is past the fence already.
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

// CanReplay says why a customer that the ledger says to be gone can't be purged again, nil
// if it can: only a legal hold keeps it. Its state doesn't matter, nor do its records.
func (c Customer) CanReplay() error {
	if c.State != Purging && len(c.Holds) > 0 {
		return c.onHold()
	}
	return nil
}

// CanRedate says why the customer's purge time can't be moved at the given time, nil if it
// can: it can't when it has come.
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

// CanBlock says why the blocked flag can't be set so, nil if it can.
func (c Customer) CanBlock(blocked bool) error {
	switch {
	case c.State == Purging:
		return ErrPurgeStarted
	case c.Blocked == blocked:
		return ErrUnchanged
	}
	return nil
}

// CanHold says why a hold can't be placed, nil if it can. It can until the fence,
// also when the purge time has come: the law is late sometimes.
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

// CanLift says why a hold can't be lifted, nil if it can.
func (c Customer) CanLift(id string) error {
	if _, held := c.Holds[id]; !held {
		return ErrUnchanged
	}
	return nil
}

// CanChange says why the customer's profile and records can't be changed, nil if
// they can: only an active customer's can.
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

// Fence is the step of a purge after which there is no way back.
type Fence struct {
	Generation string    // the deletion to finish; empty: whichever it is
	OnlyDue    bool      // refuse unless the purge time has come
	Lease      time.Time // until then the purge is somebody's; later the sweep re-drives it
	Frozen     []Kind    // the kinds that the purge goes by; see [Settings.Freeze]
}
