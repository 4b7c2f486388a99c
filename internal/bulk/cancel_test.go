package bulk

import (
	"context"
	"errors"
	"iter"
	"testing"
	"testing/synctest"
	"time"
)

// TestACancellationStopsAWorker cancels while a worker makes a request every half a second. It
// begins none later than two seconds after the answer, and tells what it did.
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
			t.Errorf("it ended as %s, %+v", store.op.State, store.op.Tally)
		}
		if store.ended || !store.chunk.Lease.IsZero() || store.chunk.Faults > 0 {
			t.Errorf("the chunk is left as %+v", store.chunk)
		}
	})
}

// TestAnOperationIsReadOnceASecond counts what it costs to find out of a cancellation, of requests that are made together too.
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
			t.Errorf("%d readings in four seconds beside the one at the beginning, %v", reads, err)
		}
	})
}

// TestAChunkIsNotGivenUpForABusyStore has a store that says nothing of the operation to those who have
// a chunk of it: nothing begins, however often it is tried, and nothing has failed.
func TestAChunkIsNotGivenUpForABusyStore(t *testing.T) {
	store, engine := newTestEngine(t, func(context.Context, []Subject) ([]Outcome, error) {
		t.Error("the action is applied")
		return []Outcome{{Result: OutcomeDone}, {Result: OutcomeDone}}, nil
	})
	engine.store = &unreadableStore{store}
	for range MaxAttempts + 1 {
		if err := engine.Do(t.Context(), Work{"op", 0}); !errors.Is(err, errBroken) || !errors.Is(err, ErrUnfinished) {
			t.Fatalf("got %v, want what the store said, and that it goes on", err)
		}
	}
	if store.ended || store.chunk.Faults > 0 || store.chunk.Outcomes[0] != (Outcome{}) {
		t.Errorf("the chunk is left as %+v", store.chunk)
	}
}

// unreadableStore is a store that can't read an operation while somebody has its chunk.
type unreadableStore struct{ *oneChunkStore }

func (s *unreadableStore) Operation(ctx context.Context, id string) (Operation, error) {
	if !s.chunk.Lease.IsZero() {
		return Operation{}, errBroken
	}
	return s.oneChunkStore.Operation(ctx, id)
}

// TestNothingBeginsOnceItIsCancelled has a worker take its chunk when the operation is over already:
// what it read before that may not count.
func TestNothingBeginsOnceItIsCancelled(t *testing.T) {
	store, engine := newTestEngine(t, func(context.Context, []Subject) ([]Outcome, error) {
		t.Error("the action is applied")
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

// cancelBeforeTakeStore is a store in which an operation is cancelled just before a chunk of it is taken.
type cancelBeforeTakeStore struct{ *oneChunkStore }

func (o *cancelBeforeTakeStore) Take(ctx context.Context, op Operation, seq int, now, until time.Time) (Chunk, error) {
	o.op.State = Cancelled
	return o.oneChunkStore.Take(ctx, op, seq, now, until)
}

// TestACancelledOperationWaitsForItsWorkers is about one that died at a chunk, or perhaps hasn't. When
// its lease is over the chunk is taken back: what it did nobody knows, and it can't tell any longer.
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
		t.Fatalf("its lease is over, and it is %s", store.op.State)
	}
	late.Outcomes[0] = Outcome{Result: OutcomeDone}
	if err := store.Keep(t.Context(), store.op, late); !errors.Is(err, ErrTaken) {
		t.Errorf("a worker that is late changes what was told: %v", err)
	}
	if tally := store.op.Tally; tally.Left != 2 || tally.Codes[Interrupted] != 2 {
		t.Errorf("%+v", tally)
	}
}

// TestSubjectsOfADeadWorkerAreMarked has a worker die, and another one stop before it has done all.
// The rest may have been done by the first.
func TestSubjectsOfADeadWorkerAreMarked(t *testing.T) {
	for name, tt := range map[string]struct {
		outcome Outcome
		err     error
		died    bool
		want    string
	}{
		"the first died":              {Outcome{}, ErrNotBegun, true, Interrupted},
		"nobody died":                 {Outcome{}, ErrNotBegun, false, ""},
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

// staleListStore is a store whose list of chunks still shows the lease that a worker has given back.
type staleListStore struct{ *oneChunkStore }

func (s staleListStore) Unfinished(context.Context, string) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		listed := s.chunk
		listed.Lease = noon
		yield(listed, nil)
	}
}

// TestAChunkThatIsGivenBackMeanwhileIsNotInterrupted cancels while the last worker stops: what it left
// was not begun.
func TestAChunkThatIsGivenBackMeanwhileIsNotInterrupted(t *testing.T) {
	store, engine := newTestEngine(t, nil)
	engine.store = staleListStore{store}
	op, err := engine.Cancel(t.Context(), "op", "bob")
	if err != nil || op.State != Cancelled || op.Tally.Left != 2 || len(op.Tally.Codes) > 0 {
		t.Errorf("%s, %+v, %v", op.State, op.Tally, err)
	}
}

// TestCancellingWhatIsNotUnderWayIsItsEnd tells at once who is left.
func TestCancellingWhatIsNotUnderWayIsItsEnd(t *testing.T) {
	for _, state := range []State{Planning, Ready} {
		store, engine := newTestEngine(t, nil)
		store.op.State, store.op.Impact = state, Impact{Subjects: 2, Eligible: 1, Refused: map[string]int{"NO": 1}}
		op, err := engine.Cancel(t.Context(), "op", "bob")
		if tally, _ := engine.Tally(t.Context(), op); err != nil || op.State != Cancelled || tally.Left != 1 || tally.Skipped != 1 || tally.Codes["NO"] != 1 {
			t.Errorf("%s: %+v, %v", state, op, err)
		}
	}
}

// TestOutcomesAreWrittenWhileThereIsTime fails the writes of a chunk for a while, or to the end of the worker's time.
func TestOutcomesAreWrittenWhileThereIsTime(t *testing.T) {
	for name, tt := range map[string]struct {
		failing int
		outcome Outcome
		written bool
	}{
		"finished, for half a minute": {12, Outcome{Result: OutcomeDone}, true},
		"kept, for half a minute":     {12, Outcome{Code: Interrupted}, true},
		"for ever":                    {1 << 30, Outcome{Result: OutcomeDone}, false},
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
				t.Errorf("%s: given back: %t after %v, %v", name, written, took, err)
			}
			if !tt.written && (!errors.Is(err, errBroken) || took < 5*time.Minute || took > 5*time.Minute+2*writeReserve) {
				t.Errorf("%s: it gives up after %v: %v", name, took, err)
			}
		})
	}
}
