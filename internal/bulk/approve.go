package bulk

import (
	"context"
	"time"
)

// Approve starts an operation that waits for a second person. by is that person, who must be neither the one who
// created nor the one who applied it (ErrOwnApproval), and who names the digest of its plan (ErrStale). The settings
// must still be those of the plan (ErrOutdated). [Operation.CanApprove] lists the other errors. A second approval
// changes nothing and returns the operation.
func (e *Engine) Approve(ctx context.Context, id, digest, by string) (Operation, error) {
	return retryOnConflict(func() (Operation, error) { return e.approve(ctx, id, digest, by) })
}

func (e *Engine) approve(ctx context.Context, id, digest, by string) (Operation, error) {
	op, done, err := e.load(ctx, id, func(op Operation) error { return op.CanApprove(digest, by, e.Now()) })
	if done || err != nil {
		return op, err
	}
	if err := e.checkBasis(ctx, op); err != nil {
		return op, err
	}
	op.AppliedBy, op.ApprovedBy = op.RequestedBy, by
	return e.start(ctx, op)
}

// CanApprove returns nil if the person can start the operation by its digest, or else the refusal. It returns
// ErrUnchanged if a second person approved it before.
func (o Operation) CanApprove(digest, by string, now time.Time) error {
	state := o.StateAt(now)
	switch {
	case state == Planning:
		return ErrPlanning
	case state == Expired:
		return ErrExpired
	case digest != o.Digest:
		return ErrStale
	case state.Ended() && o.ApprovedBy == "":
		return ErrEnded
	case state != Waiting && o.ApprovedBy == "":
		return ErrNotWaiting
	case by == o.By || by == o.RequestedBy:
		return ErrOwnApproval
	case state != Waiting:
		return ErrUnchanged
	}
	return nil
}

// needsSecond reports whether the operation waits for a second person before it runs.
func (e *Engine) needsSecond(ctx context.Context, op Operation) (bool, error) {
	if e.NeedsSecond == nil {
		return false, nil
	}
	return e.NeedsSecond(ctx, op)
}

// request makes an operation wait for a second person. op has what the first one approved.
func (e *Engine) request(ctx context.Context, op Operation, by string) (Operation, error) {
	op.State, op.Requested, op.RequestedBy = Waiting, e.Now(), by
	op.Version++
	return op, e.store.Save(ctx, op)
}

// checkApproved returns ErrUnapproved if the operation ran without a second person and would now need one. One that
// was approved needs no further approval for a retry: it runs the same subjects by the same plan and the same
// settings, and each of them was in what the second person approved.
func (e *Engine) checkApproved(ctx context.Context, op Operation) error {
	if op.ApprovedBy != "" {
		return nil
	}
	needs, err := e.needsSecond(ctx, op)
	if err == nil && needs {
		err = ErrUnapproved
	}
	return err
}
