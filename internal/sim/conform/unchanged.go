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

// keyedUnchanged asks under a key for what is so already, and again under the key when it is so
// no longer: that is told as it was then, and nothing is changed.
func keyedUnchanged(t *testing.T, w World) {
	for _, l := range w.lateChanges() {
		if !l.flag {
			continue
		}
		t.Run(l.name, func(t *testing.T) {
			ctx, c := t.Context(), l.of(t)
			must(t, l.do(ctx, c, w.change(customer.ActionUpdated)))
			so := w.read(t, c.ID)
			ch := w.change(customer.ActionUpdated)
			ch.Once = &customer.Once{Key: c.ID, Fingerprint: "this"}
			for range 2 { // it is tried again when its answer was lost
				refuses(t, l.do(ctx, c, ch), customer.ErrUnchanged)
				same(t, "customer", w.read(t, c.ID), so)
			}
			must(t, l.undo(ctx, c, w.change(customer.ActionUpdated)))
			now := w.read(t, c.ID)
			again := w.change(customer.ActionUpdated)
			again.Once = ch.Once
			trace := so.TraceAt(ch.At)
			refuses(t, l.do(ctx, c, again), &customer.ReplayError{Subject: c.ID, Same: true, Trace: trace})
			again.Once = &customer.Once{Key: c.ID, Fingerprint: "that"}
			refuses(t, l.do(ctx, c, again), &customer.ReplayError{Subject: c.ID, Trace: trace})
			same(t, "customer", w.read(t, c.ID), now)
		})
	}
	t.Run("fence", w.fencedUnderAKey)
	t.Run("beside others", w.blockedByMany)
}

// fencedUnderAKey asks for a purge that has begun, and again when the customer is gone.
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

// untilFree asks again as long as the store is busy, as a client does that is told so.
func untilFree(ask func() error) error {
	for {
		if err := ask(); !errors.Is(err, customer.ErrBusy) {
			return err
		}
	}
}

// blockedByMany lets many block a customer at once, each under a key of its own, beside others
// that change it: one does it, and all are noted.
func (w World) blockedByMany(t *testing.T) {
	ctx, c := t.Context(), w.active(t)
	errs := make([]error, 10)
	change := func(i int) customer.Change {
		ch := w.change(customer.ActionBlocked)
		ch.Once = &customer.Once{Key: fmt.Sprint(c.ID, i), Fingerprint: "this"}
		return ch
	}
	block := func(ctx context.Context, i int) error {
		return untilFree(func() error { return only(w.SetBlocked(ctx, c.ID, true, change(i))) })
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
