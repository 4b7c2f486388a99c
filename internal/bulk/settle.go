package bulk

import (
	"context"
	"errors"
	"time"
)

// settleNow is settle of an operation as it is now: others may have changed it while a worker
// was at a chunk.
func (e *Engine) settleNow(ctx context.Context, id string) error {
	op, err := e.store.Operation(ctx, id)
	if err == nil && (op.State == Running || op.State == Cancelling) {
		_, err = e.settle(ctx, op)
	}
	return err
}

// settle ends an operation under way when no work is left: when all its chunks have ended, or it
// is being cancelled and no worker has a chunk of it.
func (e *Engine) settle(ctx context.Context, op Operation) (Operation, error) {
	if over, err := e.over(ctx, op); err != nil || !over {
		return op, err // somebody else will settle it, or the reading failed
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

func (e *Engine) over(ctx context.Context, op Operation) (bool, error) {
	for c, err := range e.store.Unfinished(ctx, op.ID) {
		switch {
		case err != nil:
			return false, err
		case op.State != Cancelling:
			return false, nil
		case c.Lease.IsZero():
			continue
		}
		if err := e.takeBack(ctx, op, c.Seq); err != nil {
			return false, ignoreTaken(err)
		}
	}
	return true, nil
}

// takeBack takes a chunk of a cancelled operation from a worker that died: ErrTaken until its lease
// has run out. A worker that is alive after all can't change the chunk any longer. One that has given it
// back since it was listed has told all that it did.
func (e *Engine) takeBack(ctx context.Context, op Operation, seq int) error {
	now := e.Now()
	c, err := e.store.Take(ctx, op, seq, now, now.Add(time.Minute))
	if err != nil {
		return err
	}
	if c.Orphan {
		c.interrupt()
	}
	return e.store.Keep(ctx, op, c)
}

// ignoreTaken leaves a chunk that another worker has to that worker.
func ignoreTaken(err error) error {
	if errors.Is(err, ErrTaken) {
		return nil
	}
	return err
}
