package conform

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"lethe/internal/customer"
)

// checkUnchangedUnderKey makes a change under a key that changes nothing, and repeats it under the
// same key after the customer has changed. The repeat returns the first answer and changes nothing.
func checkUnchangedUnderKey(t *testing.T, w World) {
	for _, l := range w.lateChanges() {
		if !l.flag {
			continue
		}
		t.Run(l.name, func(t *testing.T) {
			ctx, c := t.Context(), l.of(t)
			must(t, l.do(ctx, c, w.change(customer.ActionUpdated)))
			before := w.read(t, c.ID)
			ch := w.change(customer.ActionUpdated)
			ch.Once = &customer.Once{Key: c.ID, Fingerprint: "this"}
			for range 2 { // the second is a retry after a lost answer
				refuses(t, l.do(ctx, c, ch), customer.ErrUnchanged)
				same(t, "customer", w.read(t, c.ID), before)
			}
			must(t, l.undo(ctx, c, w.change(customer.ActionUpdated)))
			now := w.read(t, c.ID)
			again := w.change(customer.ActionUpdated)
			again.Once = ch.Once
			trace := before.TraceAt(ch.At)
			refuses(t, l.do(ctx, c, again), &customer.ReplayError{Subject: c.ID, Same: true, Trace: trace})
			again.Once = &customer.Once{Key: c.ID, Fingerprint: "that"}
			refuses(t, l.do(ctx, c, again), &customer.ReplayError{Subject: c.ID, Trace: trace})
			same(t, "customer", w.read(t, c.ID), now)
		})
	}
	t.Run("fence", w.fencedUnderAKey)
	t.Run("beside others", w.blockedByMany)
}

// fencedUnderAKey starts a purge that has begun, and repeats it under the same key when the customer
// is gone.
func (w World) fencedUnderAKey(t *testing.T) {
	ctx, c, ch := t.Context(), w.fenced(t), w.change(customer.ActionPurgeStarted)
	ch.Once = &customer.Once{Key: c.ID, Fingerprint: "this"}
	fence := customer.Fence{Lease: w.Now().Add(time.Minute)}
	refuses(t, only(w.Fence(ctx, c.ID, fence, ch)), customer.ErrUnchanged)
	w.finish(t, c)
	again := w.change(customer.ActionPurgeStarted)
	again.Once = ch.Once
	refuses(t, only(w.Fence(ctx, c.ID, fence, again)), &customer.ReplayError{Subject: c.ID, Same: true, Trace: c.TraceAt(ch.At)})
}

// retryBusy repeats a request while the store is busy, as a client does.
func retryBusy(ask func() error) error {
	for {
		if err := ask(); !errors.Is(err, customer.ErrBusy) {
			return err
		}
	}
}

// blockedByMany lets ten clients block a customer at once, each under a key of its own, while
// another places and lifts holds. One of them changes it, and all keys are stored.
func (w World) blockedByMany(t *testing.T) {
	ctx, c := t.Context(), w.active(t)
	errs := make([]error, 10)
	change := func(i int) customer.Change {
		ch := w.change(customer.ActionBlocked)
		ch.Once = &customer.Once{Key: fmt.Sprint(c.ID, i), Fingerprint: "this"}
		return ch
	}
	block := func(ctx context.Context, i int) error {
		return retryBusy(func() error { return only(w.SetBlocked(ctx, c.ID, true, change(i))) })
	}
	var clients sync.WaitGroup
	for i := range errs {
		clients.Go(func() { errs[i] = block(ctx, i) })
	}
	must(t, w.holdAndLift(t, c.ID, "case")) // a hold is not refused for contention
	clients.Wait()
	done := 0
	for i, err := range errs {
		if err == nil {
			done++
		} else {
			refuses(t, err, customer.ErrUnchanged)
		}
		var replay *customer.ReplayError
		if err := block(ctx, i); !errors.As(err, &replay) || !replay.Same || !replay.Trace.Blocked {
			t.Errorf("the repeat of %d: %v", i, err)
		}
	}
	same(t, "done", done, 1)
}
