package bulk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lethe/internal/backoff"
)

// Do processes one message from the queue. It does nothing if the work was done before, is no
// longer wanted, or is another worker's. After ErrUnfinished the sweep queues the rest again.
func (e *Engine) Do(ctx context.Context, w Work) error {
	err := e.do(ctx, w)
	if err != nil && ctx.Err() != nil { // the deadline may have caused any error
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
	return e.reloadAndEnd(ctx, op.ID)
}

// work takes a chunk, makes one attempt, and writes the outcomes.
func (e *Engine) work(ctx context.Context, op Operation, seq int) error {
	now := e.Now()
	c, err := e.store.Take(ctx, op, seq, now, now.Add(leaseOf(ctx)))
	if err != nil {
		return err
	}
	if c.Abandoned {
		c.interrupt()
	}
	left := c.Undecided()
	cause := unfinishedCause(ctx, e.attempt(ctx, op, &c, left))
	still := c.Undecided()
	c = c.afterAttempt(cause, len(still) < len(left))
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

// leaseOf returns the length of a worker's lease: the time to the deadline of its context, plus
// half of that, at most a minute, to write the outcomes. After it the worker has ended or died,
// and another may take the chunk.
func leaseOf(ctx context.Context) time.Duration {
	if _, ok := ctx.Deadline(); !ok {
		return ChunkLease
	}
	left := timeLeft(ctx)
	return left + min(left/2, time.Minute)
}

// timeLeft returns the time to the deadline of a worker's context. Without a deadline it is the
// length of a lease.
func timeLeft(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ChunkLease
	}
	return max(0, time.Until(deadline))
}

var errDeaths = fmt.Errorf("%d workers in a row died while they processed the chunk", MaxDeaths)

// unfinishedCause returns why an attempt left subjects undecided. After the deadline the cause
// is ErrUnfinished, with any other error joined to it.
func unfinishedCause(ctx context.Context, cause error) error {
	if cause == nil || ctx.Err() != nil {
		return errors.Join(ErrUnfinished, cause)
	}
	return cause
}

// afterAttempt returns the chunk with the counts that follow an attempt. A worker that returns
// its chunk proves that it is alive, so Attempts falls back to 1.
func (c Chunk) afterAttempt(cause error, progress bool) Chunk {
	c.Attempts = 1
	switch {
	case progress:
		c.Faults = 0
	case !errors.Is(cause, ErrUnfinished) && !errors.Is(cause, ErrStopped):
		c.Faults++
	}
	return c
}

// giveUp marks all undecided subjects as failed and finishes the chunk.
func (e *Engine) giveUp(ctx context.Context, op Operation, c Chunk, cause error) error {
	e.Log.ErrorContext(ctx, "chunk failed: its undecided subjects are marked GAVE_UP", "operation", op.ID, "chunk", c.Seq, "error", cause)
	for _, i := range c.Undecided() {
		c.Outcomes[i] = Outcome{OutcomeFailed, GaveUp}
	}
	return e.saveOutcomes(ctx, op, c, e.store.Finish)
}

// saveOutcomes writes the outcomes of a chunk. It retries until the worker's deadline and for
// writeReserve after it. If it fails, another worker processes the chunk again after the lease
// ends.
func (e *Engine) saveOutcomes(ctx context.Context, op Operation, c Chunk, write func(context.Context, Operation, Chunk) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeLeft(ctx)+writeReserve)
	defer cancel()
	for attempt := 1; ; attempt++ {
		err := writeOnce(ctx, op, c, write)
		if err == nil || errors.Is(err, ErrTaken) {
			return err
		}
		e.Log.WarnContext(ctx, "writing the outcomes of a chunk failed, trying again", "operation", op.ID, "chunk", c.Seq, "error", err)
		if betweenWrites.WaitFor(ctx, fmt.Sprint(op.ID, "/", c.Seq), attempt) != nil {
			return err
		}
	}
}

// writeReserve is the time that saveOutcomes has after the worker's deadline, and the timeout of
// each write.
const writeReserve = 5 * time.Second

// The waits depend on the chunk alone, so that a simulation is repeatable.
var betweenWrites = backoff.Exponential{First: 200 * time.Millisecond, Max: 5 * time.Second}

func writeOnce(ctx context.Context, op Operation, c Chunk, write func(context.Context, Operation, Chunk) error) error {
	ctx, cancel := context.WithTimeout(ctx, writeReserve)
	defer cancel()
	return write(ctx, op, c)
}

// attempt runs the action on the undecided subjects of a chunk, unless the operation has been
// cancelled or has ended. Its outcomes are then final.
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

// runAction runs the action on the subjects with the indices left, and sets their outcomes.
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
		return fmt.Errorf("action %s returned %d outcomes for %d subjects", op.Action, len(outcomes), len(left))
	}
	if outcomes == nil && err != nil && !errors.Is(err, ErrNotBegun) {
		c.interrupt()
	}
	for i, o := range outcomes {
		if o.Result == OutcomeSkipped && op.OnRefused == Fail {
			o.Result = OutcomeFailed
		}
		if o != (Outcome{}) { // a zero outcome keeps the code Interrupted of an earlier attempt
			c.Outcomes[left[i]] = o
		}
	}
	return err
}
