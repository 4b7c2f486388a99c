package bulk

import (
	"context"
	"errors"
	"time"
)

// Cancel stops an operation in somebody's name. Its workers begin nothing further from two
// seconds after that on; until the last of them has stopped it is CANCELLING. What was done
// stays done.
func (e *Engine) Cancel(ctx context.Context, id, by string) (Operation, error) {
	return retryOnConflict(func() (Operation, error) { return e.cancel(ctx, id, by) })
}

func (e *Engine) cancel(ctx context.Context, id, by string) (Operation, error) {
	op, done, err := e.asked(ctx, id, Operation.CanCancel)
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

// stop stops an operation under way, and ends it if no worker has a chunk of it.
func (e *Engine) stop(ctx context.Context, op Operation) (Operation, error) {
	op.State = Cancelling
	op.Version++
	if err := e.store.Save(ctx, op); err != nil {
		return op, err
	}
	ended, err := e.settle(ctx, op)
	if err != nil {
		e.Log.WarnContext(ctx, "a cancelled operation is left to the sweep", "operation", op.ID, "error", err)
		return op, nil
	}
	return ended, nil
}

// watch is what a worker at a chunk knows of its operation. All requests that it makes for the
// chunk share it.
type watch struct {
	store OperationReader
	id    string
	turn  chan struct{} // of one: who has it may read, and look at the rest
	read  time.Time     // when the last reading began
	state State
}

// A worker that has its chunk learns of a cancellation by reading the operation: before its
// first request, since the operation may have ended before that, and again every watchEvery.
// An answer that took longer than stopWithin may be out of date, and is asked for again.
const (
	watchEvery = time.Second
	stopWithin = 2 * time.Second
)

type watchKey struct{}

// watching is the context that an action is applied under.
func (e *Engine) watching(ctx context.Context, op Operation) context.Context {
	return context.WithValue(ctx, watchKey{}, &watch{store: e.store, id: op.ID, turn: make(chan struct{}, 1)})
}

// MayBegin says whether a request in the name of an operation may begin, of an action that is
// applied under the context: ErrStopped when the operation has been cancelled. Under any other
// context everything may begin. It asks the store at most once a second. A request that follows
// immediately begins at most two seconds after a cancellation that this answer missed. When the
// store can't tell, nothing begins, and that is no fault of the chunk: ErrUnfinished.
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
