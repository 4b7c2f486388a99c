package bulk

import (
	"context"
	"errors"
	"time"
)

// Cancel stops an operation. by is the user who asks for it. Its workers begin no request later
// than two seconds after Cancel returns; the state is CANCELLING until the last of them has
// stopped. What was done before stays done. [Operation.CanCancel] lists the refusals.
func (e *Engine) Cancel(ctx context.Context, id, by string) (Operation, error) {
	return retryOnConflict(func() (Operation, error) { return e.cancel(ctx, id, by) })
}

func (e *Engine) cancel(ctx context.Context, id, by string) (Operation, error) {
	op, done, err := e.load(ctx, id, Operation.CanCancel)
	if done || err != nil {
		return op, err
	}
	op.CancelledBy = by
	if op.State == Running {
		return e.stop(ctx, op)
	}
	op.Tally = op.untouched()
	return e.end(ctx, op, Cancelled)
}

// stop cancels a running operation, and ends it at once if no worker holds a chunk.
func (e *Engine) stop(ctx context.Context, op Operation) (Operation, error) {
	op.State = Cancelling
	op.Version++
	if err := e.store.Save(ctx, op); err != nil {
		return op, err
	}
	ended, err := e.endIfComplete(ctx, op)
	if err != nil {
		e.Log.WarnContext(ctx, "ending a cancelled operation failed, the sweep tries again", "operation", op.ID, "error", err)
		return op, nil
	}
	return ended, nil
}

// watch caches the state of an operation for a worker. All requests for one chunk share it.
type watch struct {
	store OperationReader
	id    string
	turn  chan struct{} // capacity 1: a lock on read and state that respects a context
	read  time.Time     // when the last read began
	state State
}

// A worker learns of a cancellation by reading the operation: before its first request, because
// the operation may have ended before the worker took its chunk, and then every watchEvery. An
// answer that took longer than stopWithin may be out of date, and is read again.
const (
	watchEvery = time.Second
	stopWithin = 2 * time.Second
)

type watchKey struct{}

// watching returns a context for an action, in which [MayBegin] finds the operation.
func (e *Engine) watching(ctx context.Context, op Operation) context.Context {
	return context.WithValue(ctx, watchKey{}, &watch{store: e.store, id: op.ID, turn: make(chan struct{}, 1)})
}

// MayBegin returns nil if a running action may make another request, and ErrStopped if its
// operation has been cancelled. It returns nil for a context that belongs to no action. It reads
// the operation at most once a second. A request made right after it begins at most two seconds
// after a cancellation that the read missed. If the read fails it returns ErrUnfinished, which
// is not counted as a failed attempt.
func MayBegin(ctx context.Context) error {
	w, ok := ctx.Value(watchKey{}).(*watch)
	if !ok {
		return nil
	}
	select {
	case w.turn <- struct{}{}:
		defer func() { <-w.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := w.refresh(ctx); err != nil {
		return errors.Join(ErrUnfinished, err)
	}
	if w.state != Running {
		return ErrStopped
	}
	return nil
}

func (w *watch) refresh(ctx context.Context) error {
	for limit := watchEvery; time.Since(w.read) >= limit; limit = stopWithin {
		asked := time.Now()
		op, err := w.store.Operation(ctx, w.id)
		if err != nil {
			return err
		}
		w.read, w.state = asked, op.State
	}
	return nil
}
