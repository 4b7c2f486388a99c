package sim

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"lethe/internal/customer"
)

// deadline is a context that expires at the n-th request to AWS. That request is not sent.
type deadline struct {
	context.Context

	n         int
	came      chan struct{}
	mu        sync.Mutex
	operation string // of the n-th request
}

func newDeadline(ctx context.Context, n int) *deadline {
	return &deadline{Context: ctx, n: n, came: make(chan struct{})}
}

func (d *deadline) Done() <-chan struct{} { return d.came }

func (d *deadline) Err() error {
	select {
	case <-d.came:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// attach returns a configuration that counts the requests of its clients.
func (d *deadline) attach(cfg aws.Config) aws.Config {
	return through(cfg, func(next aws.HTTPClient) aws.HTTPClient {
		return doer(func(r *http.Request) (*http.Response, error) {
			if d.comes(operationOf(r)) {
				return nil, context.DeadlineExceeded
			}
			return next.Do(r)
		})
	})
}

func (d *deadline) comes(operation string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.n--; d.n != 0 {
		return false
	}
	d.operation = operation
	close(d.came)
	return true
}

// TestADeadlineAtAnyRequestLeavesThePurgeToTheNextInvocation lets the deadline expire at the first
// request of a purge, then at the second, and so on. The purge returns ErrUnfinished, and the next
// invocation finishes it.
func TestADeadlineAtAnyRequestLeavesThePurgeToTheNextInvocation(t *testing.T) {
	t.Parallel()
	w := NewWorld(t, policies)
	safe := w.Service(w.Config)
	for n := 1; ; n += unlessShort(1, 3) {
		id := name("request", n)
		create(t, safe, id, append(tickets(60), "invoice~1", "ticket~1~invoice~1")...)
		fence(t, safe, id)
		job := w.Queue.Take()[0]
		ctx := newDeadline(t.Context(), n)
		err := w.Service(ctx.attach(w.Config)).Purge(ctx, job)
		switch {
		case ctx.Err() == nil && err == nil:
			return // it has fewer than n requests
		case n > 1 && !errors.Is(err, customer.ErrUnfinished):
			t.Errorf("request %d, %s: %v, want ErrUnfinished", n, ctx.operation, err)
		case !errors.Is(err, context.DeadlineExceeded): // the first reads the customer
			t.Errorf("request %d, %s: %v, want the deadline", n, ctx.operation, err)
		}
		if err := safe.Purge(t.Context(), job); err != nil {
			t.Errorf("request %d: the next invocation: %v", n, err)
		}
		gone(t, safe, id, 60, 2)
	}
}

// TestAPurgeOfManyRecordsToRetainEnds gives each invocation time for a few requests, far fewer than
// all copies take. Each must continue where the last one stopped.
func TestAPurgeOfManyRecordsToRetainEnds(t *testing.T) {
	t.Parallel()
	const n, requests = 1500, 30 // 60 batches of copies, and 60 of deletes
	w := NewWorld(t, policies)
	safe := w.Service(w.Config)
	create(t, safe, "large", "ticket~1")
	w.Fill(t, "large", "invoice", n)
	fence(t, safe, "large")
	job := w.Queue.Take()[0]
	invocations := 1
	for ; ; invocations++ {
		ctx := newDeadline(t.Context(), requests)
		err := w.Service(ctx.attach(w.Config)).Purge(ctx, job)
		if err == nil {
			break
		}
		if !errors.Is(err, customer.ErrUnfinished) {
			t.Fatalf("invocation %d: %v", invocations, err)
		}
		if invocations == 30 {
			t.Fatalf("not finished after %d invocations", invocations)
		}
	}
	if invocations < 4 {
		t.Errorf("%d invocations were enough", invocations)
	}
	gone(t, safe, "large", 1, n)
	if kept := retained(t, safe, "large"); kept != n {
		t.Errorf("%d records are retained, want %d", kept, n)
	}
}

func TestAPurgeWithNoTimeLeftAnswersAtOnce(t *testing.T) {
	t.Parallel()
	w := NewWorld(t, policies)
	service := w.Service(w.Config)
	create(t, service, "large")
	w.Fill(t, "large", "ticket", 2000)
	fence(t, service, "large")
	job := w.Queue.Take()[0]

	// The rate limit of a new process allows 200 items at once, but not 2,000 within this time: the
	// purge must stop by itself.
	ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer cancel()
	err := w.Service(w.Config).Purge(ctx, job)
	if !errors.Is(err, customer.ErrUnfinished) {
		t.Fatalf("got %v, want ErrUnfinished", err)
	}
	w.Clock.Move(time.Second)
	if sweep, err := service.Sweep(t.Context()); err != nil || sweep.Stuck != 1 {
		t.Errorf("%+v, %v: want the sweep to take the stopped purge at once", sweep, err)
	}
	work(t, w, service)
	gone(t, service, "large", 2000, 0)
}

func TestALateJobOfAnOlderGenerationDoesNothing(t *testing.T) {
	t.Parallel()
	w := NewWorld(t, policies)
	service := w.Service(w.Config)
	create(t, service, "ann", "ticket~1")
	late := customer.Job{Customer: "ann", Generation: remove(t, service, "ann").Deletion.ID}
	unmoved := func(when string) {
		t.Helper()
		before, err := service.Get(t.Context(), "ann")
		if err != nil {
			t.Fatal(err)
		}
		if err := service.Purge(t.Context(), late); err != nil {
			t.Errorf("%s: %v", when, err)
		}
		after, err := service.Get(t.Context(), "ann")
		if err != nil || after.State != before.State || after.Version != before.Version || after.Records() != 1 {
			t.Errorf("%s: %+v, %v", when, after, err)
		}
	}
	unmoved("deleted, not past the fence")
	if _, err := service.Restore(t.Context(), "ann", "", byAdmin); err != nil {
		t.Fatal(err)
	}
	unmoved("restored")
	remove(t, service, "ann")
	unmoved("deleted again")
	if _, err := service.StartPurge(t.Context(), "ann", customer.Fence{Generation: late.Generation}, byAdmin); !errors.Is(err, customer.ErrNotDeleted) {
		t.Errorf("fence of the older generation: %v", err)
	}
	if _, err := service.StartPurge(t.Context(), "ann", customer.Fence{}, byAdmin); err != nil {
		t.Fatal(err)
	}
	unmoved("past the fence of a later deletion")
	work(t, w, service)
	gone(t, service, "ann", 1, 0)
}

func TestARetentionOfNeverIsNeverDue(t *testing.T) {
	t.Parallel()
	settings := policies
	settings.Retention = customer.Never
	w := NewWorld(t, settings)
	service := w.Service(w.Config)
	create(t, service, "ann")
	remove(t, service, "ann")
	w.Clock.Move(100 * 365 * day)
	if sweep, err := service.Sweep(t.Context()); err != nil || sweep != (customer.Sweep{}) {
		t.Errorf("%+v, %v", sweep, err)
	}
	if _, err := service.StartPurge(t.Context(), "ann", customer.Fence{}, byAdmin); err != nil {
		t.Fatal(err) // a purge on request is allowed
	}
	work(t, w, service)
	gone(t, service, "ann", 0, 0)
}

func TestARetentionOfNothingPurgesAtOnce(t *testing.T) {
	t.Parallel()
	settings := policies
	settings.Retention = customer.Period{}
	w := NewWorld(t, settings)
	service := w.Service(w.Config)
	create(t, service, "ann", "ticket~1")
	if c := remove(t, service, "ann"); c.State != customer.Purging {
		t.Errorf("state after the delete: %s", c.State)
	}
	work(t, w, service)
	gone(t, service, "ann", 1, 0)
}
