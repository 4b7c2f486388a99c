package sim

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/operations"
)

// noQueue is a queue that drops all work: the test does it directly.
type noQueue struct{}

func (noQueue) EnqueueWork(context.Context, ...bulk.Work) error { return nil }
func (noQueue) Backlog(context.Context) (int, error)            { return 0, nil }

// slowed returns a configuration with which every request of one operation takes longer.
func slowed(cfg aws.Config, operation string, by time.Duration) aws.Config {
	return through(cfg, func(next aws.HTTPClient) aws.HTTPClient {
		return doer(func(r *http.Request) (*http.Response, error) {
			response, err := next.Do(r)
			if operationOf(r) == operation {
				time.Sleep(by)
			}
			return response, err
		})
	})
}

// TestACancellationStopsWorkersWithinSeconds cancels a deletion with slow requests. No request begins
// later than two seconds after the answer, and the counts match the table.
func TestACancellationStopsWorkersWithinSeconds(t *testing.T) {
	t.Parallel()
	const crowd, slow = bulk.MaxSubjects + 50, 1200 * time.Millisecond
	w := NewWorld(t, policies)
	safe := w.Service(w.Config)
	var ids []string
	for i := range crowd {
		ids = append(ids, fmt.Sprintf("c%03d", i))
		create(t, safe, ids[i])
	}
	engineOf := func(s *customer.Service, store bulk.Store) *bulk.Engine {
		e := operations.Engine(s, store, noQueue{})
		e.Clock, e.Log = nil, slog.New(slog.DiscardHandler)
		return e
	}
	table, _ := w.Open(w.Config)
	byAdmin := engineOf(safe, table.Operations())
	op := applied(t, byAdmin, safe, ids)

	// The first chunk takes twenty requests, of which eight begin at once.
	begins, answered := make(chan time.Time, 2*crowd), make(chan time.Time, 1)
	f := &Faults{}
	f.Plan(func(c Call) Fault {
		if c.Operation == "BatchExecuteStatement" {
			begins <- time.Now()
		}
		return None
	})
	delayed := slowed(f.Attach(w.Config), "BatchExecuteStatement", slow)
	slowTable, _ := w.Open(delayed)
	worker := engineOf(w.Service(delayed), slowTable.Operations())
	go func() {
		<-begins
		if cancelled, err := byAdmin.Cancel(t.Context(), op.ID, "admin"); err != nil || cancelled.State != bulk.Cancelling {
			t.Errorf("cancelled: %s, %v", cancelled.State, err)
		}
		answered <- time.Now()
	}()
	for seq := range op.Chunks {
		if err := worker.Do(t.Context(), bulk.Work{Operation: op.ID, Chunk: seq}); err != nil {
			t.Error(err)
		}
	}
	close(begins)
	at := <-answered
	for began := range begins {
		if late := began.Sub(at); late > 2*time.Second {
			t.Errorf("a request began %v after the answer", late)
		}
	}
	checkCancelled(t, safe, table.Operations(), op.ID, ids)
}

// applied creates, plans and applies a deletion.
func applied(t *testing.T, e *bulk.Engine, s *customer.Service, ids []string) bulk.Operation {
	t.Helper()
	op := bulk.Operation{ID: customer.NewID(), By: "admin"}
	selection, err := operations.Request{Action: operations.Delete, Selection: operations.Selection{IDs: ids}}.Prepare(t.Context(), s, e, &op)
	if err == nil {
		op, err = e.Create(t.Context(), op, selection)
	}
	for err == nil && op.State == bulk.Planning {
		if err = e.Do(t.Context(), bulk.Work{Operation: op.ID, Chunk: bulk.PlanWork}); err == nil {
			op, err = e.Operation(t.Context(), op.ID)
		}
	}
	if err == nil {
		op, err = e.Apply(t.Context(), op.ID, bulk.Approval{Digest: op.Digest, Acknowledged: true, By: "admin"})
	}
	if err != nil {
		t.Fatal(err)
	}
	return op
}

// checkCancelled compares the tally of a cancelled operation with the table.
func checkCancelled(t *testing.T, s *customer.Service, store bulk.Store, id string, ids []string) {
	t.Helper()
	op, err := store.Operation(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	roots, err := s.Roots(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	deleted := 0
	for _, c := range roots {
		if c.State == customer.Deleted {
			deleted++
		}
	}
	t.Logf("%d of %d deleted", deleted, len(ids))
	if op.State != bulk.Cancelled || op.Tally.Done != deleted || op.Tally.Left != len(ids)-deleted || deleted == 0 || deleted == len(ids) || len(op.Tally.Codes) > 0 {
		t.Errorf("%s: %+v, and %d are deleted", op.State, op.Tally, deleted)
	}
}
