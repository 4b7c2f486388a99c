package customer

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// StartPurge takes a customer past the fence and queues the rest of its purge. From then on it can't be
// restored, and changes of the settings don't affect its purge. For a customer that is past the fence
// it only queues the purge again.
func (s *Service) StartPurge(ctx context.Context, id string, f Fence, ch Change) (Customer, error) {
	ch = s.stamp(ch, ActionPurgeStarted)
	f.Lease = ch.At.Add(PurgeLease)
	var err error
	if f.Frozen, err = s.freeze(ctx); err != nil {
		return Customer{}, err
	}
	c, err := s.purges.Fence(ctx, id, f, ch)
	if err := ignoreUnchanged(err); err != nil {
		return c, s.explain(ctx, id, err)
	}
	return c, s.queue.Enqueue(ctx, Job{Customer: c.ID, Generation: c.Deletion.ID})
}

// Purge finishes the purge that the job names: it erases everything that belongs to the customer,
// reads back that nothing is left, certifies that, and removes the root last. It may stop at any step,
// and several processes may run it again at the same time: every step can be repeated, and the purge
// is not done while the root exists.
func (s *Service) Purge(ctx context.Context, job Job) error {
	c, err := s.Customer(ctx, job.Customer)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case c.State != Purging || c.Deletion.ID != job.Generation:
		s.Log.InfoContext(ctx, "skip a late job of another generation", "customer", job.Customer)
		return nil
	}
	err = unfinished(s.purge(ctx, c))
	if errors.Is(err, ErrUnfinished) {
		return errors.Join(s.release(ctx, c), err)
	}
	return err
}

// unfinished adds ErrUnfinished to the error of a purge whose time was over in any step.
func unfinished(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.Join(ErrUnfinished, err)
	}
	return err
}

// purge finishes the purges of several customers together, with as few requests as possible.
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

// release ends the lease of a purge, so that the next sweep continues it.
func (s *Service) release(ctx context.Context, c Customer) error {
	ctx, cancel := overtime(ctx)
	defer cancel()
	return s.purges.Lease(ctx, c.ID, c.Deletion.ID, s.Now())
}

// overtime returns a context for what must be done although the time of ctx may be over.
func overtime(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
}

// Expire begins the purge of a customer after TTL has removed its root. It puts the root back, past the
// fence: the purge then runs like any other, and can be found. A customer that was not due, or that is
// under legal hold, gets its root back unchanged.
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
		c.Version++ // a plan that saw the customer in the trash must not change this one
	}
	if err := s.purges.PutBack(ctx, c, s.Now().Add(PurgeLease)); err != nil {
		return err
	}
	return s.queue.Enqueue(ctx, Job{Customer: c.ID, Generation: c.Deletion.ID})
}

// purged says whether a customer's purge is done: it has a certificate and no items are left. If a
// certified customer has items, a restored backup brought them back.
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
