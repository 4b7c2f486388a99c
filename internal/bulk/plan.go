package bulk

import (
	"context"
	"errors"
	"fmt"
)

// plan plans the remaining pages of an operation.
func (e *Engine) plan(ctx context.Context, op Operation) error {
	for op.State == Planning {
		next, err := e.planPage(ctx, op)
		switch {
		case errors.Is(err, ErrVersion):
			return nil // another worker is planning, or the operation was cancelled
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

// planned starts a planned operation if its action is Harmless. The sweep may start it first.
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

// planPage plans one page and stores its chunks in one transaction with the operation. Of two
// planners of the same page one gets ErrVersion.
func (e *Engine) planPage(ctx context.Context, op Operation) (Operation, error) {
	selection, err := e.store.Selection(ctx, op.ID)
	if err != nil {
		return op, fmt.Errorf("read selection: %w", err)
	}
	if len(selection) == 0 { // the planning ended after the operation was read
		return op, ErrVersion
	}
	chunks, next, err := e.nextChunks(ctx, op, selection)
	if bad, is := errors.AsType[*SelectionError](err); is {
		op.Why, op.Tally = bad.Problem, op.untouched()
		return e.end(ctx, op, Failed)
	}
	if err != nil {
		return op, err
	}
	planned := e.withChunks(op, chunks, next)
	if err := e.store.Freeze(ctx, planned, chunks); err != nil {
		return op, err
	}
	return planned, nil
}

// nextChunks reads a page of subjects and cuts it into chunks. If heavy subjects make more chunks
// than fit into one transaction, it reads a smaller page, in which each may have its own chunk.
func (e *Engine) nextChunks(ctx context.Context, op Operation, selection []byte) (chunks []Chunk, next string, err error) {
	for _, limit := range []int{MaxSubjects, MaxFreeze} {
		chunks, next, err = e.page(ctx, op, selection, limit)
		if err != nil || len(chunks) <= MaxFreeze {
			return chunks, next, err
		}
	}
	return nil, "", fmt.Errorf("plan %s: the action returned more than %d subjects", op.Action, MaxFreeze)
}

func (e *Engine) page(ctx context.Context, op Operation, selection []byte, limit int) ([]Chunk, string, error) {
	action := e.Actions[op.Action]
	subjects, next, err := action.Plan(ctx, op, selection, limit)
	if err != nil {
		return nil, "", fmt.Errorf("plan %s: %w", op.Action, err)
	}
	return split(subjects, op.Chunks, action.MaxWeight, MaxSubjects), next, nil
}

// withChunks returns the operation with further chunks. It is Ready if next is empty.
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

// redact removes personal values of the subjects from an operation's reason, because the operation
// outlives them. The last chunk may hold the subject that the reason names, so the reason is not
// shown before the planning has ended.
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

// unplanned returns an operation that ends during its planning, without its reason and position.
// The reason has been redacted for some subjects only, and the position may contain the search text.
func (o Operation) unplanned() Operation {
	o.Reason, o.Position = "", ""
	return o
}

func (i Impact) plus(chunks []Chunk) Impact {
	sum := Impact{Subjects: i.Subjects, Eligible: i.Eligible, Weight: i.Weight, Extra: i.Extra, Refused: map[string]int{}, Counts: map[string]int64{}}
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
			sum.Extra += s.Extra
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
