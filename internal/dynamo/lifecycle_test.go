package dynamo_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"lethe/internal/customer"
)

func TestDeleteHidesACustomerAndAllThatHangsOnIt(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	ctx := t.Context()
	before := s.active(t, "ticket~1")
	ch := s.change(customer.ActionDeleted)
	d := deletionBy(ch, policies.Retention)
	got, err := s.Delete(ctx, before.ID, d, policies, ch)
	if err != nil {
		t.Fatal(err)
	}
	want := before
	want.State, want.Deletion, want.Last = customer.Deleted, &d, ch
	want.Recent = want.Recent.With(ch.ID)
	want.Version, want.Epoch = before.Version+1, before.Epoch+1
	same(t, "customer returned", got, want)
	same(t, "customer", s.read(t, before.ID), want)
	same(t, "in lists", s.listed(t, before.ID), lists{trash: true})
	same(t, "found", s.found(t, "anders", customer.Active), []string(nil))
	same(t, "found in the trash", s.found(t, "anders", customer.Deleted), []string{before.ID})

	_, err = s.Record(ctx, before.ID, key("ticket~1"))
	refuses(t, err, customer.ErrInTrash)
	_, err = s.Records(ctx, customer.RecordQuery{Customer: before.ID, Limit: 10})
	refuses(t, err, customer.ErrInTrash)
	_, err = s.AddRecords(ctx, before.ID, records("ticket~2"), s.change(customer.ActionRecordsAdded))
	refuses(t, err, customer.ErrInTrash)
	// The customer itself can still be read by its id.
	refuses(t, s.RemoveRecord(ctx, before.ID, key("ticket~2"), s.change(customer.ActionRecordsRemoved)), customer.ErrInTrash)
	refuses(t, s.RemoveRecord(ctx, before.ID, key("ticket~1"), s.change(customer.ActionRecordsRemoved)), customer.ErrInTrash)
}

func TestRestoreBringsBackExactlyWhatTheDeletionHid(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	ctx := t.Context()
	before := s.active(t, "ticket~1", "ticket~2", "contract~1")
	for _, k := range []string{"ticket~2", "contract~1"} { // removed on purpose, they stay removed
		if err := s.RemoveRecord(ctx, before.ID, key(k), s.change(customer.ActionRecordsRemoved)); err != nil {
			t.Fatal(err)
		}
	}
	before = s.read(t, before.ID)
	deleted := s.delete(t, before.ID, 30*day)
	ch := s.change(customer.ActionRestored)
	got, err := s.Restore(ctx, before.ID, deleted.Deletion.ID, ch)
	if err != nil {
		t.Fatal(err)
	}
	want := before
	want.Version, want.Epoch, want.Last = before.Version+2, before.Epoch+1, ch
	want.Recent = deleted.Recent.With(ch.ID)
	same(t, "customer returned", got, want)
	same(t, "customer", s.read(t, before.ID), want)
	same(t, "in lists", s.listed(t, before.ID), lists{live: true})
	same(t, "records", s.keys(t, customer.RecordQuery{Customer: before.ID, Limit: 10}), []string{"ticket~1"})
}

// refusal is a change that the rules refuse. It must change nothing, and return the
// customer with the reason.
type refusal struct {
	name string
	of   func(t *testing.T) customer.Customer
	try  func(ctx context.Context, id string) (customer.Customer, error)
	want error
}

func (s *suite) refusals(t *testing.T, all []refusal) {
	t.Helper()
	for _, r := range all {
		t.Run(r.name, func(t *testing.T) {
			before := r.of(t)
			got, err := r.try(t.Context(), before.ID)
			refuses(t, err, r.want)
			after, _ := s.Customer(t.Context(), before.ID)
			if errors.Is(r.want, customer.ErrNotFound) {
				before = customer.Customer{}
			}
			same(t, "customer", after, before)
			same(t, "customer returned", got, before)
		})
	}
}

func (s *suite) nobody(*testing.T) customer.Customer { return customer.Customer{ID: customer.NewID()} }

// with returns a function that makes a customer with one of the suite's functions.
func with(made func(testing.TB, ...string) customer.Customer, names ...string) func(*testing.T) customer.Customer {
	return func(t *testing.T) customer.Customer {
		t.Helper()
		return made(t, names...)
	}
}

func TestDeleteIsRefused(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	try := func(ctx context.Context, id string) (customer.Customer, error) {
		ch := s.change(customer.ActionDeleted)
		return s.Delete(ctx, id, deletionBy(ch, policies.Retention), policies, ch)
	}
	stale := func(ctx context.Context, id string) (customer.Customer, error) {
		ch := s.change(customer.ActionDeleted)
		ch.IfVersion = 9
		return s.Delete(ctx, id, deletionBy(ch, policies.Retention), policies, ch)
	}
	s.refusals(t, []refusal{
		{"nobody", s.nobody, try, customer.ErrNotFound},
		{"in the trash already", with(s.deleted), try, customer.ErrUnchanged},
		{"in the trash already, of another version", with(s.deleted), stale, customer.ErrUnchanged},
		{"past the fence", with(s.fenced), try, customer.ErrPurgeStarted},
		{"of another version", with(s.active), stale, customer.ErrVersion},
		{"held", with(s.held, "b", "a"), try, &customer.HoldError{Holds: []string{"a", "b"}}},
		{
			"with records that restrict", with(s.active, "contract~1", "contract~2", "permit~1", "ticket~1", "invoice~1"), try,
			&customer.DependentsError{Counts: map[string]int64{"contract": 2, "permit": 1}},
		},
	})
}

func TestRestoreIsRefused(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	whichever := func(ctx context.Context, id string) (customer.Customer, error) {
		return s.Restore(ctx, id, "", s.change(customer.ActionRestored))
	}
	another := func(ctx context.Context, id string) (customer.Customer, error) {
		return s.Restore(ctx, id, "another", s.change(customer.ActionRestored))
	}
	late := func(ctx context.Context, id string) (customer.Customer, error) {
		ch := s.change(customer.ActionRestored)
		ch.At = ch.At.Add(30 * day)
		return s.Restore(ctx, id, "", ch)
	}
	s.refusals(t, []refusal{
		{"nobody", s.nobody, whichever, customer.ErrNotFound},
		{"not deleted", with(s.active), whichever, customer.ErrUnchanged},
		{"not deleted by that deletion, but active", with(s.active), another, customer.ErrNotDeleted},
		{"not deleted by that deletion", with(s.deleted), another, customer.ErrNotDeleted},
		{"past the fence", with(s.fenced), whichever, customer.ErrPurgeStarted},
		{"due to the millisecond", with(s.deleted), late, customer.ErrPurgeStarted},
	})
}

func TestRestoreAfterThePurgeTime(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	for _, tt := range []struct {
		name string
		make func(t *testing.T) customer.Customer
		late time.Duration
	}{
		{"a millisecond before it", func(t *testing.T) customer.Customer { return s.deleted(t) }, 30*day - time.Millisecond},
		{"while under legal hold", func(t *testing.T) customer.Customer { return s.hold(t, s.deleted(t).ID, "case") }, 31 * day},
		{"that never comes", func(t *testing.T) customer.Customer {
			c := s.active(t)
			ch := s.change(customer.ActionDeleted)
			c, err := s.Delete(t.Context(), c.ID, deletionBy(ch, customer.Never), policies, ch)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}, 50 * 365 * day},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := tt.make(t)
			ch := s.change(customer.ActionRestored)
			ch.At = ch.At.Add(tt.late)
			if got, err := s.Restore(t.Context(), c.ID, "", ch); err != nil || got.State != customer.Active {
				t.Errorf("%s, %v", got.State, err)
			}
		})
	}
}

func TestBlockedStaysThroughDeleteAndRestore(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	ctx := t.Context()
	before := s.active(t)
	ch := s.change(customer.ActionBlocked)
	blocked, err := s.SetBlocked(ctx, before.ID, true, ch)
	if err != nil {
		t.Fatal(err)
	}
	want := before
	want.Blocked, want.Version, want.Epoch, want.Last = true, before.Version+1, before.Epoch+1, ch
	want.Recent = want.Recent.With(ch.ID)
	same(t, "customer", blocked, want)
	same(t, "in lists", s.listed(t, before.ID), lists{live: true})
	s.delete(t, before.ID, 30*day)
	restored, err := s.Restore(ctx, before.ID, "", s.change(customer.ActionRestored))
	if err != nil || !restored.Blocked {
		t.Errorf("blocked %t after restore, %v", restored.Blocked, err)
	}
	free, err := s.SetBlocked(ctx, before.ID, false, s.change(customer.ActionUnblocked))
	if err != nil || free.Blocked || free.Epoch != restored.Epoch {
		t.Errorf("blocked %t after unblock, epoch %d, %v", free.Blocked, free.Epoch, err)
	}
}

func TestBlockIsRefused(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	set := func(blocked bool, version int64) func(context.Context, string) (customer.Customer, error) {
		return func(ctx context.Context, id string) (customer.Customer, error) {
			ch := s.change(customer.ActionBlocked)
			ch.IfVersion = version
			return s.SetBlocked(ctx, id, blocked, ch)
		}
	}
	blocked := func(t *testing.T) customer.Customer {
		c, err := set(true, 0)(t.Context(), s.active(t).ID)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	s.refusals(t, []refusal{
		{"block nobody", s.nobody, set(true, 0), customer.ErrNotFound},
		{"block what is blocked", blocked, set(true, 0), customer.ErrUnchanged},
		{"unblock what is not blocked", with(s.active), set(false, 0), customer.ErrUnchanged},
		{"unblock what is not blocked, in the trash", with(s.deleted), set(false, 0), customer.ErrUnchanged},
		{"block past the fence", with(s.fenced), set(true, 0), customer.ErrPurgeStarted},
		{"unblock past the fence", with(s.fenced), set(false, 0), customer.ErrPurgeStarted},
		{"block another version", with(s.active), set(true, 9), customer.ErrVersion},
	})
}
