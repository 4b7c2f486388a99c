package bulk

import (
	"context"
	"errors"
	"fmt"
	"time"
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
	op, err := e.Store.Operation(ctx, w.Operation)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case op.State == Planning && w.Chunk == PlanWork:
		return e.plan(ctx, op)
	case op.State != Running || w.Chunk == PlanWork:
		return nil
	}
	err = e.work(ctx, op, w.Chunk)
	if err != nil && !errors.Is(err, ErrTaken) {
		return err
	}
	_, err = e.settle(ctx, op)
	return err
}

func (e *Engine) work(ctx context.Context, op Operation, seq int) error {
	now := e.now()
	c, err := e.Store.Take(ctx, op, seq, now, now.Add(leaseOf(ctx)))
	if err != nil {
		return err
	}
	if c.Attempts > MaxDeaths {
		return e.giveUp(ctx, op, c, errDeaths)
	}
	left := c.Undecided()
	cause := undone(ctx, e.apply(ctx, op, &c, left))
	still := c.Undecided()
	c = c.counting(cause, len(still) < len(left))
	switch {
	case len(still) == 0:
		return e.leave(ctx, op, c, e.Store.Finish)
	case c.Faults >= MaxAttempts:
		return e.giveUp(ctx, op, c, cause)
	}
	return errors.Join(e.leave(ctx, op, c, e.Store.Keep), cause)
}

// leaseOf is how long a worker has a chunk: until the deadline of its context, and half as
// long again, at most a minute, for what it does after that. Then it is done or dead, and the
// chunk is anybody's.
func leaseOf(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ChunkLease
	}
	left := max(0, time.Until(deadline))
	return left + min(left/2, time.Minute)
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
	case !errors.Is(cause, ErrUnfinished):
		c.Faults++
	}
	return c
}

// giveUp names what no attempt decided as failed.
func (e *Engine) giveUp(ctx context.Context, op Operation, c Chunk, cause error) error {
	e.Log.ErrorContext(ctx, "chunk given up", "operation", op.ID, "chunk", c.Seq, "error", cause)
	for _, i := range c.Undecided() {
		c.Outcomes[i] = Outcome{Broken, GaveUp}
	}
	return e.leave(ctx, op, c, e.Store.Finish)
}

// leave writes what became of a chunk, if need be in the little time that is kept back for it.
func (e *Engine) leave(ctx context.Context, op Operation, c Chunk, write func(context.Context, Operation, Chunk) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return write(ctx, op, c)
}

// apply does the action to the undecided subjects and puts their outcomes into the chunk.
func (e *Engine) apply(ctx context.Context, op Operation, c *Chunk, left []int) error {
	if len(left) == 0 {
		return nil
	}
	subjects := make([]Subject, len(left))
	for i, at := range left {
		subjects[i] = c.Subjects[at]
	}
	usage := func() Usage { return Usage{} }
	if e.Metered != nil {
		ctx, usage = e.Metered(ctx)
	}
	outcomes, err := e.Actions[op.Action].Apply(ctx, op, subjects)
	c.Usage = c.Usage.Plus(usage())
	if outcomes != nil && len(outcomes) != len(left) {
		return fmt.Errorf("action %s: %d outcomes of %d subjects", op.Action, len(outcomes), len(left))
	}
	for i, o := range outcomes {
		if o.Result == Skipped && op.OnRefused == Fail {
			o.Result = Broken
		}
		c.Outcomes[left[i]] = o
	}
	return err
}
