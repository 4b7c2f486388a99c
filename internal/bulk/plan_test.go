package bulk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
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
