package bulk

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"
)

// Sweep tells what one sweep found and did.
type Sweep struct {
	Active  int
	Resent  int // plannings and chunks queued again
	Settled int // operations that had nothing left to do, or expired
}

const (
	// MaxBacklog is how much may wait for workers. Past it nothing is queued again:
	// what is in the queue is not stranded.
	MaxBacklog = 10_000

	maxResent = 1000             // of an operation at once
	patience  = 2 * time.Minute  // without progress, before what was never begun is queued again; doubles
	maxWait   = 30 * time.Minute // that it doubles to
)

// Sweep finds what is stranded, for whatever reason: a chunk whose worker died, one whose
// message was lost or given up as a dead letter, an operation that nobody settled. One
// operation that can't be driven doesn't keep the others waiting.
func (e *Engine) Sweep(ctx context.Context) (Sweep, error) {
	var sweep Sweep
	backlog, err := e.Queue.Backlog(ctx)
	if err != nil {
		return sweep, err
	}
	var errs error
	for op, err := range e.store.Active(ctx) {
		if err != nil {
			return sweep, errors.Join(errs, err)
		}
		sweep.Active++
		if err := e.drive(ctx, op, &sweep, MaxBacklog-backlog-sweep.Resent); err != nil {
			errs = errors.Join(errs, fmt.Errorf("operation %s: %w", op.ID, err))
		}
	}
	return sweep, errs
}

func (e *Engine) drive(ctx context.Context, op Operation, sweep *Sweep, room int) error {
	switch op.StateAt(e.Now()) {
	case Expired:
		sweep.Settled++
		op.Tally = op.untouched()
		_, err := e.end(ctx, op, Expired)
		return ignoreConflict(err)
	case Planning:
		return e.drivePlanning(ctx, op, sweep, room)
	case Ready:
		if e.Actions[op.Action].Harmless {
			_, err := e.start(ctx, op)
			return ignoreConflict(err)
		}
	case Running:
		return e.driveRunning(ctx, op, sweep, room)
	case Cancelling:
		ended, err := e.settle(ctx, op)
		if ended.State.Ended() {
			sweep.Settled++
		}
		return err
	default: // it has ended
	}
	return nil
}

// ignoreConflict leaves an operation that somebody else has changed to the next sweep.
func ignoreConflict(err error) error {
	if errors.Is(err, ErrVersion) {
		return nil
	}
	return err
}

func (e *Engine) drivePlanning(ctx context.Context, op Operation, sweep *Sweep, room int) error {
	waited, err := e.markSweep(ctx, op, fmt.Sprint("planning ", op.Version))
	if err != nil || !waited || room < 1 {
		return err
	}
	sweep.Resent++
	return e.Queue.EnqueueWork(ctx, Work{op.ID, PlanWork})
}

func (e *Engine) driveRunning(ctx context.Context, op Operation, sweep *Sweep, room int) error {
	begun, fresh, saw, err := e.unfinished(ctx, op)
	if err != nil {
		return err
	}
	if saw == 0 {
		sweep.Settled++
		_, err := e.settle(ctx, op)
		return err
	}
	waited, err := e.markSweep(ctx, op, fmt.Sprintf("running %x", saw))
	if err != nil {
		return err
	}
	work := begun
	if waited {
		work = append(work, fresh...)
	}
	work = work[:max(0, min(len(work), room))]
	sweep.Resent += len(work)
	return e.Queue.EnqueueWork(ctx, work...)
}

// unfinished lists chunks without a worker: those that some worker has begun, and those
// that none has. What it saw is 0 when there is none at all.
func (e *Engine) unfinished(ctx context.Context, op Operation) (begun, fresh []Work, saw uint64, err error) {
	now, h := e.Now(), fnv.New64a()
	for c, err := range e.store.Unfinished(ctx, op.ID) {
		if err != nil {
			return nil, nil, 0, err
		}
		fmt.Fprint(h, c.Seq, c.Attempts, c.Lease.UnixMilli(), ";")
		saw = h.Sum64() | 1
		switch {
		case now.Before(c.Lease):
		case c.Attempts > 0:
			begun = append(begun, Work{op.ID, c.Seq})
		default:
			fresh = append(fresh, Work{op.ID, c.Seq})
		}
		if len(begun)+len(fresh) == maxResent {
			break
		}
	}
	return begun, fresh, saw, nil
}

// markSweep notes what the sweep sees of an operation, and says whether that has been the same
// for so long that its messages must be taken for lost.
func (e *Engine) markSweep(ctx context.Context, op Operation, saw string) (waited bool, err error) {
	now := e.Now()
	if op.Swept.Seen != saw {
		return false, e.store.SaveSweepMark(ctx, op.ID, SweepMark{At: now, Seen: saw})
	}
	wait := min(patience<<min(op.Swept.Times, 8), maxWait)
	if now.Sub(op.Swept.At) < wait {
		return false, nil
	}
	return true, e.store.SaveSweepMark(ctx, op.ID, SweepMark{At: now, Seen: saw, Times: op.Swept.Times + 1})
}
