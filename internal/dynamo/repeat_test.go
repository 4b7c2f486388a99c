package dynamo_test

import (
	"context"
	"errors"
	"testing"

	"lethe/internal/customer"
)

// repeatable is a change of a customer, as each method of the store makes it.
type repeatable struct {
	name string
	of   func(t *testing.T) customer.Customer
	do   func(ctx context.Context, c customer.Customer, ch customer.Change) error
	once bool // it can be made under an idempotency key
}

func (s *suite) repeatables() []repeatable {
	active := func(t *testing.T) customer.Customer { return s.active(t, "ticket~1", "ticket~1~line~1") }
	deleted := func(t *testing.T) customer.Customer { return s.deleted(t) }
	held := func(t *testing.T) customer.Customer { return s.held(t, "case") }
	return []repeatable{
		{"create", func(*testing.T) customer.Customer { return s.fresh() }, func(ctx context.Context, c customer.Customer, ch customer.Change) error {
			c.Last = ch
			return s.Create(ctx, c)
		}, true},
		{"revise", active, func(ctx context.Context, c customer.Customer, ch customer.Change) error {
			revised := s.revised(c, rename)
			revised.Last = ch
			return s.Revise(ctx, c, revised)
		}, true},
		{"revise with another address", active, func(ctx context.Context, c customer.Customer, ch customer.Change) error {
			revised := s.revised(c, func(p *customer.Profile) { p.Email = "new-" + p.Email })
			revised.Last = ch
			return s.Revise(ctx, c, revised)
		}, true},
		{"delete", active, func(ctx context.Context, c customer.Customer, ch customer.Change) error {
			_, err := s.Delete(ctx, c.ID, deletionBy(ch, policies.Retention), policies, ch)
			return err
		}, true},
		{"restore", deleted, func(ctx context.Context, c customer.Customer, ch customer.Change) error {
			_, err := s.Restore(ctx, c.ID, c.Deletion.ID, ch)
			return err
		}, true},
		{"block", active, func(ctx context.Context, c customer.Customer, ch customer.Change) error {
			_, err := s.SetBlocked(ctx, c.ID, true, ch)
			return err
		}, true},
		{"hold", active, func(ctx context.Context, c customer.Customer, ch customer.Change) error {
			_, err := s.Hold(ctx, c.ID, "case", ch)
			return err
		}, true},
		{"hold in the trash", deleted, func(ctx context.Context, c customer.Customer, ch customer.Change) error {
			_, err := s.Hold(ctx, c.ID, "case", ch)
			return err
		}, true},
		{"lift", held, func(ctx context.Context, c customer.Customer, ch customer.Change) error {
			_, err := s.Lift(ctx, c.ID, "case", ch)
			return err
		}, true},
		{"fence", deleted, func(ctx context.Context, c customer.Customer, ch customer.Change) error {
			_, err := s.Fence(ctx, c.ID, customer.Fence{Generation: c.Deletion.ID, OnlyDue: false, Lease: ch.At.Add(customer.PurgeLease)}, ch)
			return err
		}, true},
		{"add records", active, func(ctx context.Context, c customer.Customer, ch customer.Change) error {
			results, err := s.AddRecords(ctx, c.ID, records("ticket~2", "ticket~2~line~1", "ticket~1~line~2"), ch)
			if err != nil {
				return err
			}
			return errors.Join(results...)
		}, true},
		{"remove a record", active, func(ctx context.Context, c customer.Customer, ch customer.Change) error {
			return s.RemoveRecord(ctx, c.ID, key("ticket~1"), ch)
		}, false},
	}
}

// TestAChangeThatIsRetriedAfterItSucceededSucceedsAgain shows that a lost answer is
// harmless.
func TestAChangeThatIsRetriedAfterItSucceededSucceedsAgain(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	for _, r := range s.repeatables() {
		t.Run(r.name, func(t *testing.T) {
			c, ch := r.of(t), s.change(customer.ActionUpdated)
			if err := r.do(t.Context(), c, ch); err != nil {
				t.Fatal(err)
			}
			once := s.read(t, c.ID)
			if err := r.do(t.Context(), c, ch); err != nil {
				t.Errorf("the retry: %v", err)
			}
			same(t, "customer after the retry", s.read(t, c.ID), once)
		})
	}
}

// TestAChangeIsMadeOnceUnderAnIdempotencyKey repeats each change with another id, as a
// client does when it repeats its request.
func TestAChangeIsMadeOnceUnderAnIdempotencyKey(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	for _, r := range s.repeatables() {
		if !r.once {
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			c, ch := r.of(t), s.change(customer.ActionUpdated)
			under := func(id, fingerprint string) customer.Change {
				again := ch
				again.ID, again.Once = id, &customer.Once{Key: c.ID + r.name, Fingerprint: fingerprint}
				return again
			}
			if err := r.do(t.Context(), c, under("first", "this")); err != nil {
				t.Fatal(err)
			}
			once := s.read(t, c.ID)
			if err := r.do(t.Context(), c, under("first", "this")); err != nil {
				t.Errorf("the retry: %v", err)
			}
			trace := once.Trace()
			if r.name == "add records" {
				trace = customer.Trace{At: ch.At}
			}
			refuses(t, r.do(t.Context(), c, under("second", "this")), &customer.ReplayError{Subject: c.ID, Same: true, Trace: trace})
			refuses(t, r.do(t.Context(), c, under("third", "that")), &customer.ReplayError{Subject: c.ID, Trace: trace})
			same(t, "customer after all", s.read(t, c.ID), once)
		})
	}
}
