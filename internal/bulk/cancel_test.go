package bulk

import (
	"context"
	"errors"
	"iter"
	"testing"
	"testing/synctest"
	"time"
)

// TestACancellationStopsAWorker cancels while a worker makes a request every half a second. The
// worker begins none later than two seconds after the answer, and its outcomes are kept.
func TestACancellationStopsAWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var engine *Engine
		var store *oneChunkStore
		var answered, last time.Time
		store, engine = newTestEngine(t, func(ctx context.Context, subjects []Subject) ([]Outcome, error) {
			for range 100 {
				if err := MayBegin(ctx); err != nil {
					return []Outcome{{Result: OutcomeDone}, {}}, err
				}
				if last = time.Now(); answered.IsZero() && last.Second()%7 == 3 {
					op, err := engine.Cancel(ctx, "op", "bob")
					if err != nil || op.State != Cancelling || op.CancelledBy != "bob" {
						t.Errorf("cancelled while a worker has a chunk: %+v, %v", op, err)
					}
					answered = time.Now()
				}
				time.Sleep(500 * time.Millisecond)
			}
			return []Outcome{{Result: OutcomeDone}, {Result: OutcomeDone}}, nil
		})
		if err := engine.Do(t.Context(), Work{"op", 0}); err != nil {
			t.Error(err)
		}
		if late := last.Sub(answered); answered.IsZero() || late > stopWithin {
			t.Errorf("the last request began %v after the answer", late)
		}
		if store.op.State != Cancelled || store.op.Tally.Done != 1 || store.op.Tally.Left != 1 || len(store.op.Tally.Codes) > 0 {
			t.Errorf("ended as %s, %+v; want %s with one done and one left", store.op.State, store.op.Tally, Cancelled)
		}
		if store.ended || !store.chunk.Lease.IsZero() || store.chunk.Faults > 0 {
			t.Errorf("ended: %t, chunk %+v; want it unfinished, without lease and faults", store.ended, store.chunk)
		}
	})
}

// TestAnOperationIsReadOnceASecond counts the reads that a worker makes to learn of a cancellation,
// with eight requests at a time.
func TestAnOperationIsReadOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reads int
		var store *oneChunkStore
		store, engine := newTestEngine(t, func(ctx context.Context, _ []Subject) ([]Outcome, error) {
			before := store.reads
			for range 40 {
				for range 8 {
					if err := MayBegin(ctx); err != nil {
						return nil, err
					}
				}
				time.Sleep(100 * time.Millisecond)
			}
			reads = store.reads - before
			return []Outcome{{Result: OutcomeDone}, {Result: OutcomeDone}}, nil
		})
		if err := engine.Do(t.Context(), Work{"op", 0}); err != nil || reads != 3 {
			t.Errorf("%d reads in four seconds after the first one, want 3; %v", reads, err)
		}
	})
}

// TestABusyStoreDoesNotFailAChunk uses a store that can't read the operation of a taken chunk.
// No attempt begins the action, and none counts as failed.
func TestABusyStoreDoesNotFailAChunk(t *testing.T) {
	store, engine := newTestEngine(t, func(context.Context, []Subject) ([]Outcome, error) {
		t.Error("the action runs")
		return []Outcome{{Result: OutcomeDone}, {Result: OutcomeDone}}, nil
	})
	engine.store = &unreadableStore{store}
	for range MaxAttempts + 1 {
		if err := engine.Do(t.Context(), Work{"op", 0}); !errors.Is(err, errBroken) || !errors.Is(err, ErrUnfinished) {
			t.Fatalf("got %v, want the store's error and ErrUnfinished", err)
		}
	}
	if store.ended || store.chunk.Faults > 0 || store.chunk.Outcomes[0] != (Outcome{}) {
		t.Errorf("ended: %t, chunk %+v; want it unfinished, without faults and outcomes", store.ended, store.chunk)
	}
}

// unreadableStore is a store that can't read the operation while a worker holds its chunk.
type unreadableStore struct{ *oneChunkStore }

func (s *unreadableStore) Operation(ctx context.Context, id string) (Operation, error) {
	if !s.chunk.Lease.IsZero() {
		return Operation{}, errBroken
	}
	return s.oneChunkStore.Operation(ctx, id)
}

// TestNothingBeginsAfterACancellation cancels the operation just before a worker takes its chunk.
// The state that the worker read before that must not count.
func TestNothingBeginsAfterACancellation(t *testing.T) {
	store, engine := newTestEngine(t, func(context.Context, []Subject) ([]Outcome, error) {
		t.Error("the action runs")
		return []Outcome{{Result: OutcomeDone}, {Result: OutcomeDone}}, nil
	})
	engine.store = &cancelBeforeTakeStore{oneChunkStore: store}
	if err := engine.Do(t.Context(), Work{"op", 0}); err != nil {
		t.Error(err)
	}
	if left := store.chunk.Undecided(); store.op.State != Cancelled || len(left) != 2 || store.chunk.Outcomes[0].Code != "" {
		t.Errorf("%s, %+v", store.op.State, store.chunk)
	}
}

// cancelBeforeTakeStore is a store that cancels the operation just before its chunk is taken.
type cancelBeforeTakeStore struct{ *oneChunkStore }

func (o *cancelBeforeTakeStore) Take(ctx context.Context, op Operation, seq int, now, until time.Time) (Chunk, error) {
	o.op.State = Cancelled
	return o.oneChunkStore.Take(ctx, op, seq, now, until)
}

// TestACancelledOperationWaitsForItsWorkers cancels while a worker holds a chunk and is silent. The
// operation ends when the lease ends. Its subjects are marked as interrupted, and a late write of
// the worker is refused.
func TestACancelledOperationWaitsForItsWorkers(t *testing.T) {
	store, engine := newTestEngine(t, nil)
	now := noon
	engine.Clock = func() time.Time { return now }
	late, err := store.Take(t.Context(), store.op, 0, now, now.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	sweep := func() State {
		op, err := store.Operation(t.Context(), "op")
		if err == nil {
			err = engine.sweepOne(t.Context(), op, &Sweep{}, 1)
		}
		if err != nil {
			t.Fatal(err)
		}
		return store.op.State
	}
	if op, err := engine.Cancel(t.Context(), "op", "bob"); err != nil || op.State != Cancelling || sweep() != Cancelling {
		t.Fatalf("%+v, %v", op, err)
	}
	if now = now.Add(time.Minute); sweep() != Cancelled {
		t.Fatalf("state after the end of the lease: %s, want %s", store.op.State, Cancelled)
	}
	late.Outcomes[0] = Outcome{Result: OutcomeDone}
	if err := store.Keep(t.Context(), store.op, late); !errors.Is(err, ErrTaken) {
		t.Errorf("a late write of the worker: got %v, want %v", err, ErrTaken)
	}
	if tally := store.op.Tally; tally.Left != 2 || tally.Codes[Interrupted] != 2 {
		t.Errorf("%+v", tally)
	}
}

// TestSubjectsOfADeadWorkerAreMarked lets one worker die, and the next one stop halfway. The first
// may have applied the action to the rest.
func TestSubjectsOfADeadWorkerAreMarked(t *testing.T) {
	for name, tt := range map[string]struct {
		outcome Outcome
		err     error
		died    bool
		want    string
	}{
		"the first died":              {Outcome{}, ErrNotBegun, true, Interrupted},
		"no worker died":              {Outcome{}, ErrNotBegun, false, ""},
		"a request had no answer":     {Outcome{Code: Interrupted}, errBroken, false, Interrupted},
		"it fails as a whole":         {Outcome{Result: OutcomeUndecided, Code: "whole"}, errBroken, false, Interrupted},
		"it is refused as a whole":    {Outcome{Result: OutcomeUndecided, Code: "whole"}, ErrNotBegun, false, ""},
		"the first died, and is done": {Outcome{Result: OutcomeDone}, errBroken, true, ""},
	} {
		store, engine := newTestEngine(t, func(context.Context, []Subject) ([]Outcome, error) {
			if tt.outcome.Code == "whole" {
				return nil, tt.err
			}
			return []Outcome{{Result: OutcomeDone}, tt.outcome}, tt.err
		})
		if tt.died {
			if _, err := store.Take(t.Context(), store.op, 0, noon, noon); err != nil {
				t.Fatal(err)
			}
		}
		_ = engine.Do(t.Context(), Work{"op", 0})
		if got := store.chunk.Outcomes[1].Code; got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// staleListStore is a store with a stale list of chunks: it shows a lease that has ended.
type staleListStore struct{ *oneChunkStore }

func (s staleListStore) Unfinished(context.Context, string) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		listed := s.chunk
		listed.Lease = noon
		yield(listed, nil)
	}
}

// TestAChunkReturnedAfterTheListingIsNotInterrupted cancels while the last worker returns its chunk.
// The subjects that the worker left undecided were not begun.
func TestAChunkReturnedAfterTheListingIsNotInterrupted(t *testing.T) {
	store, engine := newTestEngine(t, nil)
	engine.store = staleListStore{store}
	op, err := engine.Cancel(t.Context(), "op", "bob")
	if err != nil || op.State != Cancelled || op.Tally.Left != 2 || len(op.Tally.Codes) > 0 {
		t.Errorf("%s, %+v, %v", op.State, op.Tally, err)
	}
}

// TestCancellingBeforeTheStartEndsAtOnce cancels operations that no worker has. The tally is final
// at once.
func TestCancellingBeforeTheStartEndsAtOnce(t *testing.T) {
	for _, state := range []State{Planning, Ready} {
		store, engine := newTestEngine(t, nil)
		store.op.State, store.op.Impact = state, Impact{Subjects: 2, Eligible: 1, Refused: map[string]int{"NO": 1}}
		op, err := engine.Cancel(t.Context(), "op", "bob")
		if tally, _ := engine.Tally(t.Context(), op); err != nil || op.State != Cancelled || tally.Left != 1 || tally.Skipped != 1 || tally.Codes["NO"] != 1 {
			t.Errorf("%s: %+v, %v", state, op, err)
		}
	}
}

// TestWritesOfOutcomesAreRetried fails the writes of a chunk for half a minute, or until after the
// worker's deadline.
func TestWritesOfOutcomesAreRetried(t *testing.T) {
	for name, tt := range map[string]struct {
		failing int
		outcome Outcome
		written bool
	}{
		"finished, for half a minute": {12, Outcome{Result: OutcomeDone}, true},
		"kept, for half a minute":     {12, Outcome{Code: Interrupted}, true},
		"always":                      {1 << 30, Outcome{Result: OutcomeDone}, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			store, engine := newTestEngine(t, func(context.Context, []Subject) ([]Outcome, error) {
				return []Outcome{{Result: OutcomeDone}, tt.outcome}, nil
			})
			store.failing = tt.failing
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			err := engine.Do(ctx, Work{"op", 0})
			took := time.Since(began)
			if written := store.chunk.Lease.IsZero(); written != tt.written || written && took > time.Minute {
				t.Errorf("%s: written: %t after %v, %v", name, written, took, err)
			}
			if !tt.written && (!errors.Is(err, errBroken) || took < 5*time.Minute || took > 5*time.Minute+2*writeReserve) {
				t.Errorf("%s: the last attempt ended after %v: %v", name, took, err)
			}
		})
	}
}
