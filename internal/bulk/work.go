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
	c, err := e.Store.Take(ctx, op, seq, now, now.Add(ChunkLease))
	if err != nil {
		return err
	}
	left := c.Undecided()
	cause := e.apply(ctx, op, &c, left)
	still := c.Undecided()
	switch {
	case len(still) == 0:
		cause = nil
	case c.Attempts >= MaxAttempts && !errors.Is(cause, ErrUnfinished):
		c.giveUp(still)
	default:
		return errors.Join(e.keep(ctx, op, c, len(still) < len(left)), orUnfinished(cause))
	}
	if cause != nil {
		e.Log.ErrorContext(ctx, "chunk given up", "operation", op.ID, "chunk", seq, "error", cause)
	}
	return e.Store.Finish(ctx, op, c)
}

// orUnfinished never takes an undecided subject for a success.
func orUnfinished(cause error) error {
	if cause == nil {
		return ErrUnfinished
	}
	return cause
}

// keep leaves the rest of a chunk to whoever takes it next, in the little time that is
// kept back for it.
func (e *Engine) keep(ctx context.Context, op Operation, c Chunk, progress bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if progress {
		c.Attempts = 1
	}
	return e.Store.Keep(ctx, op, c)
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

func (c Chunk) giveUp(still []int) {
	for _, i := range still {
		c.Outcomes[i] = Outcome{Broken, GaveUp}
	}
}
