package sim

import (
	"testing"

	"lethe/internal/bulk"
	"lethe/internal/operations"
)

// TestOutcomesAreWrittenThoughRequestsFail fails the first requests that write the outcomes of a chunk,
// undone or done, and wants the operation ended by the same worker.
func TestOutcomesAreWrittenThoughRequestsFail(t *testing.T) {
	t.Parallel()
	for _, fault := range []Fault{Undone, Done, Throttle, Conflict} {
		w := NewWorld(t, policies)
		safe := w.Service(w.Config)
		create(t, safe, "ann")
		table, _ := w.Open(w.Config)
		op := planned(t, operations.Engine(safe, table.Operations(), byHand{}), safe, []string{"ann"})
		f := &Faults{}
		failed := 0
		f.Plan(func(c Call) Fault {
			if c.Operation != "TransactWriteItems" || failed == 3 {
				return None
			}
			failed++
			return fault
		})
		disturbed, _ := w.Open(f.Attach(w.Config))
		worker := operations.Engine(w.Service(f.Attach(w.Config)), disturbed.Operations(), byHand{})
		if err := worker.Do(t.Context(), bulk.Work{Operation: op.ID}); err != nil {
			t.Errorf("%s: %v", fault, err)
		}
		op, err := table.Operations().Operation(t.Context(), op.ID)
		if err != nil || op.State != bulk.Succeeded || op.Tally.Done != 1 || failed != 3 {
			t.Errorf("%s: %d requests failed, and it is %s, %+v, %v", fault, failed, op.State, op.Tally, err)
		}
	}
}
