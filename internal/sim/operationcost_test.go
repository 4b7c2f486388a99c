package sim

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/docstest"
	"lethe/internal/dynamo"
	"lethe/internal/engine"
	"lethe/internal/engine/enginetest"
	"lethe/internal/operations"
	"lethe/internal/parallel"
)

// crowd is a system with customers that a search for "crowd" finds, and a meter on one process of it.
type crowd struct {
	*World

	size    int
	service *customer.Service
	engine  *bulk.Engine
	meter   *dynamo.Meter
}

func newCrowd(t *testing.T, size int) crowd {
	t.Helper()
	w, meter := NewWorld(t, policies), &dynamo.Meter{}
	safe := w.Service(w.Config)
	for _, err := range parallel.Each(size, 8, func(i int) error {
		id := fmt.Sprintf("crowd-%d", i)
		_, err := safe.Create(t.Context(), id, customer.Profile{Organisation: fmt.Sprintf("Crowd %d", i)}, byAdmin)
		return err
	}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	w.Clock.Move(time.Minute) // a planner leaves alone what changed after its operation began
	config := meter.Attach(w.Config)
	table, _ := w.Open(config)
	service := w.Service(config)
	engine := operations.Engine(service, table.Operations(), noQueue{})
	engine.Log, engine.Metered = slog.New(slog.DiscardHandler), dynamo.Metered
	meter.Reset()
	return crowd{w, size, service, engine, meter}
}

// step is a part of an operation, and what it cost.
type step struct {
	name string
	dynamo.Cost
}

// operate plans and applies an operation, one step after the other.
func (c crowd) operate(t *testing.T, action string, selection operations.Selection) (steps []step, op bulk.Operation) {
	t.Helper()
	did := func(name string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		steps = append(steps, step{name, c.meter.Reset()})
		t.Log(steps[len(steps)-1])
	}
	op = bulk.Operation{ID: customer.NewID(), By: "admin"}
	encoded, err := operations.Request{Action: action, Selection: selection}.Prepare(t.Context(), c.service, c.engine, &op)
	if err == nil {
		op, err = c.engine.Create(t.Context(), op, encoded)
	}
	did("create the operation, and plan the first 500", err)
	did("plan the others, by a worker", c.engine.Do(t.Context(), bulk.Work{Operation: op.ID, Chunk: bulk.PlanWork}))
	if op, err = c.engine.Operation(t.Context(), op.ID); err == nil {
		op, err = c.engine.Apply(t.Context(), op.ID, bulk.Approval{Digest: op.Digest, Acknowledged: true, By: "admin"})
	}
	did("read the plan, and apply it", err)
	for seq, name := range []string{"delete 500", "delete 500, and end the operation"} {
		did(name, c.engine.Do(t.Context(), bulk.Work{Operation: op.ID, Chunk: seq}))
	}
	op, err = c.engine.Operation(t.Context(), op.ID)
	did("read the result", err)
	if op.State != bulk.Succeeded || op.Tally.Done != c.size {
		t.Errorf("%s, %+v", op.State, op.Tally)
	}
	return steps, op
}

func (s step) String() string {
	var kinds []string
	for _, name := range slices.Sorted(maps.Keys(s.Requests)) {
		kinds = append(kinds, fmt.Sprintf("%d %s", s.Requests[name], name))
	}
	return fmt.Sprintf("%s: %d requests, %g write units, %g read units (%s)", s.name, s.Total(), s.Write, s.Read, strings.Join(kinds, ", "))
}

// total sums the costs of steps.
func total(steps []step) dynamo.Cost {
	all := dynamo.Cost{Requests: map[string]int{}}
	for _, s := range steps {
		all.Write, all.Read = all.Write+s.Write, all.Read+s.Read
		for kind, n := range s.Requests {
			all.Requests[kind] += n
		}
	}
	return all
}

// onPage compares steps with a table of docs/costs.md. A worker reads its operation every second: these reads depend on
// the machine, and are left out.
func onPage(t *testing.T, steps []step) {
	t.Helper()
	rows := docstest.Rows(docstest.Section(t, "docs/costs.md", "## What a bulk deletion costs, step by step"))
	if len(rows) != len(steps) {
		t.Fatalf("docs/costs.md has %d steps, want %d", len(rows), len(steps))
	}
	for i, s := range steps {
		again := 0
		if s.Requests["BatchExecuteStatement"] > 0 {
			again = s.Requests["GetItem"] - workerReads
		}
		write := strings.ReplaceAll(rows[i][2], ",", "")
		got := []string{rows[i][0], rows[i][1], write, rows[i][3]}
		want := []string{s.name, fmt.Sprint(s.Total() - again), fmt.Sprint(s.Write), fmt.Sprint(s.Read - float64(again))}
		if !slices.Equal(got, want) {
			t.Errorf("docs/costs.md says %q, want %q", got, want)
		}
	}
}

// onPlan compares what was consumed from the approval to the end with what the operation says: what its workers
// measured, and the overhead without the audit log, which this system does not keep.
func onPlan(t *testing.T, all dynamo.Cost, op bulk.Operation) {
	t.Helper()
	all.Requests["GetItem"]-- // a caller looks at the plan
	all.Read--
	own, used := operations.OverheadSoFar(op, bulk.Tally{}), op.Tally.Usage
	got := bulk.Usage{Requests: used.Requests + own.Requests, WriteUnits: used.WriteUnits + own.WriteUnits, ReadUnits: used.ReadUnits + own.ReadUnits}
	want := bulk.Usage{Requests: all.Total(), WriteUnits: all.Write, ReadUnits: all.Read}
	if got != want {
		t.Errorf("the operation says %+v, want %+v", got, want)
	}
}

// workerReads counts what the worker of a chunk reads by its key if it takes less than a second: the operation before it
// takes the chunk, before its first request and when it has ended; and the subjects.
const workerReads = 4

// TestABulkDeletionReadsEachCustomerOnce counts all requests of a deletion of 1,000 customers that a search finds. Each
// customer is read once, consistently, for a read unit, and its change is a statement on condition of what was read.
func TestABulkDeletionReadsEachCustomerOnce(t *testing.T) {
	t.Parallel()
	const many, chunks = 1000, 1000 / bulk.MaxSubjects
	c := newCrowd(t, many)
	steps, op := c.operate(t, operations.Delete, operations.Selection{Filter: &operations.Filter{Search: "crowd"}})
	all := total(steps)
	t.Logf("%d requests, %g write units, %g read units; estimate %+v", all.Total(), all.Write, all.Read, op.Impact.Estimate)
	want := map[string]int{
		"BatchExecuteStatement": many / 25,
		"BatchGetItem":          many / 100,
		"Query":                 2 + chunks + 1, // two pages of terms, the chunks that are left, and the tally
		"TransactWriteItems":    3 + chunks + 1, // create, two pages of the plan, the outcomes of each chunk, the end
		"UpdateItem":            chunks,
		"PutItem":               1, // apply
	}
	for kind, n := range want {
		if all.Requests[kind] != n {
			t.Errorf("%d %s, want %d", all.Requests[kind], kind, n)
		}
	}
	if enginetest.Kind() == engine.DynamoDBLocal {
		return // it reports less for statements
	}
	onPage(t, steps)
	onPlan(t, total(steps[2:5]), op)
	if write := all.Write - 3*many; write > many/8 {
		t.Errorf("%g write units for the operation itself, want at most an eighth of one for each customer", write)
	}
}
