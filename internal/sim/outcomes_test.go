package sim

import (
	"testing"

	"lethe/internal/bulk"
	"lethe/internal/operations"
)

// TestOutcomesAreWrittenThoughRequestsFail fails the first three requests that write the outcomes of a
// chunk. The same worker must still end the operation.
func TestOutcomesAreWrittenThoughRequestsFail(t *testing.T) {
	t.Parallel()
	for _, fault := range []Fault{Undone, Done, Throttle, Conflict} {
		w := NewWorld(t, policies)
		safe := w.Service(w.Config)
		create(t, safe, "ann")
		table, _ := w.Open(w.Config)
		op := applied(t, operations.Engine(safe, table.Operations(), noQueue{}), safe, []string{"ann"})
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
		worker := operations.Engine(w.Service(f.Attach(w.Config)), disturbed.Operations(), noQueue{})
		if err := worker.Do(t.Context(), bulk.Work{Operation: op.ID}); err != nil {
			t.Errorf("%s: %v", fault, err)
		}
		op, err := table.Operations().Operation(t.Context(), op.ID)
		if err != nil || op.State != bulk.Succeeded || op.Tally.Done != 1 || failed != 3 {
			t.Errorf("%s: after %d failed requests the operation is %s, %+v, %v", fault, failed, op.State, op.Tally, err)
		}
	}
}
