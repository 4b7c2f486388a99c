package bulk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lethe/internal/backoff"
)

// Do does what a message asks for. Done before, not asked for any longer, or somebody
// else's at the moment, it does nothing. ErrUnfinished says that the sweep goes on.
func (e *Engine) Do(ctx context.Context, w Work) error {
	err := e.do(ctx, w)
	if err != nil && ctx.Err() != nil { // whatever the end of the time broke off
		return errors.Join(ErrUnfinished, err)
	}
	return err
}

func (e *Engine) do(ctx context.Context, w Work) error {
	op, err := e.store.Operation(ctx, w.Operation)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case op.State == Planning && w.Chunk == PlanWork:
		return e.plan(ctx, op)
	case w.Chunk == PlanWork || op.State != Running && op.State != Cancelling:
		return nil
	case op.State == Running:
		err = e.work(ctx, op, w.Chunk)
	}
	if err != nil && !errors.Is(err, ErrTaken) {
		return err
	}
	return e.settleNow(ctx, op.ID)
}

func (e *Engine) work(ctx context.Context, op Operation, seq int) error {
	now := e.Now()
	c, err := e.store.Take(ctx, op, seq, now, now.Add(leaseOf(ctx)))
	if err != nil {
		return err
	}
	if c.Orphan {
		c.interrupt()
	}
	left := c.Undecided()
	cause := undone(ctx, e.attempt(ctx, op, &c, left))
	still := c.Undecided()
	c = c.counting(cause, len(still) < len(left))
	switch {
	case errors.Is(cause, ErrStopped):
		return e.saveOutcomes(ctx, op, c, e.store.Keep)
	case len(still) == 0:
		return e.saveOutcomes(ctx, op, c, e.store.Finish)
	case errors.Is(cause, errDeaths), c.Faults >= MaxAttempts:
		return e.giveUp(ctx, op, c, cause)
	}
	return errors.Join(e.saveOutcomes(ctx, op, c, e.store.Keep), cause)
}

// leaseOf is how long a worker has a chunk: until the deadline of its context, and half as
// long again, at most a minute, for what it does after that. Then it is done or dead, and the
// chunk is anybody's.
func leaseOf(ctx context.Context) time.Duration {
	if _, ok := ctx.Deadline(); !ok {
		return ChunkLease
	}
	left := timeLeft(ctx)
	return left + min(left/2, time.Minute)
}

// timeLeft is how long a worker may go on. Without a deadline that is as long as it has its chunk.
func timeLeft(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ChunkLease
	}
	return max(0, time.Until(deadline))
}

var errDeaths = errors.New("its workers die")

// undone says why an attempt leaves subjects undecided. When the time is over, that is the
// reason, whatever it broke off.
func undone(ctx context.Context, cause error) error {
	if cause == nil || ctx.Err() != nil {
		return errors.Join(ErrUnfinished, cause)
	}
	return cause
}

// counting is the chunk after an attempt that came to its end. Of one whose worker died nothing
// is known but that it began.
func (c Chunk) counting(cause error, progress bool) Chunk {
	c.Attempts = 1
	switch {
	case progress:
		c.Faults = 0
	case !errors.Is(cause, ErrUnfinished) && !errors.Is(cause, ErrStopped):
		c.Faults++
	}
	return c
}

// giveUp names what no attempt decided as failed.
func (e *Engine) giveUp(ctx context.Context, op Operation, c Chunk, cause error) error {
	e.Log.ErrorContext(ctx, "chunk given up", "operation", op.ID, "chunk", c.Seq, "error", cause)
	for _, i := range c.Undecided() {
		c.Outcomes[i] = Outcome{OutcomeFailed, GaveUp}
	}
	return e.saveOutcomes(ctx, op, c, e.store.Finish)
}

// saveOutcomes writes the outcomes of a chunk. It tries as long as the worker has time, and in the little
// that is kept back for it. A chunk that is not written waits until its lease has run out, and is
// done again by another worker.
func (e *Engine) saveOutcomes(ctx context.Context, op Operation, c Chunk, write func(context.Context, Operation, Chunk) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeLeft(ctx)+keptBack)
	defer cancel()
	for attempt := 1; ; attempt++ {
		err := writeOnce(ctx, op, c, write)
		if err == nil || errors.Is(err, ErrTaken) {
			return err
		}
		e.Log.WarnContext(ctx, "can't write the outcomes of a chunk yet", "operation", op.ID, "chunk", c.Seq, "error", err)
		if betweenWrites.WaitFor(ctx, fmt.Sprint(op.ID, "/", c.Seq), attempt) != nil {
			return err
		}
	}
}

const keptBack = 5 * time.Second // after a worker's deadline, to write the outcomes of its chunk; and for one attempt to write

// The chunk decides the waits, so that a simulation that does the same waits the same.
var betweenWrites = backoff.Exponential{First: 200 * time.Millisecond, Max: 5 * time.Second}

func writeOnce(ctx context.Context, op Operation, c Chunk, write func(context.Context, Operation, Chunk) error) error {
	ctx, cancel := context.WithTimeout(ctx, keptBack)
	defer cancel()
	return write(ctx, op, c)
}

// attempt does what is left of a chunk, unless the operation has ended: then its outcomes may not
// change any longer, not even to tell what was done before.
func (e *Engine) attempt(ctx context.Context, op Operation, c *Chunk, left []int) error {
	usage := func() Usage { return Usage{} }
	if e.Metered != nil {
		ctx, usage = e.Metered(ctx)
	}
	defer func() { c.Usage = c.Usage.Plus(usage()) }()
	ctx = e.watching(ctx, op)
	if err := MayBegin(ctx); err != nil {
		return err
	}
	if c.Attempts > MaxDeaths {
		return errDeaths
	}
	return e.runAction(ctx, op, c, left)
}

// runAction does the action to the undecided subjects and puts their outcomes into the chunk.
func (e *Engine) runAction(ctx context.Context, op Operation, c *Chunk, left []int) error {
	if len(left) == 0 {
		return nil
	}
	subjects := make([]Subject, len(left))
	for i, at := range left {
		subjects[i] = c.Subjects[at]
	}
	outcomes, err := e.Actions[op.Action].Run(ctx, op, subjects)
	if outcomes != nil && len(outcomes) != len(left) {
		return fmt.Errorf("action %s: %d outcomes of %d subjects", op.Action, len(outcomes), len(left))
	}
	if outcomes == nil && err != nil && !errors.Is(err, ErrNotBegun) {
		c.interrupt()
	}
	for i, o := range outcomes {
		if o.Result == OutcomeSkipped && op.OnRefused == Fail {
			o.Result = OutcomeFailed
		}
		if o != (Outcome{}) { // else it is as it was, also if it may have been done before
			c.Outcomes[left[i]] = o
		}
	}
	return err
}
