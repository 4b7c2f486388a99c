package customer

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// StartPurge passes the fence, past which no restore comes and no change of the settings,
// and queues the rest of the purge. One that is past the fence already is only queued again.
func (s *Service) StartPurge(ctx context.Context, id string, f Fence, ch Change) (Customer, error) {
	ch = s.stamp(ch, ActionPurgeStarted)
	f.Lease = ch.At.Add(PurgeLease)
	var err error
	if f.Frozen, err = s.freeze(ctx); err != nil {
		return Customer{}, err
	}
	c, err := s.purges.Fence(ctx, id, f, ch)
	if err := unchanged(err); err != nil {
		return c, s.explain(ctx, id, err)
	}
	return c, s.queue.Enqueue(ctx, Job{Customer: c.ID, Generation: c.Deletion.ID})
}

// Purge finishes the purge that the job names: it erases what hangs on the customer,
// reads back that nothing is left, certifies that, and removes the root last. It may
// stop anywhere, and be run again by anybody, several at once: as long as the root is
// there the work is not done, and every step of it can be repeated.
func (s *Service) Purge(ctx context.Context, job Job) error {
	c, err := s.Customer(ctx, job.Customer)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case c.State != Purging || c.Deletion.ID != job.Generation:
		s.Log.InfoContext(ctx, "late job of another generation", "customer", job.Customer)
		return nil
	}
	err = s.purge(ctx, c)
	if errors.Is(err, context.DeadlineExceeded) { // at whatever step
		err = errors.Join(ErrUnfinished, err)
	}
	if errors.Is(err, ErrUnfinished) {
		return errors.Join(s.release(ctx, c), err)
	}
	return err
}

// purge finishes purges together, in as few requests as there can be.
func (s *Service) purge(ctx context.Context, customers ...Customer) error {
	customers, err := s.frozen(ctx, customers)
	if err != nil {
		return err
	}
	if err := s.purges.Erase(ctx, customers...); err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	left, err := s.purges.Residue(ctx, customers...)
	if err != nil {
		return fmt.Errorf("read back: %w", err)
	}
	if left > 0 {
		return &ResidueError{left}
	}
	certs := make([]Certificate, len(customers))
	for i, c := range customers {
		certs[i] = certify(c, s.Now())
	}
	if err := s.ledger.Certify(ctx, certs...); err != nil {
		return fmt.Errorf("certify: %w", err)
	}
	return s.purges.Remove(ctx, customers...)
}

// release lets the sweep take the purge up at its next tick, in the little time that
// is kept back for it.
func (s *Service) release(ctx context.Context, c Customer) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return s.purges.Lease(ctx, c.ID, c.Deletion.ID, s.Now())
}

// Expire takes up the purge of a customer whose root TTL has removed. The root comes
// back, past the fence, so that this purge is like any other and can be found. One
// that was not due, or under legal hold, comes back as it was.
func (s *Service) Expire(ctx context.Context, c Customer) error {
	if done, err := s.purged(ctx, c); done || err != nil {
		return err
	}
	if c.StateAt(s.Now()) != Purging {
		return s.purges.PutBack(ctx, c, time.Time{})
	}
	if c.State == Deleted {
		var err error
		if c.Frozen, err = s.freeze(ctx); err != nil {
			return err
		}
		c.State, c.Last = Purging, s.stamp(Change{By: "ttl"}, ActionPurgeStarted)
		c.Version++ // a plan that saw it in the trash must not find that one
	}
	if err := s.purges.PutBack(ctx, c, s.Now().Add(PurgeLease)); err != nil {
		return err
	}
	return s.queue.Enqueue(ctx, Job{Customer: c.ID, Generation: c.Deletion.ID})
}

// purged says whether a customer's purge is done: certified, with nothing left. What is
// left of a certified one came back with a restored backup.
func (s *Service) purged(ctx context.Context, c Customer) (bool, error) {
	_, err := s.Certificate(ctx, c.ID)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	left, err := s.purges.Residue(ctx, c)
	return left == 0, err
}
