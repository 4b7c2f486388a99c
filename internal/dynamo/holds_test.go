package dynamo_test

import (
	"context"
	"testing"
	"time"

	"lethe/internal/customer"
)

func TestAHoldStopsAnActiveCustomerFromBeingDeleted(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	before := s.active(t)
	ch := s.change(customer.ActionHoldPlaced)
	got, err := s.Hold(t.Context(), before.ID, "case-1.a", ch)
	if err != nil {
		t.Fatal(err)
	}
	want := before
	want.Version, want.Last = before.Version+1, ch
	want.Recent = want.Recent.With(ch.ID)
	want.Holds = map[string]customer.Hold{"case-1.a": {By: ch.By, Reason: ch.Reason, Time: ch.At}}
	same(t, "customer", got, want)
	same(t, "in lists", s.listed(t, before.ID), lists{live: true})
	if _, err := s.Lift(t.Context(), before.ID, "case-1.a", s.change(customer.ActionHoldLifted)); err != nil {
		t.Fatal(err)
	}
	s.delete(t, before.ID, 30*day)
}

func TestAHoldTakesACustomerInTheTrashOutOfWhatFallsDue(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	ctx := t.Context()
	c := s.deleted(t)
	later := s.world.Clock.Now().Add(31 * day)
	due := func(want bool) {
		t.Helper()
		if got := s.trashed(t, c.ID, later) >= 0; got != want {
			t.Errorf("is due: %t, want %t", got, want)
		}
		same(t, "in lists", s.listed(t, c.ID), lists{trash: true})
	}
	due(true)
	s.hold(t, c.ID, "a")
	due(false)
	s.hold(t, c.ID, "b")
	for _, h := range []string{"a", "b"} {
		due(false)
		if _, err := s.Lift(ctx, c.ID, h, s.change(customer.ActionHoldLifted)); err != nil {
			t.Fatal(err)
		}
	}
	due(true)
	same(t, "deletion", s.read(t, c.ID).Deletion, c.Deletion)
}

func TestHoldIsRefused(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	hold := func(ctx context.Context, id string) (customer.Customer, error) {
		return s.Hold(ctx, id, "case", s.change(customer.ActionHoldPlaced))
	}
	lift := func(ctx context.Context, id string) (customer.Customer, error) {
		return s.Lift(ctx, id, "case", s.change(customer.ActionHoldLifted))
	}
	stale := func(ctx context.Context, id string) (customer.Customer, error) {
		ch := s.change(customer.ActionHoldPlaced)
		ch.IfVersion = 9
		return s.Hold(ctx, id, "case", ch)
	}
	heldInTrash := func(t *testing.T) customer.Customer { return s.hold(t, s.deleted(t).ID, "case") }
	tooMany := customer.Customer{Holds: map[string]customer.Hold{}}
	for _, h := range numbered("h", customer.MaxHolds) {
		tooMany.Holds[h] = customer.Hold{}
	}
	s.refusals(t, []refusal{
		{"on nobody", s.nobody, hold, customer.ErrNotFound},
		{"of a name that is there", with(s.held, "case"), hold, customer.ErrUnchanged},
		{"of a name that is there, in the trash", heldInTrash, hold, customer.ErrUnchanged},
		{"past the fence", with(s.fenced), hold, customer.ErrPurgeStarted},
		{"on another version", with(s.active), stale, customer.ErrVersion},
		{"on another version, in the trash", with(s.deleted), stale, customer.ErrVersion},
		{"the 21st", with(s.held, numbered("h", customer.MaxHolds)...), hold, tooMany.CanHold("case")},
		{"lifted of nobody", s.nobody, lift, customer.ErrNotFound},
		{"lifted, but not there", with(s.held, "other"), lift, customer.ErrUnchanged},
		{"lifted past the fence", with(s.fenced), lift, customer.ErrUnchanged},
	})
}

func TestAHoldComesAfterThePurgeTimeAndBeforeTheFence(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	c := s.delete(t, s.active(t).ID, 0)
	s.hold(t, c.ID, "case")
	_, err := s.Fence(t.Context(), c.ID, customer.Fence{OnlyDue: true, Lease: s.world.Clock.Now().Add(time.Minute)}, s.change(customer.ActionPurgeStarted))
	refuses(t, err, &customer.HoldError{Holds: []string{"case"}})
}
