package bulk

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"time"
)

// Sweep counts what one sweep found and did.
type Sweep struct {
	Active  int // operations that have not ended
	Resent  int // plannings and chunks queued again
	Settled int // operations that it ended or tried to end: complete, cancelled or expired
}

const (
	// MaxBacklog is the length of the queue above which a sweep queues nothing again: the
	// messages are probably waiting, not lost.
	MaxBacklog = 10_000

	maxResent = 1000             // chunks of one operation that a sweep queues again
	firstWait = 2 * time.Minute  // without progress, before new chunks are queued again; doubles each time
	maxWait   = 30 * time.Minute // limit of the doubling
)

// Sweep continues operations that have stopped: a chunk with a dead worker, a message that was
// lost or moved to the dead-letter queue, an operation that is complete but has not ended. An
// error in one operation does not stop the sweep of the others.
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
		if err := e.sweepOne(ctx, op, &sweep, MaxBacklog-backlog-sweep.Resent); err != nil {
			errs = errors.Join(errs, fmt.Errorf("operation %s: %w", op.ID, err))
		}
	}
	return sweep, errs
}

// sweepOne continues one operation and queues at most room messages.
func (e *Engine) sweepOne(ctx context.Context, op Operation, sweep *Sweep, room int) error {
	switch op.StateAt(e.Now()) {
	case Expired:
		sweep.Settled++
		op.Tally = op.untouched()
		_, err := e.end(ctx, op, Expired)
		return ignoreConflict(err)
	case Planning:
		return e.sweepPlanning(ctx, op, sweep, room)
	case Ready:
		if e.Actions[op.Action].Harmless {
			_, err := e.start(ctx, op)
			return ignoreConflict(err)
		}
	case Running:
		return e.sweepRunning(ctx, op, sweep, room)
	case Cancelling:
		ended, err := e.endIfComplete(ctx, op)
		if ended.State.Ended() {
			sweep.Settled++
		}
		return err
	default: // it waits for a second person, or has ended
	}
	return nil
}

// ignoreConflict returns nil for ErrVersion: another writer changed the operation, and the next
// sweep sees the result.
func ignoreConflict(err error) error {
	if errors.Is(err, ErrVersion) {
		return nil
	}
	return err
}

func (e *Engine) sweepPlanning(ctx context.Context, op Operation, sweep *Sweep, room int) error {
	waited, err := e.markSweep(ctx, op, fmt.Sprint("planning ", op.Version))
	if err != nil || !waited || room < 1 {
		return err
	}
	sweep.Resent++
	return e.Queue.EnqueueWork(ctx, Work{op.ID, PlanWork})
}

func (e *Engine) sweepRunning(ctx context.Context, op Operation, sweep *Sweep, room int) error {
	begun, fresh, hash, err := e.unfinished(ctx, op)
	if err != nil {
		return err
	}
	if hash == 0 {
		sweep.Settled++
		_, err := e.endIfComplete(ctx, op)
		return err
	}
	waited, err := e.markSweep(ctx, op, fmt.Sprintf("running %x", hash))
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

// unfinished lists the unfinished chunks that no worker holds: begun were taken before, fresh
// were not. hash is over the progress of all unfinished chunks, and 0 if all chunks have ended.
func (e *Engine) unfinished(ctx context.Context, op Operation) (begun, fresh []Work, hash uint64, err error) {
	now, h := e.Now(), fnv.New64a()
	for c, err := range e.store.Unfinished(ctx, op.ID) {
		if err != nil {
			return nil, nil, 0, err
		}
		fmt.Fprint(h, c.Seq, c.Attempts, c.Lease.UnixMilli(), ";")
		hash = h.Sum64() | 1
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
	return begun, fresh, hash, nil
}

// markSweep stores a summary of an operation's progress. It reports whether the summary has stayed
// the same for so long that the messages are considered lost.
func (e *Engine) markSweep(ctx context.Context, op Operation, progress string) (waited bool, err error) {
	now := e.Now()
	if op.Swept.Seen != progress {
		return false, e.store.SaveSweepMark(ctx, op.ID, SweepMark{At: now, Seen: progress})
	}
	wait := min(firstWait<<min(op.Swept.Times, 8), maxWait)
	if now.Sub(op.Swept.At) < wait {
		return false, nil
	}
	return true, e.store.SaveSweepMark(ctx, op.ID, SweepMark{At: now, Seen: progress, Times: op.Swept.Times + 1})
}
