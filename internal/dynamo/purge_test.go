package dynamo_test

import (
	"context"
	"testing"
	"time"

	"lethe/internal/customer"
)

func TestTheFenceClosesTheWayBack(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	before := s.deleted(t)
	ch := s.change(customer.ActionPurgeStarted)
	lease := ch.At.Add(time.Hour)
	got, err := s.Fence(t.Context(), before.ID, customer.Fence{Generation: before.Deletion.ID, Lease: lease}, ch)
	if err != nil {
		t.Fatal(err)
	}
	want := before
	want.State, want.Version, want.Last = customer.Purging, before.Version+1, ch
	want.Recent = want.Recent.With(ch.ID)
	same(t, "customer", got, want)
	same(t, "in lists", s.listed(t, before.ID), lists{trash: true})
	_, err = s.Restore(t.Context(), before.ID, "", s.change(customer.ActionRestored))
	refuses(t, err, customer.ErrPurgeStarted)
	if s.trashed(t, before.ID, lease.Add(-time.Millisecond)) >= 0 {
		t.Error("it is found before its lease has run out")
	}
	if s.trashed(t, before.ID, lease) < 0 {
		t.Error("it is not found when its lease has run out")
	}
}

func TestFenceIsRefused(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	try := func(f customer.Fence, late time.Duration) func(context.Context, string) (customer.Customer, error) {
		return func(ctx context.Context, id string) (customer.Customer, error) {
			ch := s.change(customer.ActionPurgeStarted)
			ch.At = ch.At.Add(late)
			f.Lease = ch.At.Add(time.Minute)
			return s.Fence(ctx, id, f, ch)
		}
	}
	whichever, due := customer.Fence{}, customer.Fence{OnlyDue: true}
	heldInTrash := func(t *testing.T) customer.Customer { return s.hold(t, s.deleted(t).ID, "case") }
	never := func(t *testing.T) customer.Customer {
		ch, id := s.change(customer.ActionDeleted), s.active(t).ID
		c, err := s.Delete(t.Context(), id, deletionBy(ch, customer.Never), policies, ch)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	s.refusals(t, []refusal{
		{"nobody", s.nobody, try(whichever, 0), customer.ErrNotFound},
		{"not deleted", with(s.active), try(whichever, 0), customer.ErrNotDeleted},
		{"of another generation", with(s.deleted), try(customer.Fence{Generation: "another"}, 0), customer.ErrNotDeleted},
		{"past it already", with(s.fenced), try(whichever, 0), customer.ErrUnchanged},
		{"past it already by another generation", with(s.fenced), try(customer.Fence{Generation: "another"}, 0), customer.ErrNotDeleted},
		{"held", heldInTrash, try(whichever, 0), &customer.HoldError{Holds: []string{"case"}}},
		{"a millisecond early", with(s.deleted), try(due, 30*day-time.Millisecond), customer.ErrNotDue},
		{"never due", never, try(due, 50*365*day), customer.ErrNotDue},
	})
	if _, err := try(due, 30*day)(t.Context(), s.deleted(t).ID); err != nil {
		t.Errorf("due to the millisecond: %v", err)
	}
}

func TestALeaseIsMovedWithinItsGenerationOnly(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	ctx, until := t.Context(), s.world.Clock.Now().Add(time.Hour)
	c := s.fenced(t)
	if err := s.Lease(ctx, c.ID, c.Deletion.ID, until); err != nil {
		t.Fatal(err)
	}
	same(t, "customer", s.read(t, c.ID), c) // it is no change of the customer
	if s.trashed(t, c.ID, until.Add(-time.Millisecond)) >= 0 || s.trashed(t, c.ID, until) < 0 {
		t.Error("it is not found just when its lease has run out")
	}
	refuses(t, s.Lease(ctx, c.ID, "another", until), customer.ErrNotFound)
	refuses(t, s.Lease(ctx, "nobody", "any", until), customer.ErrNotFound)
	deleted := s.deleted(t)
	refuses(t, s.Lease(ctx, deleted.ID, deleted.Deletion.ID, until), customer.ErrNotFound)
}

func TestTheTrashIsWalkedBySoonestDue(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	var want []string
	for _, retention := range []time.Duration{5 * day, 1 * day, 3 * day} {
		want = append(want, s.delete(t, s.active(t).ID, retention).ID)
	}
	want = []string{want[1], want[2], want[0]}
	s.active(t)
	s.held(t, "case")
	held := s.hold(t, s.deleted(t).ID, "case").ID
	walk := func(until time.Time) (ids []string) {
		for c, err := range s.Trash(t.Context(), until) {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, c.ID)
		}
		return ids
	}
	now := s.world.Clock.Now()
	same(t, "before any is due", walk(now), []string(nil))
	same(t, "on the third day", walk(now.Add(3*day)), want[:2])
	same(t, "after all", walk(now.Add(40*day)), want)
	same(t, "all", walk(time.Time{}), append(want, held))
}

func TestEraseLeavesTheRootAndWhatTheLawKeeps(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	ctx := t.Context()
	c := s.fenced(t, "ticket~1", "ticket~1~line~1", "ticket~1~invoice~2", "invoice~1", "invoice~1~line~1")
	if left, err := s.Residue(ctx, c); err != nil || left != 5+len(c.Terms)+1 {
		t.Errorf("%d items are there, %v", left, err)
	}
	for range 2 { // what is erased twice is kept once
		if err := s.Erase(ctx, c); err != nil {
			t.Fatal(err)
		}
		left, err := s.Residue(ctx, c)
		if err != nil || left != 0 {
			t.Errorf("%d items are left, %v", left, err)
		}
	}
	same(t, "customer", s.read(t, c.ID), c)
	same(t, "retained", s.retained(t, c.ID), []string{"invoice~1", "ticket~1~invoice~2"})
	page, err := s.Retained(ctx, customer.RecordQuery{Customer: c.ID, Kind: "invoice", Limit: 1})
	if err != nil || len(page.Records) != 1 || page.Cursor == "" {
		t.Fatalf("%+v, %v", page, err)
	}
	want := records("invoice~1")[0]
	want.Data, want.By = []byte(`{"number":"R-1","total":12.5}`), ""
	same(t, "retained record", page.Records[0], want)
	_, err = s.EmailOwner(ctx, c.Profile.Email)
	refuses(t, err, customer.ErrNotFound)
	s.purge(t, c)
}

// TestEraseRemovesWhateverIsInThePartition adds items that this version doesn't write: a purge must not leave them, whether it
// reads records whole, to keep some, or only their keys.
func TestEraseRemovesWhateverIsInThePartition(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	for _, record := range []string{"ticket~1", "invoice~1"} {
		c := s.fenced(t, record)
		for _, sk := range []string{"D#", "V#2026-11-30", "~"} {
			s.world.Insert(t, func(yield func(item) bool) {
				yield(item{"pk": text("C#" + c.ID), "sk": text(sk), "fax": text("030 0074321")})
			})
		}
		if left, err := s.Residue(t.Context(), c); err != nil || left != 1+3+len(c.Terms)+1 {
			t.Errorf("%d items are there, %v", left, err)
		}
		s.purge(t, c)
		if left, err := s.Residue(t.Context(), c); err != nil || left != 0 {
			t.Errorf("%d items are left, %v", left, err)
		}
	}
}

// TestEraseLeavesAnAddressThatAnotherCustomerHas repeats a purge after another customer has taken the address.
func TestEraseLeavesAnAddressThatAnotherCustomerHas(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	c := s.fenced(t)
	if err := s.Erase(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	other := s.fresh()
	other.Profile.Email = c.Profile.Email
	if err := s.Create(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if err := s.Erase(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if left, err := s.Residue(t.Context(), c); err != nil || left != 0 {
		t.Errorf("%d items are left, %v", left, err)
	}
	if owner, err := s.EmailOwner(t.Context(), c.Profile.Email); err != nil || owner != other.ID {
		t.Errorf("the address belongs to %q, %v", owner, err)
	}
	s.purge(t, c)
}

func TestARetainedRecordWhoseTimeIsOverIsNotRead(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	c := s.fenced(t, "invoice~1")
	c.Frozen = []customer.Kind{{Name: "invoice", Policy: customer.Retain, Keep: []string{"number", "total"}}}
	if err := s.Erase(t.Context(), c); err != nil { // kept for no time at all
		t.Fatal(err)
	}
	same(t, "retained", s.retained(t, c.ID), []string(nil))
	s.purge(t, c)
}

func TestRemoveTakesTheRootOfItsGenerationOnly(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	ctx := t.Context()
	deleted := s.deleted(t)
	if err := s.Remove(ctx, deleted); err == nil {
		t.Error("a root was removed before its fence")
	}
	fenced := s.fence(t, deleted.ID)
	other := fenced
	other.Deletion = &customer.Deletion{ID: "another"}
	if err := s.Remove(ctx, other); err == nil {
		t.Error("a root was removed for another generation")
	}
	same(t, "customer", s.read(t, fenced.ID), fenced)
	s.purge(t, fenced)
	if err := s.Remove(ctx, fenced); err != nil {
		t.Errorf("a root that is gone already: %v", err)
	}
}

func TestPutBackBringsARootBackUnlessItIsThere(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	ctx := t.Context()
	for name, made := range map[string]func(testing.TB, ...string) customer.Customer{"in the trash": s.deleted, "past the fence": s.fenced} {
		t.Run(name, func(t *testing.T) {
			c := made(t, "ticket~1")
			s.world.Expire(t, c.ID)
			lease := s.world.Clock.Now().Add(time.Hour)
			if err := s.PutBack(ctx, c, lease); err != nil {
				t.Fatal(err)
			}
			same(t, "customer", s.read(t, c.ID), c)
			same(t, "in lists", s.listed(t, c.ID), lists{trash: true})
			other := c
			other.Version += 7
			if err := s.PutBack(ctx, other, lease); err != nil {
				t.Fatal(err)
			}
			same(t, "customer, put back again", s.read(t, c.ID), c)
		})
	}
}
