package sim

import (
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"lethe/internal/customer"
)

// busy is a way in which AWS refuses requests, and the share of them it refuses. The SDK
// waits up to a second before it asks again, so that shares are small.
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

// TestABusyTableOnlyDelays disturbs whole lives of customers. A call may fail, and is
// then made again, but what it answers is true.
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
				t.Errorf("only %d requests were in danger", len(calls))
			}
		})
	}
}

// live creates a customer, adds and removes records, and purges it.
func live(t *testing.T, w *World, service *customer.Service, id string) {
	t.Helper()
	insist(t, "create", func() error {
		_, err := service.Create(t.Context(), id, ann(id), admin)
		return done(err, customer.ErrExists)
	})
	for _, k := range []string{"ticket~1", "ticket~1~line~1", "ticket~2", "invoice~1"} {
		insist(t, "add "+k, func() error {
			results, err := service.AddRecords(t.Context(), id, records(k), admin)
			return errors.Join(append(results, err)...)
		})
	}
	insist(t, "add to no parent", func() error {
		results, err := service.AddRecords(t.Context(), id, records("ticket~9~line~1"), admin)
		if err == nil && !errors.Is(results[0], customer.ErrNoParent) {
			t.Errorf("a child of nothing: %v", results[0])
		}
		return err
	})
	insist(t, "remove", func() error {
		return done(service.RemoveRecord(t.Context(), id, key("ticket~1"), admin), customer.ErrNoRecord)
	})
	w.Fill(t, id, "ticket", 260)
	insist(t, "delete", func() error { _, err := service.Delete(t.Context(), id, admin); return err })
	insist(t, "fence", func() error {
		_, err := service.StartPurge(t.Context(), id, customer.Fence{}, admin)
		return err
	})
	insist(t, "purge", func() error { return w.Queue.Work(t.Context(), service) })
	gone(t, w.Service(w.Config), id, 261, 1)
}

// insist does something until it succeeds.
func insist(t *testing.T, what string, do func() error) {
	t.Helper()
	var err error
	for range 10 {
		if err = do(); err == nil {
			return
		}
	}
	t.Fatalf("%s fails ten times: %v", what, err)
}

// TestWhatIsRefusedAgainAndAgainIsBusy refuses every request, or every write: each change of a customer says that
// the store is busy, and none that it is broken.
func TestWhatIsRefusedAgainAndAgainIsBusy(t *testing.T) {
	t.Parallel()
	for _, fault := range []Fault{Throttle, Conflict} {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			w, faults := NewWorld(t, policies), &Faults{}
			service, ctx := w.Service(faults.Attach(w.Config)), t.Context()
			insist(t, "create", func() error { _, err := service.Create(ctx, "a", ann("a"), admin); return err })
			faults.Plan(func(Call) Fault { return fault })
			var wg sync.WaitGroup
			for what, do := range map[string]func() error{
				"create": func() error { _, err := service.Create(ctx, "b", ann("b"), admin); return err },
				"add": func() error {
					r, err := service.AddRecords(ctx, "a", records("ticket~1"), admin)
					return errors.Join(append(r, err)...)
				},
				"block":      func() error { _, err := service.Block(ctx, "a", admin); return err },
				"place hold": func() error { _, err := service.Hold(ctx, "a", "h", admin); return err },
				"delete":     func() error { _, err := service.Delete(ctx, "a", admin); return err },
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
