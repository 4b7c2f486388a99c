package bulk

import (
	"context"
	"errors"
	"fmt"
)

// plan freezes what is left to be frozen.
func (e *Engine) plan(ctx context.Context, op Operation) error {
	for op.State == Planning {
		next, err := e.planPage(ctx, op)
		switch {
		case errors.Is(err, ErrVersion):
			return nil // somebody else plans, or it was cancelled
		case errors.Is(err, context.DeadlineExceeded):
			return errors.Join(ErrUnfinished, err)
		case err != nil:
			return err
		}
		op = next
	}
	_, err := e.planned(ctx, op)
	return err
}

// planned applies what applies itself, unless the sweep was faster.
func (e *Engine) planned(ctx context.Context, op Operation) (Operation, error) {
	if op.State != Ready || !e.Actions[op.Action].Harmless {
		return op, nil
	}
	started, err := e.start(ctx, op)
	if errors.Is(err, ErrVersion) {
		return e.store.Operation(ctx, op.ID)
	}
	return started, err
}

// planPage freezes a page of the selection, in one transaction with the operation: of
// two planners only one gets a page in.
func (e *Engine) planPage(ctx context.Context, op Operation) (Operation, error) {
	selection, err := e.store.Selection(ctx, op.ID)
	if err != nil {
		return op, fmt.Errorf("read selection: %w", err)
	}
	if len(selection) == 0 { // the planning has ended since the operation was read
		return op, ErrVersion
	}
	chunks, next, err := e.choose(ctx, op, selection)
	if unfit, is := errors.AsType[*SelectionError](err); is {
		op.Why, op.Tally = unfit.Problem, op.untouched()
		return e.end(ctx, op, Failed)
	}
	if err != nil {
		return op, err
	}
	gained := e.withChunks(op, chunks, next)
	if err := e.store.Freeze(ctx, gained, chunks); err != nil {
		return op, err
	}
	return gained, nil
}

// choose reads a page and cuts it into chunks. A page of so heavy subjects that their
// chunks don't fit into one transaction is read again, so small that each may have its own.
func (e *Engine) choose(ctx context.Context, op Operation, selection []byte) (chunks []Chunk, next string, err error) {
	for _, limit := range []int{MaxSubjects, MaxFreeze} {
		chunks, next, err = e.page(ctx, op, selection, limit)
		if err != nil || len(chunks) <= MaxFreeze {
			return chunks, next, err
		}
	}
	return nil, "", fmt.Errorf("plan %s: more subjects than were asked for", op.Action)
}

func (e *Engine) page(ctx context.Context, op Operation, selection []byte, limit int) ([]Chunk, string, error) {
	action := e.Actions[op.Action]
	subjects, next, err := action.Plan(ctx, op, selection, limit)
	if err != nil {
		return nil, "", fmt.Errorf("plan %s: %w", op.Action, err)
	}
	return split(subjects, op.Chunks, action.MaxWeight, MaxSubjects), next, nil
}

// withChunks is the operation with further chunks, READY if they were the last.
func (e *Engine) withChunks(op Operation, chunks []Chunk, next string) Operation {
	op.Impact = op.Impact.plus(chunks)
	op.Reason = redact(op.Reason, chunks)
	for _, c := range chunks {
		op.Digest = c.digest(op.Digest)
	}
	op.Chunks += len(chunks)
	op.Position = next
	op.Version++
	if next != "" {
		return op
	}
	if estimate := e.Actions[op.Action].Estimate; estimate != nil {
		op.Impact.Estimate = estimate(op.Impact)
	}
	op.State, op.Planned = Ready, e.Now()
	op.Expires = op.Planned.Add(PlanLife)
	return op
}

// redact takes out of an operation's reason what is personal of its subjects: it outlives them. Who is
// named in it may come with the last chunk, so that nobody is to see it before the planning has ended.
func redact(reason string, chunks []Chunk) string {
	for _, c := range chunks {
		for i := range c.Subjects {
			if s := &c.Subjects[i]; s.Redact != nil {
				reason, s.Redact = s.Redact(reason), nil
			}
		}
	}
	return reason
}

// unplanned is an operation that ends before it is planned: without its reason, which has been compared
// with some of its subjects only, and without the position, which may be made of what was searched for.
func (o Operation) unplanned() Operation {
	o.Reason, o.Position = "", ""
	return o
}

func (i Impact) plus(chunks []Chunk) Impact {
	sum := Impact{Subjects: i.Subjects, Eligible: i.Eligible, Weight: i.Weight, Refused: map[string]int{}, Counts: map[string]int64{}}
	add(sum.Refused, i.Refused)
	add(sum.Counts, i.Counts)
	for _, c := range chunks {
		for _, s := range c.Subjects {
			sum.Subjects++
			if s.Refused != "" {
				sum.Refused[s.Refused]++
				continue
			}
			sum.Eligible++
			sum.Weight += s.Weight
			add(sum.Counts, s.Counts)
		}
	}
	return sum
}

func add[N int | int64](to, more map[string]N) {
	for k, n := range more {
		to[k] += n
	}
}
