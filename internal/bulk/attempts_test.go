package bulk

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"testing"
	"time"
)

// oneChunkStore is a store of one chunk of a running operation.
type oneChunkStore struct {
	Store

	op      Operation
	chunk   Chunk
	ended   bool
	taken   time.Time // until when it was last
	reads   int       // of the operation
	failing int       // writes of the chunk
}

var errBroken = errors.New("broken")

func (s *oneChunkStore) Operation(context.Context, string) (Operation, error) {
	s.reads++
	return s.op, nil
}

func (s *oneChunkStore) Take(_ context.Context, _ Operation, _ int, now, until time.Time) (Chunk, error) {
	if s.ended || now.Before(s.chunk.Lease) {
		return Chunk{}, ErrTaken
	}
	c := s.chunk
	c.Outcomes = slices.Clone(s.chunk.Outcomes)
	c.Attempts, c.Lease, c.Holder, c.Abandoned = c.Attempts+1, until, fmt.Sprint(c.Holder, "+"), c.Holder != ""
	s.taken = until
	s.chunk.Attempts, s.chunk.Lease, s.chunk.Holder = c.Attempts, c.Lease, c.Holder
	return c, nil
}

func (s *oneChunkStore) Keep(ctx context.Context, _ Operation, c Chunk) error {
	if s.failing > 0 {
		s.failing--
		return errBroken
	}
	if c.Holder != s.chunk.Holder {
		return ErrTaken
	}
	c.Lease, c.Holder, c.Abandoned = time.Time{}, "", false
	s.chunk = c
	return ctx.Err()
}

func (s *oneChunkStore) Finish(ctx context.Context, op Operation, c Chunk) error {
	err := s.Keep(ctx, op, c)
	s.ended = err == nil
	return err
}

func (s *oneChunkStore) Unfinished(context.Context, string) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		if !s.ended {
			yield(s.chunk, nil)
		}
	}
}

func (s *oneChunkStore) Tally(context.Context, Operation) (Tally, error) { return s.chunk.Tally(), nil }

func (s *oneChunkStore) Freeze(_ context.Context, op Operation, _ []Chunk) error {
	s.op = op
	return nil
}

func (s *oneChunkStore) Chunks(context.Context, string, int) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) { yield(s.chunk, nil) }
}

func (s *oneChunkStore) Reopen(context.Context, Operation, Chunk) error { return nil }

func (s *oneChunkStore) Save(_ context.Context, op Operation) error {
	s.op = op
	return nil
}

type apply = func(context.Context, []Subject) ([]Outcome, error)

// worked is a store of a chunk of two subjects, and an engine whose action is the given one.
func newTestEngine(t *testing.T, do apply) (*oneChunkStore, *Engine) {
	t.Helper()
	store := &oneChunkStore{
		op:    Operation{ID: "op", Action: "do", State: Running, Chunks: 1, Impact: Impact{Subjects: 2, Eligible: 2}},
		chunk: newChunk(0, []Subject{{ID: "a"}, {ID: "b"}}),
	}
	return store, &Engine{store: store, Log: slog.New(slog.DiscardHandler), Actions: map[string]Action{
		"do": {Run: func(ctx context.Context, _ Operation, subjects []Subject) ([]Outcome, error) {
			return do(ctx, subjects)
		}},
	}}
}

func TestAWorkerThatDiedIsNoFaultOfTheChunk(t *testing.T) {
	broken := errors.New("broken")
	store, engine := newTestEngine(t, func(context.Context, []Subject) ([]Outcome, error) { return nil, broken })
	store.chunk.Attempts = MaxAttempts * 2 // all of them killed
	if err := engine.Do(t.Context(), Work{"op", 0}); !errors.Is(err, broken) {
		t.Errorf("got %v, want the fault", err)
	}
	if store.ended || store.chunk.Faults != 1 || store.chunk.Attempts != 1 {
		t.Errorf("ended: %t, %+v; want it kept, with one fault", store.ended, store.chunk)
	}
}

func TestAttemptsThatFailAreGivenUp(t *testing.T) {
	for _, test := range []struct {
		name     string
		err      error
		attempts int // until it is given up; 0: never
	}{
		{"faults", errors.New("broken"), MaxAttempts},
		{"the time is over", ErrUnfinished, 0},
	} {
		store, engine := newTestEngine(t, func(context.Context, []Subject) ([]Outcome, error) { return nil, test.err })
		n := 0
		for ; !store.ended && n < 3*MaxDeaths; n++ {
			_ = engine.Do(t.Context(), Work{"op", 0}) // it fails as told
		}
		if store.ended != (test.attempts > 0) || store.ended && n != test.attempts {
			t.Errorf("%s: given up: %t, after %d attempts, want after %d", test.name, store.ended, n, test.attempts)
		}
	}
}

func TestAChunkThatKillsItsWorkersIsGivenUp(t *testing.T) {
	store, engine := newTestEngine(t, func(context.Context, []Subject) ([]Outcome, error) {
		t.Error("it is tried once more")
		return nil, nil
	})
	store.chunk.Attempts = MaxDeaths
	if err := engine.Do(t.Context(), Work{"op", 0}); err != nil {
		t.Fatal(err)
	}
	if want := (Outcome{OutcomeFailed, GaveUp}); store.chunk.Outcomes[0] != want || store.op.State != Failed {
		t.Errorf("%+v, operation %s; want it given up", store.chunk, store.op.State)
	}
}

func TestProgressForgivesFaults(t *testing.T) {
	store, engine := newTestEngine(t, func(context.Context, []Subject) ([]Outcome, error) {
		return []Outcome{{Result: OutcomeDone}, {}}, errors.New("broken")
	})
	store.chunk.Faults = MaxAttempts - 1
	if err := engine.Do(t.Context(), Work{"op", 0}); err == nil {
		t.Error("the fault is not told")
	}
	if store.ended || store.chunk.Faults != 0 || store.chunk.Outcomes[0].Result != OutcomeDone {
		t.Errorf("ended: %t, %+v; want what was done kept, and no fault", store.ended, store.chunk)
	}
}

func TestALeaseEndsAfterTheWorkersDeadline(t *testing.T) {
	store, engine := newTestEngine(t, func(context.Context, []Subject) ([]Outcome, error) {
		return []Outcome{{Result: OutcomeDone}, {Result: OutcomeDone}}, nil
	})
	if lease := leaseOf(t.Context()); lease != ChunkLease {
		t.Errorf("without a deadline it is %v, want %v", lease, ChunkLease)
	}
	for limit, margin := range map[time.Duration]time.Duration{5 * time.Minute: time.Minute, time.Minute: 30 * time.Second} {
		deadline := time.Now().Add(limit)
		ctx, cancel := context.WithDeadline(t.Context(), deadline)
		store.ended, store.op.State, store.chunk.Lease = false, Running, time.Time{}
		if err := engine.Do(ctx, Work{"op", 0}); err != nil {
			t.Error(err)
		}
		if over := store.taken.Sub(deadline); over > margin || over < margin/2 {
			t.Errorf("of %v: the lease ends %v after the deadline, want about %v", limit, over, margin)
		}
		cancel()
	}
}

// TestOutOfTime has the deadline come while the work is being done.
func TestOutOfTime(t *testing.T) {
	for _, test := range []struct {
		name     string
		outcomes []Outcome
		ended    bool
	}{
		{"with nothing done", nil, false},
		{"with some done", []Outcome{{Result: OutcomeDone}, {}}, false},
		{"with all done", []Outcome{{Result: OutcomeDone}, {Result: OutcomeDone}}, true},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		store, engine := newTestEngine(t, func(ctx context.Context, _ []Subject) ([]Outcome, error) {
			cancel()
			return test.outcomes, ctx.Err()
		})
		err := engine.Do(ctx, Work{"op", 0})
		if !test.ended && !errors.Is(err, ErrUnfinished) {
			t.Errorf("%s: got %v, want it left to the sweep", test.name, err)
		}
		if store.ended != test.ended || store.chunk.Faults != 0 || !store.chunk.Lease.IsZero() {
			t.Errorf("%s: ended: %t, %+v; want the outcomes written and the lease given back", test.name, store.ended, store.chunk)
		}
	}
}

func TestWhatACancellationInterrupted(t *testing.T) {
	begun := newChunk(0, []Subject{{ID: "done"}, {ID: "perhaps"}, {ID: "refused", Refused: "NO"}})
	begun.Outcomes[0] = Outcome{Result: OutcomeDone}
	begun.interrupt()
	fresh := newChunk(1, []Subject{{ID: "never"}})
	for _, test := range []struct {
		state State
		codes []string // of the subjects of both
		done  []string // of those that another operation would be about
	}{
		{Running, []string{"", "", "NO", ""}, []string{"done"}},
		{Cancelling, []string{"", "", "NO", ""}, []string{"done"}},
		{Cancelled, []string{"", Interrupted, "NO", ""}, []string{"done", "perhaps"}},
	} {
		op := Operation{State: test.state}
		var codes, done []string
		for _, c := range []Chunk{begun, fresh} {
			for i := range c.Subjects {
				codes = append(codes, c.outcome(op, i).Code)
			}
			some, _ := c.Affected(op, 0, MaxSubjects)
			done = append(done, some...)
		}
		if !slices.Equal(codes, test.codes) || !slices.Equal(done, test.done) {
			t.Errorf("%s: codes %q, done %q, want %q, %q", test.state, codes, done, test.codes, test.done)
		}
	}
}

// conflictingStore is a store in which somebody else is faster by one change of the operation.
type conflictingStore struct {
	oneChunkStore

	faster func(*Operation)
}

func (s *conflictingStore) Save(_ context.Context, op Operation) error {
	if s.faster != nil {
		s.faster(&s.op)
		s.faster = nil
		return ErrVersion
	}
	s.op = op
	return nil
}

func (s *conflictingStore) Freeze(ctx context.Context, op Operation, _ []Chunk) error {
	return s.Save(ctx, op)
}

func (s *conflictingStore) EnqueueWork(context.Context, ...Work) error { return nil }

func (s *conflictingStore) Backlog(context.Context) (int, error) { return 0, nil }

// TestSomebodyElseIsFaster is about two who do the same at once: the second is told what it is by now.
func TestSomebodyElseIsFaster(t *testing.T) {
	become := func(state State) func(*Operation) {
		return func(op *Operation) { op.State, op.Applied = state, time.Now() }
	}
	for _, test := range []struct {
		name   string
		from   State
		faster func(*Operation)
		do     func(context.Context, *Engine) (Operation, error)
		want   State
		err    error
	}{
		{"both apply", Ready, become(Running), applied, Running, nil},
		{"one cancels, one applies", Ready, func(op *Operation) { op.State = Cancelled }, applied, Cancelled, ErrEnded},
		{"both cancel", Running, become(Cancelled), cancelled, Cancelled, nil},
		{"it ends, one cancels", Running, become(Succeeded), cancelled, Succeeded, ErrEnded},
		{"the sweep starts what applies itself", Ready, become(Running), func(ctx context.Context, e *Engine) (Operation, error) {
			op, err := e.store.Operation(ctx, "op")
			if err != nil {
				return op, err
			}
			return e.planned(ctx, op)
		}, Running, nil},
	} {
		store, engine := newTestEngine(t, nil)
		store.op.State, store.op.Expires = test.from, time.Now().Add(time.Hour)
		r := &conflictingStore{oneChunkStore: *store, faster: test.faster}
		engine.store, engine.Queue, engine.Actions = r, r, map[string]Action{"do": {Harmless: true}}
		op, err := test.do(t.Context(), engine)
		if !errors.Is(err, test.err) || r.op.State != test.want || err == nil && op.State != test.want {
			t.Errorf("%s: %s, %v; it is %s, want %s, %v", test.name, op.State, err, r.op.State, test.want, test.err)
		}
	}
}

func applied(ctx context.Context, e *Engine) (Operation, error) {
	return e.Apply(ctx, "op", Approval{Acknowledged: true})
}

func cancelled(ctx context.Context, e *Engine) (Operation, error) {
	return e.Cancel(ctx, "op", "admin")
}
