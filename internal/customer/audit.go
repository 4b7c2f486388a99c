package customer

import (
	"context"
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
	Action     Action
	Reason     string // as [Blot] returns it
	ReasonCode ReasonCode
	Subject    string
	Fields     []string // names of the profile fields that changed, and purgeTime if that changed
	Delta      Totals   // how the change alters the totals
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
		Customer: subject.ID, Seq: seq, At: last.At, By: last.By, Action: last.Action,
		Reason: Blot(last.Reason, before, after), ReasonCode: last.ReasonCode, Subject: last.Subject,
		Fields: changedFields(before, after), Delta: delta(before, after, expired),
	}, true
}

// AddEntry writes the entry of a change to the customer's audit log. after is the root's image after
// the change, nil if the root is gone. If the change gives the customer new names, AddEntry also blots
// these out of older entries: someone may have used them in a reason before.
func (s *Service) AddEntry(ctx context.Context, e Entry, after *Customer) error {
	if err := s.audit.Observe(ctx, e); err != nil || after == nil || !slices.ContainsFunc(e.Fields, isName) {
		return err
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

// redated says whether the purge time of a deletion changed.
func redated(before, after *Deletion) bool {
	return before != nil && after != nil && before.ID == after.ID && !before.PurgeTime.Equal(after.PurgeTime)
}
