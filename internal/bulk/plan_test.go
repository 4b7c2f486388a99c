package bulk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestHeavySubjectsArePlannedInSmallPages plans subjects that fill a chunk each, so that a full
// page does not fit into one transaction.
func TestHeavySubjectsArePlannedInSmallPages(t *testing.T) {
	const n = 100
	page := func(_ context.Context, _ Operation, _ []byte, position string, limit int) ([]string, string, error) {
		from := 0
		_, _ = fmt.Sscan(position, &from)
		var ids []string
		for i := from; i < min(from+limit, n); i++ {
			ids = append(ids, fmt.Sprint(i))
		}
		if from+limit >= n {
			return ids, "", nil
		}
		return ids, fmt.Sprint(from + limit), nil
	}
	store := &freezeStore{}
	engine := heavyEngine(store, page)
	if err := engine.plan(t.Context(), Operation{ID: "op", Action: "lift", State: Planning}); err != nil {
		t.Fatal(err)
	}
	var frozen []string
	for _, c := range store.chunks {
		for _, s := range c.Subjects {
			frozen = append(frozen, s.ID)
		}
	}
	if len(frozen) != n || len(store.chunks) != n || len(slices.Compact(frozen)) != n {
		t.Errorf("frozen in %d chunks: %v", len(store.chunks), frozen)
	}
	if i := store.op.Impact; store.op.State != Ready || i.Subjects != n || i.Eligible != n || i.Weight != 7*n {
		t.Errorf("planned: %+v", store.op)
	}
}

// TestAPageLongerThanItsLimitIsAnError uses an action that ignores the limit.
func TestAPageLongerThanItsLimitIsAnError(t *testing.T) {
	all := make([]string, MaxSubjects)
	engine := heavyEngine(&freezeStore{}, func(context.Context, Operation, []byte, string, int) ([]string, string, error) { return all, "", nil })
	err := engine.plan(t.Context(), Operation{ID: "op", Action: "lift", State: Planning})
	if err == nil || !strings.Contains(err.Error(), "returned more than 45 subjects") {
		t.Error(err)
	}
}

// endedPlanning is a store in which the planning ended after the operation was read: it has no
// selection.
type endedPlanning struct{ *freezeStore }

func (endedPlanning) Selection(context.Context, string) ([]byte, error) { return nil, nil }

func TestAPlanningThatHasEndedIsNoFault(t *testing.T) {
	store := &freezeStore{}
	engine := heavyEngine(endedPlanning{store}, func(_ context.Context, _ Operation, selection []byte, _ string, _ int) ([]string, string, error) {
		return nil, "", fmt.Errorf("selection %q", selection)
	})
	err := engine.plan(t.Context(), Operation{ID: "op", Action: "lift", State: Planning})
	if err != nil || len(store.chunks) > 0 || store.op.State != "" {
		t.Errorf("%v, %+v", err, store.op)
	}
}

func heavyEngine(store Store, page func(context.Context, Operation, []byte, string, int) ([]string, string, error)) *Engine {
	lift := Action{MaxWeight: 7, Plan: func(ctx context.Context, op Operation, selection []byte, limit int) ([]Subject, string, error) {
		ids, next, err := page(ctx, op, selection, op.Position, limit)
		subjects := make([]Subject, len(ids))
		for i, id := range ids {
			subjects[i] = Subject{ID: id, Weight: 7}
		}
		return subjects, next, err
	}}
	return &Engine{store: store, Actions: map[string]Action{"lift": lift}}
}

// freezeStore is a store that keeps the arguments of Freeze.
type freezeStore struct {
	Store

	op     Operation
	chunks []Chunk
}

func (f *freezeStore) Selection(context.Context, string) ([]byte, error) { return []byte("all"), nil }

func (f *freezeStore) Freeze(_ context.Context, op Operation, chunks []Chunk) error {
	if len(chunks) > MaxFreeze {
		return fmt.Errorf("%d chunks at once", len(chunks))
	}
	f.op, f.chunks = op, append(f.chunks, chunks...)
	return nil
}

// countingPlan returns an action of n light subjects, and the limits that its pages were asked for.
func countingPlan(n int) (Action, *[]int) {
	limits := &[]int{}
	return Action{MaxWeight: MaxSubjects, Plan: func(_ context.Context, op Operation, _ []byte, limit int) ([]Subject, string, error) {
		*limits = append(*limits, limit)
		from := 0
		_, _ = fmt.Sscan(op.Position, &from)
		to := min(from+limit, n)
		subjects := make([]Subject, to-from)
		for i := range subjects {
			subjects[i] = Subject{ID: fmt.Sprint(from + i), Weight: 1}
		}
		if to == n {
			return subjects, "", nil
		}
		return subjects, fmt.Sprint(to), nil
	}}, limits
}

// TestPlanningReadsItsSelectionOnce plans five chunks. The caller who creates the operation waits for
// one of them; a worker then plans two at a time.
func TestPlanningReadsItsSelectionOnce(t *testing.T) {
	const n = 4*MaxSubjects + 1
	store := &selectionStore{}
	action, limits := countingPlan(n)
	engine := &Engine{store: store, Queue: noQueue{}, Actions: map[string]Action{"lift": action}, Log: slog.New(slog.DiscardHandler)}
	op, err := engine.Create(t.Context(), Operation{ID: "op", Action: "lift"}, []byte("all"))
	if err != nil || op.State != Planning || op.Chunks != 1 || store.selections != 0 {
		t.Fatalf("created: %v, %+v; the selection was read %d times", err, op, store.selections)
	}
	if err := engine.Do(t.Context(), Work{"op", PlanWork}); err != nil {
		t.Fatal(err)
	}
	if store.op.State != Ready || store.op.Impact.Subjects != n || store.op.Chunks != 5 || store.selections != 1 {
		t.Errorf("%+v; the selection was read %d times", store.op, store.selections)
	}
	if want := []int{MaxSubjects, PagePlanned, PagePlanned}; !slices.Equal(*limits, want) {
		t.Errorf("pages of %v, want %v", *limits, want)
	}
}

// selectionStore is a freezeStore that counts the reads of the selection.
type selectionStore struct {
	freezeStore

	selections int
}

func (s *selectionStore) Create(_ context.Context, op Operation, _ []byte) error {
	s.op = op
	return nil
}

func (s *selectionStore) Operation(context.Context, string) (Operation, error) { return s.op, nil }

func (s *selectionStore) Selection(context.Context, string) ([]byte, error) {
	s.selections++
	return []byte("all"), nil
}

type noQueue struct{}

func (noQueue) EnqueueWork(context.Context, ...Work) error { return nil }
func (noQueue) Backlog(context.Context) (int, error)       { return 0, nil }

// TestAHeavyPageMakesTheNextOnesSmall plans subjects that fill a chunk each: only the first page is
// read more than once.
func TestAHeavyPageMakesTheNextOnesSmall(t *testing.T) {
	const n = MaxSubjects + 2*MaxFreeze
	action, limits := countingPlan(n)
	action.MaxWeight = 1
	store := &freezeStore{}
	engine := &Engine{store: store, Actions: map[string]Action{"lift": action}}
	if err := engine.plan(t.Context(), Operation{ID: "op", Action: "lift", State: Planning}); err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, limit := range *limits {
		read += limit
	}
	if most := PagePlanned + MaxSubjects + n + MaxFreeze; store.op.Chunks != n || read > most {
		t.Errorf("%d chunks, and %d subjects asked for in pages of %v; want at most %d", store.op.Chunks, read, *limits, most)
	}
}

// unreadChunks is a store whose chunks can't be read.
type unreadChunks struct{ Store }

func (unreadChunks) Tally(context.Context, Operation) (Tally, error) { return Tally{}, errBroken }

// TestTheTallyOfAPlanReadsNoChunk asks for the progress of operations that have not been applied.
func TestTheTallyOfAPlanReadsNoChunk(t *testing.T) {
	engine := &Engine{store: unreadChunks{}}
	impact := Impact{Subjects: 5, Eligible: 3, Refused: map[string]int{"HELD": 2}}
	want := Tally{Skipped: 2, Left: 3, Codes: impact.Refused}
	for _, state := range []State{Planning, Ready} {
		got, err := engine.Tally(t.Context(), Operation{ID: "op", State: state, Impact: impact})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v; want %+v", state, got, err, want)
		}
	}
	if _, err := engine.Tally(t.Context(), Operation{ID: "op", State: Running, Applied: time.Now(), Impact: impact}); !errors.Is(err, errBroken) {
		t.Errorf("of a running operation: %v, want %v", err, errBroken)
	}
}
