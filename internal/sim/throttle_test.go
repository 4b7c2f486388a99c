package sim

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"lethe/internal/customer"
)

// busy is a way in which AWS refuses a share of requests. The shares are small, because the SDK waits
// up to a second before it retries.
type busy struct {
	name  string
	share float64
	fault []Fault
}

var busyness = []busy{
	{"batches half undone", 0.5, []Fault{Partial}},
	{"throttled", 0.1, []Fault{Throttle}},
	{"conflicts of transactions", 0.15, []Fault{Conflict}},
	{"all of them", 0.15, []Fault{Partial, Throttle, Conflict}},
}

// TestABusyTableOnlyDelays injects refusals into the whole life of customers. A call may fail and is
// then repeated, but its answers must be correct.
func TestABusyTableOnlyDelays(t *testing.T) {
	t.Parallel()
	seed := number64(t, "LETHE_SEED", uint64(time.Now().UnixNano()))
	for i, b := range busyness {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			t.Logf("LETHE_SEED=%d", seed)
			w, faults := NewWorld(t, policies), &Faults{}
			service := w.Service(faults.Attach(w.Config))
			service.SettingsAge = time.Hour
			faults.Random(rand.New(rand.NewPCG(seed, uint64(i))), b.share, b.fault...)
			for _, id := range []string{"a", "b"} {
				live(t, w, service, id)
			}
			if calls := faults.Plan(nil); len(calls) < 50 {
				t.Errorf("only %d requests, want at least 50", len(calls))
			}
		})
	}
}

// live creates a customer, adds and removes records, and purges it.
func live(t *testing.T, w *World, service *customer.Service, id string) {
	t.Helper()
	retry(t, "create", func() error {
		_, err := service.Create(t.Context(), id, ann(id), byAdmin)
		return done(err, customer.ErrExists)
	})
	for _, k := range []string{"ticket~1", "ticket~1~line~1", "ticket~2", "invoice~1"} {
		retry(t, "add "+k, func() error {
			results, err := service.AddRecords(t.Context(), id, records(k), byAdmin)
			return errors.Join(append(results, err)...)
		})
	}
	retry(t, "add to no parent", func() error {
		results, err := service.AddRecords(t.Context(), id, records("ticket~9~line~1"), byAdmin)
		if err == nil && !errors.Is(results[0], customer.ErrNoParent) {
			t.Errorf("a child of nothing: %v", results[0])
		}
		return err
	})
	retry(t, "remove", func() error {
		return done(service.RemoveRecord(t.Context(), id, key("ticket~1"), byAdmin), customer.ErrNoRecord)
	})
	w.Fill(t, id, "ticket", 260)
	retry(t, "delete", func() error { _, err := service.Delete(t.Context(), id, byAdmin); return err })
	retry(t, "fence", func() error {
		_, err := service.StartPurge(t.Context(), id, customer.Fence{}, byAdmin)
		return err
	})
	retry(t, "purge", func() error { return w.Queue.Work(t.Context(), service) })
	gone(t, w.Service(w.Config), id, 261, 1)
}

// retry calls do until it succeeds, at most ten times.
func retry(t *testing.T, what string, do func() error) {
	t.Helper()
	var err error
	for range 10 {
		if err = do(); err == nil {
			return
		}
	}
	t.Fatalf("%s failed ten times: %v", what, err)
}

// TestChangesThatAreAlwaysRefusedReturnErrBusy refuses every request, or every write. Each change of a
// customer returns ErrBusy.
func TestChangesThatAreAlwaysRefusedReturnErrBusy(t *testing.T) {
	t.Parallel()
	for _, fault := range []Fault{Throttle, Conflict} {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			w, faults := NewWorld(t, policies), &Faults{}
			service, ctx := w.Service(faults.Attach(w.Config)), t.Context()
			retry(t, "create", func() error { _, err := service.Create(ctx, "a", ann("a"), byAdmin); return err })
			faults.Plan(func(Call) Fault { return fault })
			var wg sync.WaitGroup
			for what, do := range map[string]func() error{
				"create": func() error { _, err := service.Create(ctx, "b", ann("b"), byAdmin); return err },
				"add": func() error {
					r, err := service.AddRecords(ctx, "a", records("ticket~1"), byAdmin)
					return errors.Join(append(r, err)...)
				},
				"block":      func() error { _, err := service.Block(ctx, "a", byAdmin); return err },
				"place hold": func() error { _, err := service.Hold(ctx, "a", "h", byAdmin); return err },
				"delete":     func() error { _, err := service.Delete(ctx, "a", byAdmin); return err },
			} {
				wg.Go(func() {
					if err := do(); !errors.Is(err, customer.ErrBusy) {
						t.Errorf("%s: %v", what, err)
					}
				})
			}
			wg.Wait()
			faults.Plan(nil)
			if c, err := service.Get(ctx, "a"); err != nil || c.Version != 1 {
				t.Errorf("the customer is %+v, %v", c, err)
			}
		})
	}
}
