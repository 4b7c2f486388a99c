package customer

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Entry is one line of a customer's audit log. It holds ids and field names and no personal
// value, so it can stay when the customer is gone.
type Entry struct {
	Customer   string
	Seq        string // sequence number in the change stream; a change that is delivered twice has the same one
	At         time.Time
	By         string
	ApprovedBy string // second person, who approved the change; empty if it needed none
	Action     Action
	Reason     string // as [Blot] returns it
	ReasonCode ReasonCode
	Subject    string
	Fields     []string // names of the profile fields that changed, and purgeTime if that changed
	Delta      Totals   // how the change alters the totals
	Moved      Moves    // what the change adds to the totals of its day
}

// Same reports whether two entries are of the same change.
func (e Entry) Same(other Entry) bool {
	return e.Customer == other.Customer && e.Seq == other.Seq && e.At.Equal(other.At)
}

// Describe returns the audit entry of one change, from the root's images before and after it;
// either may be nil. ok is false if the change has no entry, such as a change of a purge's
// lease. expired says that TTL removed the root, and not a worker.
func Describe(before, after *Customer, seq string, at time.Time, expired bool) (e Entry, ok bool) {
	if before != nil && after != nil && before.Last.ID == after.Last.ID {
		return Entry{}, false
	}
	subject, last := latest(before, after, at, expired)
	return Entry{
		Customer: subject.ID, Seq: seq, At: last.At, By: last.By, ApprovedBy: last.ApprovedBy, Action: last.Action,
		Reason: Blot(last.Reason, before, after), ReasonCode: last.ReasonCode, Subject: last.Subject,
		Fields: changedFields(before, after), Delta: delta(before, after, expired), Moved: moved(before, after, expired),
	}, true
}

// RootChange is a change of a root, as the change stream delivers it. Before and After are the root's
// images, nil if there was no root.
type RootChange struct {
	Before, After *Customer
	Seq           string
	At            time.Time
	Expired       bool // TTL removed the root
}

// Follow handles changes, which are in the order of the stream. It begins the purges of customers that TTL removed, then
// it logs and counts the changes. It returns how many changes, from the first, are done. After an
// error, the others must be delivered again, in any groups.
func (s *Service) Follow(ctx context.Context, changes []RootChange) (done int, err error) {
	expired, failed := s.expireAll(ctx, changes)
	if done, err = s.log(ctx, changes[:expired]); err != nil {
		return done, err
	}
	return done, failed
}

// expireAll returns how many changes, from the first, need no purge any more.
func (s *Service) expireAll(ctx context.Context, changes []RootChange) (done int, err error) {
	for i, ch := range changes {
		if !ch.Expired {
			continue
		}
		if err := s.Expire(ctx, *ch.Before); err != nil {
			return i, fmt.Errorf("expire: %w", err)
		}
	}
	return len(changes), nil
}

// log adds the entries of changes to the audit logs. If a change gives the customer new names, log also
// blots these out of older entries: someone may have used them in a reason before.
func (s *Service) log(ctx context.Context, changes []RootChange) (done int, err error) {
	var entries []Entry
	var of []int // the changes of the entries
	for i, ch := range changes {
		if e, ok := Describe(ch.Before, ch.After, ch.Seq, ch.At, ch.Expired); ok {
			entries, of = append(entries, e), append(of, i)
		}
	}
	of = append(of, len(changes))
	added, err := s.audit.Observe(ctx, entries)
	if err != nil {
		err = fmt.Errorf("log: %w", err)
	}
	for i, e := range entries[:added] {
		if failed := s.reword(ctx, e, changes[of[i]].After); failed != nil {
			return of[i], fmt.Errorf("log: %w", failed)
		}
	}
	return of[added], err
}

// reword blots the customer's names out of its log if the entry is about new ones. after is nil if
// the root is gone.
func (s *Service) reword(ctx context.Context, e Entry, after *Customer) error {
	if after == nil || !slices.ContainsFunc(e.Fields, isName) {
		return nil
	}
	return s.audit.Reword(ctx, e.Customer, func(reason string) string { return Blot(reason, after) })
}

// isName says whether people may use a field's value in a reason to name the customer.
func isName(field string) bool {
	return slices.Contains([]string{"organisation", "firstName", "lastName", "email", "phone"}, field)
}

// latest returns the image that the entry is about, and the change. The images don't hold the
// change if it removed the root: a removal by a worker ends a purge, one by TTL begins it.
func latest(before, after *Customer, at time.Time, expired bool) (*Customer, Change) {
	if after != nil {
		return after, after.Last
	}
	if at.Before(before.Last.At) {
		at = before.Last.At // the stream's times are in whole seconds
	}
	if expired {
		return before, Change{At: at, By: "ttl", Action: ActionExpired}
	}
	return before, Change{At: at, By: before.Last.By, ApprovedBy: before.Last.ApprovedBy, Action: ActionPurged}
}

func delta(before, after *Customer, expired bool) Totals {
	t := Totals{}.with(before, -1).with(after, 1)
	if after == nil && !expired {
		t.Purged = 1
	}
	return t
}

// moved returns what happened to the customer. A removal by TTL is nothing yet: the purge follows.
func moved(before, after *Customer, expired bool) Moves {
	was, is := before != nil && before.State == Active, after != nil && after.State == Active
	switch {
	case before == nil && is:
		return Moves{Added: 1}
	case after == nil && !expired:
		return Moves{Purged: 1}
	case was && after != nil && !is:
		return Moves{Deleted: 1}
	case before != nil && !was && is:
		return Moves{Restored: 1}
	}
	return Moves{}
}

// Counts reports whether the entry counts anything.
func (e Entry) Counts() bool { return e.Delta != (Totals{}) || e.Moved != (Moves{}) }

// with returns the totals with a customer counted n times more.
func (t Totals) with(c *Customer, n int64) Totals {
	switch {
	case c == nil:
	case c.State == Active:
		t.Active += n
	default:
		t.Trash += n
	}
	return t
}

func changedFields(before, after *Customer) []string {
	if before == nil || after == nil {
		return nil
	}
	names := before.Profile.Differs(after.Profile)
	if redated(before.Deletion, after.Deletion) {
		names = append(names, "purgeTime")
	}
	return names
}

// redated says whether the purge time of a deletion changed.
func redated(before, after *Deletion) bool {
	return before != nil && after != nil && before.ID == after.ID && !before.PurgeTime.Equal(after.PurgeTime)
}
