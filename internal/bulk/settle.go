package bulk

import (
	"context"
	"errors"
	"time"
)

// reloadAndEnd reads an operation again, as others may have changed it during the work on a
// chunk, and ends it if it is complete.
func (e *Engine) reloadAndEnd(ctx context.Context, id string) error {
	op, err := e.store.Operation(ctx, id)
	if err == nil && (op.State == Running || op.State == Cancelling) {
		_, err = e.endIfComplete(ctx, op)
	}
	return err
}

// endIfComplete ends an operation that is Running when all its chunks have ended, and one that is
// Cancelling when no worker holds a chunk of it. Otherwise it returns the operation unchanged.
func (e *Engine) endIfComplete(ctx context.Context, op Operation) (Operation, error) {
	if complete, err := e.complete(ctx, op); err != nil || !complete {
		return op, err
	}
	tally, err := e.store.Tally(ctx, op)
	if err != nil {
		return op, err
	}
	op.Tally = tally
	ended, err := e.end(ctx, op, op.conclude(tally))
	if errors.Is(err, ErrVersion) {
		return e.store.Operation(ctx, op.ID)
	}
	return ended, err
}

func (e *Engine) complete(ctx context.Context, op Operation) (bool, error) {
	for c, err := range e.store.Unfinished(ctx, op.ID) {
		switch {
		case err != nil:
			return false, err
		case op.State != Cancelling:
			return false, nil
		case c.Lease.IsZero():
			continue
		}
		if err := e.reclaim(ctx, op, c.Seq); err != nil {
			return false, ignoreTaken(err)
		}
	}
	return true, nil
}

// reclaim takes a chunk of a cancelled operation from a worker that died: ErrTaken until its lease
// ends. If that worker is alive after all, it can no longer write the chunk. If it returned the
// chunk after the listing, the chunk has all its outcomes and nothing is marked as interrupted.
func (e *Engine) reclaim(ctx context.Context, op Operation, seq int) error {
	now := e.Now()
	c, err := e.store.Take(ctx, op, seq, now, now.Add(time.Minute))
	if err != nil {
		return err
	}
	if c.Abandoned {
		c.interrupt()
	}
	return e.store.Keep(ctx, op, c)
}

// ignoreTaken returns nil for ErrTaken: the worker that holds the chunk ends the operation.
func ignoreTaken(err error) error {
	if errors.Is(err, ErrTaken) {
		return nil
	}
	return err
}
