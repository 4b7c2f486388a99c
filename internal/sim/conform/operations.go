package conform

import (
	"testing"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// planning stores an operation in the state PLANNING, with a selection.
func (w World) planning(t *testing.T) bulk.Operation {
	t.Helper()
	op := bulk.Operation{ID: customer.NewID(), Action: "delete", By: "admin", State: bulk.Planning, Version: 1, Created: w.Now(), Digest: "d"}
	must(t, w.Operations.Create(t.Context(), op, []byte("all")))
	return op
}

// running stores a running operation with two chunks of two subjects each. The first subject of the
// first chunk is refused.
func (w World) running(t *testing.T) bulk.Operation {
	t.Helper()
	op := w.planning(t)
	op.Version++
	op.State, op.Chunks = bulk.Running, 2
	must(t, w.Operations.Freeze(t.Context(), op, []bulk.Chunk{
		{Seq: 0, Subjects: []bulk.Subject{{ID: "a", Refused: "ON_HOLD", Weight: 7}, {ID: "b", Bind: "1"}}, Outcomes: []bulk.Outcome{{Result: bulk.OutcomeSkipped, Code: "ON_HOLD"}, {}}},
		{Seq: 1, Subjects: []bulk.Subject{{ID: "c"}, {ID: "d"}}, Outcomes: make([]bulk.Outcome, 2)},
	}))
	return op
}

func checkOperations(t *testing.T, w World) {
	ctx, o := t.Context(), w.Operations
	op := w.planning(t)
	refuses(t, o.Create(ctx, op, nil), bulk.ErrExists)
	_, err := o.Operation(ctx, "none")
	refuses(t, err, bulk.ErrNotFound)
	selection, err := o.Selection(ctx, op.ID)
	must(t, err)
	same(t, "selection", string(selection), "all")
	stored, err := o.Operation(ctx, op.ID)
	must(t, err)
	same(t, "operation", stored, op)

	ready := op
	ready.Version++
	ready.State, ready.Impact = bulk.Ready, bulk.Impact{Refused: map[string]int{"ON_HOLD": 1}, Counts: map[string]int64{"ticket": 2}}
	must(t, o.Freeze(ctx, ready, nil))
	must(t, o.Freeze(ctx, ready, nil)) // its answer was lost
	selection, err = o.Selection(ctx, op.ID)
	must(t, err)
	same(t, "selection of a planned operation", len(selection), 0)
	other := ready
	other.State = bulk.Cancelled
	refuses(t, o.Freeze(ctx, other, nil), bulk.ErrVersion)
	refuses(t, o.Save(ctx, other), bulk.ErrVersion)
	other.Version += 2
	refuses(t, o.Save(ctx, other), bulk.ErrVersion)
	other.Version--
	must(t, o.Save(ctx, other))
	must(t, o.Save(ctx, other))

	w.waits(t)

	mark := bulk.SweepMark{At: w.Now(), Seen: "this", Times: 2}
	must(t, o.SaveSweepMark(ctx, op.ID, mark))
	refuses(t, o.SaveSweepMark(ctx, "none", mark), bulk.ErrNotFound)
	other.Swept = mark
	stored, err = o.Operation(ctx, op.ID)
	must(t, err)
	same(t, "operation", stored, other)
}

// waits writes an operation that waits for a second person, and then its approval.
func (w World) waits(t *testing.T) {
	t.Helper()
	ctx, o := t.Context(), w.Operations
	op := w.planning(t)
	op.Version++
	op.State, op.Requested, op.RequestedBy = bulk.Waiting, w.Now(), "ann"
	must(t, o.Freeze(ctx, op, nil))
	approvals := make([]bulk.Operation, 2)
	for i, by := range []string{"bob", "cas"} {
		approvals[i] = op
		approvals[i].Version++
		approvals[i].State, approvals[i].Applied, approvals[i].AppliedBy, approvals[i].ApprovedBy = bulk.Running, w.Now(), "ann", by
	}
	must(t, o.Save(ctx, approvals[0]))
	must(t, o.Save(ctx, approvals[0]))                     // its answer was lost
	refuses(t, o.Save(ctx, approvals[1]), bulk.ErrVersion) // another one approved it at the same time
	stored, err := o.Operation(ctx, op.ID)
	must(t, err)
	same(t, "approved operation", stored, approvals[0])
}

func checkTake(t *testing.T, w World) {
	ctx, o, now := t.Context(), w.Operations, w.Now()
	op := w.running(t)
	until := now.Add(time.Minute)
	c, err := o.Take(ctx, op, 0, now, until)
	must(t, err)
	_, err = o.Take(ctx, op, 0, now, until) // another worker of the same invocation
	refuses(t, err, bulk.ErrTaken)
	same(t, "subjects", c.Subjects, []bulk.Subject{{ID: "a", Refused: "ON_HOLD"}, {ID: "b", Bind: "1"}})
	same(t, "outcomes", c.Outcomes, []bulk.Outcome{{Result: bulk.OutcomeSkipped, Code: "ON_HOLD"}, {}})
	if c.Attempts != 1 || !c.Lease.Equal(until) {
		t.Errorf("chunk %+v", c)
	}
	_, err = o.Take(ctx, op, 9, now, until)
	refuses(t, err, bulk.ErrTaken)
	_, err = o.Take(ctx, op, 0, now, until.Add(time.Minute))
	refuses(t, err, bulk.ErrTaken)

	late, err := o.Take(ctx, op, 0, until, until)
	must(t, err)
	same(t, "attempts", late.Attempts, 2)
	same(t, "abandoned when first taken, and after the lease ran out", []bool{c.Abandoned, late.Abandoned}, []bool{false, true})
	same(t, "leases", late.Lease, c.Lease) // yet the first holder has lost it
	refuses(t, o.Keep(ctx, op, c), bulk.ErrTaken)
	refuses(t, o.Finish(ctx, op, c), bulk.ErrTaken)
	late.Usage, late.Faults = bulk.Usage{Requests: 3, WriteUnits: 1.5}, 2
	must(t, o.Keep(ctx, op, late))
	third, err := o.Take(ctx, op, 0, now, until)
	must(t, err)
	same(t, "usage", third.Usage, late.Usage)
	same(t, "faults", third.Faults, late.Faults)
	same(t, "abandoned after it was released", third.Abandoned, false)
	third.Outcomes[1] = bulk.Outcome{Code: "INTERRUPTED"} // undecided, with a code
	must(t, o.Keep(ctx, op, third))
	left, err := o.Chunk(ctx, op, 0)
	must(t, err)
	same(t, "outcomes", left.Outcomes, third.Outcomes)
	tally, err := o.Tally(ctx, op)
	must(t, err)
	same(t, "codes", tally.Codes, map[string]int{"ON_HOLD": 1, "INTERRUPTED": 1})
}

func checkReopen(t *testing.T, w World) {
	ctx, o, now := t.Context(), w.Operations, w.Now()
	op := w.running(t)
	until := now.Add(time.Minute)
	c, err := o.Take(ctx, op, 0, now, until)
	must(t, err)
	c.Outcomes[1] = bulk.Outcome{Result: bulk.OutcomeFailed, Code: "GAVE_UP"}
	must(t, o.Finish(ctx, op, c))
	refuses(t, o.Finish(ctx, op, c), bulk.ErrTaken)
	_, err = o.Take(ctx, op, 0, until, until.Add(time.Minute))
	refuses(t, err, bulk.ErrTaken)
	same(t, "to be done", w.unfinished(t, op), []int{1})
	w.readsChunks(t, op, c)

	ended, err := o.Chunk(ctx, op, 0)
	must(t, err)
	same(t, "outcomes of the ended chunk", ended.Outcomes, c.Outcomes)
	ended.Outcomes[1], ended.Attempts = bulk.Outcome{}, 0
	stale := op
	stale.Version--
	refuses(t, o.Reopen(ctx, stale, ended), bulk.ErrVersion)
	must(t, o.Reopen(ctx, op, ended))
	ended.Outcomes[1] = bulk.Outcome{Result: bulk.OutcomeDone}
	must(t, o.Reopen(ctx, op, ended)) // reopened already
	same(t, "to be done", w.unfinished(t, op), []int{0, 1})
	again, err := o.Take(ctx, op, 0, now, until)
	must(t, err)
	same(t, "outcomes of the reopened chunk", again.Outcomes, []bulk.Outcome{{Result: bulk.OutcomeSkipped, Code: "ON_HOLD"}, {}})
	same(t, "attempts", again.Attempts, 1)
}

// readsChunks checks the tally and the lists of chunks when the first chunk has ended and the second
// is half done.
func (w World) readsChunks(t *testing.T, op bulk.Operation, first bulk.Chunk) {
	t.Helper()
	ctx, o, now := t.Context(), w.Operations, w.Now()
	second, err := o.Take(ctx, op, 1, now, now.Add(time.Minute))
	must(t, err)
	second.Outcomes[0] = bulk.Outcome{Result: bulk.OutcomeDone}
	must(t, o.Keep(ctx, op, second))
	tally, err := o.Tally(ctx, op)
	must(t, err)
	same(t, "tally", tally, bulk.Tally{Done: 1, Skipped: 1, Failed: 1, Left: 1, Codes: map[string]int{"ON_HOLD": 1, "GAVE_UP": 1}})
	var outcomes [][]bulk.Outcome
	var ids []string
	for c, err := range o.Chunks(ctx, op.ID, 0) {
		must(t, err)
		outcomes = append(outcomes, c.Outcomes)
		ids = append(ids, c.Subjects[0].ID, c.Subjects[1].ID)
	}
	same(t, "outcomes", outcomes, [][]bulk.Outcome{first.Outcomes, second.Outcomes})
	same(t, "subjects", ids, []string{"a", "b", "c", "d"})
	for c, err := range o.Chunks(ctx, op.ID, 1) {
		must(t, err)
		same(t, "chunk from the second on", c.Seq, 1)
	}
}

func (w World) unfinished(t *testing.T, op bulk.Operation) (seqs []int) {
	t.Helper()
	for c, err := range w.Operations.Unfinished(t.Context(), op.ID) {
		must(t, err)
		seqs = append(seqs, c.Seq)
	}
	return seqs
}

func checkActiveOperations(t *testing.T, w World) {
	ctx, o := t.Context(), w.Operations
	first := w.planning(t)
	second := w.planning(t)
	active := func() map[string]bool {
		found := map[string]bool{}
		for op, err := range o.Active(ctx) {
			must(t, err)
			found[op.ID] = true
		}
		return found
	}
	same(t, "active", active(), map[string]bool{first.ID: true, second.ID: true})
	first.State = bulk.Cancelling
	first.Version++
	must(t, o.Freeze(ctx, first, nil))
	same(t, "active", active(), map[string]bool{first.ID: true, second.ID: true})
	first.State = bulk.Cancelled
	first.Version++
	must(t, o.Freeze(ctx, first, nil))
	same(t, "active", active(), map[string]bool{second.ID: true})
	page, err := o.Operations(ctx, bulk.Query{Limit: 1})
	must(t, err)
	next, err := o.Operations(ctx, bulk.Query{Limit: 5, Cursor: page.Cursor})
	must(t, err)
	if len(page.Operations) != 1 || len(next.Operations) != 1 || next.Cursor != "" || page.Operations[0].ID == next.Operations[0].ID {
		t.Errorf("pages are %+v, %+v", page, next)
	}
	second.State = bulk.Cancelled
	second.Version++
	must(t, o.Freeze(ctx, second, nil))
	same(t, "active", active(), map[string]bool{})
}
