package customer

import (
	"context"
	"slices"
	"time"
)

// Entry is one line of a customer's audit log. It holds ids and field names, never
// a personal value, and so may outlive the customer.
type Entry struct {
	Customer   string
	Seq        string // of the change stream; the same change seen twice has the same
	At         time.Time
	By         string
	Action     Action
	Reason     string // with what is known to be personal blotted out
	ReasonCode ReasonCode
	Subject    string
	Fields     []string // names of what changed of the profile, and purgeTime
	Delta      Totals   // what the change does to the totals
}

// Describe makes the audit entry of one change from the root's images around it;
// either may be nil. ok is false where there is nothing to tell, as when a purge's
// lease was moved. expired says that TTL removed the root, not a worker.
func Describe(before, after *Customer, seq string, at time.Time, expired bool) (e Entry, ok bool) {
	if before != nil && after != nil && before.Last.ID == after.Last.ID {
		return Entry{}, false
	}
	subject, last := latest(before, after, at, expired)
	return Entry{
		Customer: subject.ID, Seq: seq, At: last.At, By: last.By, Action: last.Action,
		Reason: Blot(last.Reason, before, after), ReasonCode: last.ReasonCode, Subject: last.Subject,
		Fields: changedFields(before, after), Delta: delta(before, after, expired),
	}, true
}

// Enter keeps the entry of a change from the root's image after it, nil if it is gone. What a changed
// profile calls the customer from now on may have been written into its log before: there, too, it is
// blotted out.
func (s *Service) Enter(ctx context.Context, e Entry, after *Customer) error {
	if err := s.audit.Observe(ctx, e); err != nil || after == nil || !slices.ContainsFunc(e.Fields, telling) {
		return err
	}
	return s.audit.Reword(ctx, e.Customer, func(reason string) string { return Blot(reason, after) })
}

// telling says whether a field is of the profile, and in words: a redated customer is called as before.
func telling(field string) bool {
	return slices.Contains([]string{"organisation", "firstName", "lastName", "email", "phone"}, field)
}

// latest is the image that the entry is about, and the change it tells. Of a removal
// the images don't tell: a worker's finishes a purge, TTL's begins one.
func latest(before, after *Customer, at time.Time, expired bool) (*Customer, Change) {
	if after != nil {
		return after, after.Last
	}
	if at.Before(before.Last.At) {
		at = before.Last.At // the stream tells time in seconds
	}
	if expired {
		return before, Change{At: at, By: "ttl", Action: ActionExpired}
	}
	return before, Change{At: at, By: before.Last.By, Action: ActionPurged}
}

func delta(before, after *Customer, expired bool) Totals {
	var t Totals
	t.add(before, -1)
	t.add(after, 1)
	if after == nil && !expired {
		t.Purged = 1
	}
	return t
}

func (t *Totals) add(c *Customer, n int64) {
	switch {
	case c == nil:
	case c.State == Active:
		t.Active += n
	default:
		t.Trash += n
	}
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

// redated says whether a stay in the trash was given another end.
func redated(before, after *Deletion) bool {
	return before != nil && after != nil && before.ID == after.ID && !before.PurgeTime.Equal(after.PurgeTime)
}
