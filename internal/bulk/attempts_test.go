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

// oneChunkStore is a store with a running operation of one chunk.
type oneChunkStore struct {
	Store

	op      Operation
	chunk   Chunk
	ended   bool
	taken   time.Time // end of the last lease
	reads   int       // reads of the operation
	failing int       // number of chunk writes that still fail
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

// newTestEngine returns an engine that runs the given action, and its store with a chunk of two
// subjects.
func newTestEngine(t *testing.T, do apply) (*oneChunkStore, *Engine) {
	t.Helper()
	store := &oneChunkStore{
		op:    Operation{ID: "op", Action: "do", State: Running, Chunks: 1, Impact: Impact{Subjects: 2, Eligible: 2}},
		chunk: NewChunk(0, []Subject{{ID: "a"}, {ID: "b"}}),
	}
	return store, &Engine{store: store, Log: slog.New(slog.DiscardHandler), Actions: map[string]Action{
		"do": {Run: func(ctx context.Context, _ Operation, subjects []Subject) ([]Outcome, error) {
			return do(ctx, subjects)
		}},
	}}
}

func TestADeadWorkerDoesNotCountAsAFault(t *testing.T) {
	broken := errors.New("broken")
	store, engine := newTestEngine(t, func(context.Context, []Subject) ([]Outcome, error) { return nil, broken })
	store.chunk.Attempts = MaxAttempts * 2 // all these workers died
	if err := engine.Do(t.Context(), Work{"op", 0}); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
	if store.ended || store.chunk.Faults != 1 || store.chunk.Attempts != 1 {
		t.Errorf("ended: %t, %+v; want it unfinished, with one fault", store.ended, store.chunk)
	}
}

func TestAttemptsThatFailAreGivenUp(t *testing.T) {
	for _, test := range []struct {
		name     string
		err      error
		attempts int // until the chunk fails; 0: never
	}{
		{"faults", errors.New("broken"), MaxAttempts},
		{"deadlines", ErrUnfinished, 0},
	} {
		store, engine := newTestEngine(t, func(context.Context, []Subject) ([]Outcome, error) { return nil, test.err })
		n := 0
		for ; !store.ended && n < 3*MaxDeaths; n++ {
			_ = engine.Do(t.Context(), Work{"op", 0}) // it returns test.err
		}
		if store.ended != (test.attempts > 0) || store.ended && n != test.attempts {
			t.Errorf("%s: ended: %t, after %d attempts, want after %d", test.name, store.ended, n, test.attempts)
		}
	}
}

func TestAChunkThatKillsItsWorkersIsGivenUp(t *testing.T) {
	store, engine := newTestEngine(t, func(context.Context, []Subject) ([]Outcome, error) {
		t.Error("the action runs once more")
		return nil, nil
	})
	store.chunk.Attempts = MaxDeaths
	if err := engine.Do(t.Context(), Work{"op", 0}); err != nil {
		t.Fatal(err)
	}
	if want := (Outcome{OutcomeFailed, GaveUp}); store.chunk.Outcomes[0] != want || store.op.State != Failed {
		t.Errorf("%+v, operation %s; want the subjects failed", store.chunk, store.op.State)
	}
}

func TestProgressResetsFaults(t *testing.T) {
	store, engine := newTestEngine(t, func(context.Context, []Subject) ([]Outcome, error) {
		return []Outcome{{Result: OutcomeDone}, {}}, errors.New("broken")
	})
	store.chunk.Faults = MaxAttempts - 1
	if err := engine.Do(t.Context(), Work{"op", 0}); err == nil {
		t.Error("got no error from an attempt that failed")
	}
	if store.ended || store.chunk.Faults != 0 || store.chunk.Outcomes[0].Result != OutcomeDone {
		t.Errorf("ended: %t, %+v; want the outcome kept, and no faults", store.ended, store.chunk)
	}
}

func TestALeaseEndsAfterTheWorkersDeadline(t *testing.T) {
	store, engine := newTestEngine(t, func(context.Context, []Subject) ([]Outcome, error) {
		return []Outcome{{Result: OutcomeDone}, {Result: OutcomeDone}}, nil
	})
	if lease := leaseOf(t.Context()); lease != ChunkLease {
		t.Errorf("lease without a deadline: %v, want %v", lease, ChunkLease)
	}
	for limit, margin := range map[time.Duration]time.Duration{5 * time.Minute: time.Minute, time.Minute: 30 * time.Second} {
		deadline := time.Now().Add(limit)
		ctx, cancel := context.WithDeadline(t.Context(), deadline)
		store.ended, store.op.State, store.chunk.Lease = false, Running, time.Time{}
		if err := engine.Do(ctx, Work{"op", 0}); err != nil {
			t.Error(err)
		}
		if over := store.taken.Sub(deadline); over > margin || over < margin/2 {
			t.Errorf("limit %v: the lease ends %v after the deadline, want about %v", limit, over, margin)
		}
		cancel()
	}
}

// TestADeadlineDuringTheWork lets the deadline pass while the action runs.
func TestADeadlineDuringTheWork(t *testing.T) {
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
			t.Errorf("%s: got %v, want %v", test.name, err, ErrUnfinished)
		}
		if store.ended != test.ended || store.chunk.Faults != 0 || !store.chunk.Lease.IsZero() {
			t.Errorf("%s: ended: %t, %+v; want the outcomes written and the lease ended", test.name, store.ended, store.chunk)
		}
	}
}

func TestInterruptedSubjectsOfACancelledOperation(t *testing.T) {
	begun := NewChunk(0, []Subject{{ID: "done"}, {ID: "perhaps"}, {ID: "refused", Refused: "NO"}})
	begun.Outcomes[0] = Outcome{Result: OutcomeDone}
	begun.interrupt()
	fresh := NewChunk(1, []Subject{{ID: "never"}})
	for _, test := range []struct {
		state State
		codes []string // shown for the subjects of both chunks
		done  []string // ids that an operation on this one would select
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

// conflictingStore is a store in which another writer changes the operation before the first write.
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

// TestTheSecondOfTwoWritersReadsAgain lets two requests change an operation at once. The second
// reads the state that the first wrote, and succeeds or is refused.
func TestTheSecondOfTwoWritersReadsAgain(t *testing.T) {
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
		{"the sweep starts a harmless operation first", Ready, become(Running), func(ctx context.Context, e *Engine) (Operation, error) {
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
			t.Errorf("%s: returned %s, %v; stored %s; want %s, %v", test.name, op.State, err, r.op.State, test.want, test.err)
		}
	}
}

func applied(ctx context.Context, e *Engine) (Operation, error) {
	return e.Apply(ctx, "op", Approval{Acknowledged: true})
}

func cancelled(ctx context.Context, e *Engine) (Operation, error) {
	return e.Cancel(ctx, "op", "admin")
}
