package bulk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"lethe/internal/clock"
)

// Engine carries operations out. See [New].
type Engine struct {
	clock.Clock

	Queue   Queue
	Actions map[string]Action
	// Metered returns a context and what was consumed under it; nil measures nothing.
	Metered func(ctx context.Context) (context.Context, func() Usage)
	Log     *slog.Logger

	store Store // what others may do with it, the methods of the engine offer
}

// New is an engine that keeps its operations in a store.
func New(store Store, queue Queue, actions map[string]Action) *Engine {
	return &Engine{Queue: queue, Actions: actions, Log: slog.Default(), store: store}
}

// Operation reads an operation: ErrNotFound.
func (e *Engine) Operation(ctx context.Context, id string) (Operation, error) {
	return e.store.Operation(ctx, id)
}

// Operations reads a page of all operations, newest first: ErrCursor.
func (e *Engine) Operations(ctx context.Context, q Query) (Page, error) {
	return e.store.Operations(ctx, q)
}

// Action is something that can be done to subjects.
type Action struct {
	// Basis reads what the action goes by beside its subjects: settings, for example. It is frozen
	// in the operation, and Plan and Run go by that. A plan is not applied once it has
	// changed. Nil: the action goes by nothing else.
	Basis func(ctx context.Context) ([]byte, error)
	// Plan reads a page of up to limit subjects that the selection selects, from the operation's
	// Position on, judges them as they are, and binds them to that. Subjects that don't exist it
	// leaves out or refuses. The next position is empty at the end. A *SelectionError ends the
	// planning for good; after any other error the same page is planned again.
	Plan func(ctx context.Context, op Operation, selection []byte, limit int) (subjects []Subject, next string, err error)
	// Run does it to subjects, each bound to what it was when it was planned. Done
	// before to some, it says that it is done. Before each request that does it to some
	// it asks [MayBegin]. An outcome that it leaves undecided, because of an error or for
	// ErrUnfinished, is tried again; with the code Interrupted it may have been done.
	Run func(ctx context.Context, op Operation, subjects []Subject) ([]Outcome, error)
	// Estimate foresees what applying costs; nil foresees nothing.
	Estimate func(Impact) Usage
	// MaxWeight bounds a chunk.
	MaxWeight int
	// Harmless actions apply themselves when they are planned.
	Harmless bool
}

// Limits of operations.
const (
	PlanLife    = 24 * time.Hour  // a plan is to be applied within
	ChunkLease  = 6 * time.Minute // of a worker that has no deadline; see leaseOf
	MaxAttempts = 20              // of a chunk that fail without progress; then what is undecided has failed
	MaxDeaths   = 100             // of workers at a chunk without a sign of life in between; then likewise
	MaxSubjects = 250             // of a chunk, and of a page of planning
)

// Approval is what somebody who has seen a plan says to it.
type Approval struct {
	Digest       string
	Acknowledged bool
	OnRefused    OnRefused // empty: Skip
	By           string    // whoever says it
}

// Create adds an operation with the given ID, Action, Params, By, Reason and
// Fingerprint, and plans what can be planned at once. The same request again
// returns the operation it made: ErrReused if it was another request.
func (e *Engine) Create(ctx context.Context, op Operation, selection []byte) (Operation, error) {
	if _, ok := e.Actions[op.Action]; !ok {
		return op, ErrAction
	}
	var err error
	if op.Basis, err = e.basis(ctx, op); err != nil {
		return op, err
	}
	op.State, op.Version, op.Created = Planning, 1, e.Now()
	op.Digest = op.firstDigest()
	err = e.store.Create(ctx, op, selection)
	if errors.Is(err, ErrExists) {
		return e.Replayed(ctx, op)
	}
	if err != nil {
		return op, err
	}
	planned, err := e.planPage(ctx, op)
	if err != nil || planned.State == Planning {
		return e.queuePlanning(ctx, planned, err)
	}
	return e.planned(ctx, planned)
}

// basis reads the settings that the action would go by if it were planned now.
func (e *Engine) basis(ctx context.Context, op Operation) ([]byte, error) {
	read := e.Actions[op.Action].Basis
	if read == nil {
		return nil, nil
	}
	basis, err := read(ctx)
	if err != nil {
		return nil, fmt.Errorf("what %s goes by: %w", op.Action, err)
	}
	return basis, nil
}

// upToDate says whether an operation goes by what is so now: ErrOutdated. One that is under way
// goes by what was approved, whatever changes then.
func (e *Engine) upToDate(ctx context.Context, op Operation) error {
	now, err := e.basis(ctx, op)
	if err == nil && !bytes.Equal(now, op.Basis) {
		err = ErrOutdated
	}
	return err
}

// Replayed is the operation that the same request has made before: ErrNotFound, or ErrReused if
// another request has.
func (e *Engine) Replayed(ctx context.Context, op Operation) (Operation, error) {
	made, err := e.store.Operation(ctx, op.ID)
	if err == nil && (op.Fingerprint == "" || made.Fingerprint != op.Fingerprint) {
		return op, ErrReused
	}
	return made, err
}

// queuePlanning hands the rest of the planning to a worker. The operation is there:
// whatever failed now, the sweep goes on with it.
func (e *Engine) queuePlanning(ctx context.Context, op Operation, cause error) (Operation, error) {
	if cause != nil {
		e.Log.WarnContext(ctx, "planning left to a worker", "operation", op.ID, "error", cause)
	}
	if err := e.Queue.EnqueueWork(ctx, Work{op.ID, PlanWork}); err != nil {
		e.Log.WarnContext(ctx, "planning left to the sweep", "operation", op.ID, "error", err)
	}
	return op, nil
}

// Apply starts a planned operation, if the approval is of its plan and the plan is of what is in
// force: ErrOutdated. Approved again, it is returned as it is: the first approval has applied it.
func (e *Engine) Apply(ctx context.Context, id string, a Approval) (Operation, error) {
	return retryOnConflict(func() (Operation, error) { return e.approve(ctx, id, a) })
}

// retryOnConflict changes an operation, and tries once more if somebody else has changed it in
// between: then it may have been done, or may be refused.
func retryOnConflict(do func() (Operation, error)) (Operation, error) {
	op, err := do()
	if errors.Is(err, ErrVersion) {
		return do()
	}
	return op, err
}

// asked reads an operation that is to be changed, if it can be. Done says that there is nothing to change.
func (e *Engine) asked(ctx context.Context, id string, can func(Operation) error) (op Operation, done bool, err error) {
	if op, err = e.store.Operation(ctx, id); err == nil {
		err = can(op)
	}
	if errors.Is(err, ErrUnchanged) {
		return op, true, nil
	}
	return op, false, err
}

func (e *Engine) approve(ctx context.Context, id string, a Approval) (Operation, error) {
	op, done, err := e.asked(ctx, id, func(op Operation) error { return op.CanApply(a, e.Now()) })
	if done || err != nil {
		return op, err
	}
	if err := e.upToDate(ctx, op); err != nil {
		return op, err
	}
	op.OnRefused, op.AppliedBy = a.OnRefused, a.By
	return e.start(ctx, op)
}

func (e *Engine) start(ctx context.Context, op Operation) (Operation, error) {
	op.State, op.Applied = Running, e.Now()
	op.Version++
	if err := e.store.Save(ctx, op); err != nil {
		return op, err
	}
	if op.Chunks == 0 {
		return e.settle(ctx, op)
	}
	work := make([]Work, op.Chunks)
	for i := range work {
		work[i] = Work{op.ID, i}
	}
	e.send(ctx, op, work)
	return op, nil
}

// send queues work. What is not sent is not lost: the sweep finds its chunk unfinished.
func (e *Engine) send(ctx context.Context, op Operation, work []Work) {
	if err := e.Queue.EnqueueWork(ctx, work...); err != nil {
		e.Log.WarnContext(ctx, "chunks left to the sweep", "operation", op.ID, "error", err)
	}
}

func (e *Engine) end(ctx context.Context, op Operation, state State) (Operation, error) {
	if op.State == Planning {
		op = op.unplanned()
	}
	op.State, op.Ended = state, e.Now()
	op.Version++
	if err := e.store.Freeze(ctx, op, nil); err != nil {
		return op, err
	}
	return op, nil
}

// Retry tries again what failed, and only that, in somebody's name. The chunks come first: as long as the
// operation has not been started again no worker touches them, and a retry that
// stopped between two of them is made good by the next.
func (e *Engine) Retry(ctx context.Context, id, by string) (Operation, error) {
	return retryOnConflict(func() (Operation, error) { return e.retry(ctx, id, by) })
}

func (e *Engine) retry(ctx context.Context, id, by string) (Operation, error) {
	op, done, err := e.asked(ctx, id, Operation.CanRetry)
	if done || err != nil {
		return op, err
	}
	if err := e.upToDate(ctx, op); err != nil {
		return op, err
	}
	work, err := e.reopen(ctx, op)
	if err != nil {
		return op, err
	}
	op.State, op.Ended, op.Tally, op.Swept = Running, time.Time{}, Tally{}, SweepMark{}
	op.Retried, op.RetriedBy = e.Now(), by
	op.Version++
	if err := e.store.Save(ctx, op); err != nil {
		return op, err
	}
	e.send(ctx, op, work)
	return op, nil
}

func (e *Engine) reopen(ctx context.Context, op Operation) (work []Work, err error) {
	for c, err := range e.store.Chunks(ctx, op.ID, 0) {
		if err != nil {
			return nil, err
		}
		reopened := c.resetFailed()
		if len(reopened.Undecided()) == 0 {
			continue
		}
		if err := e.store.Reopen(ctx, op, reopened); err != nil {
			return nil, fmt.Errorf("reopen chunk %d: %w", c.Seq, err)
		}
		work = append(work, Work{op.ID, c.Seq})
	}
	return work, nil
}

// resetFailed is the chunk with what failed in it undecided.
func (c Chunk) resetFailed() Chunk {
	outcomes := make([]Outcome, len(c.Outcomes))
	for i, o := range c.Outcomes {
		if o.Result != OutcomeFailed {
			outcomes[i] = o
		}
	}
	c.Outcomes, c.Attempts, c.Faults, c.Lease = outcomes, 0, 0, time.Time{}
	return c
}

// Tally counts what became of an operation's subjects so far.
func (e *Engine) Tally(ctx context.Context, op Operation) (Tally, error) {
	if op.State.Ended() && op.Tally.subjects() == op.Impact.Subjects {
		return op.Tally, nil
	}
	t, err := e.store.Tally(ctx, op)                            // also of one that an older version has cancelled
	t.Left = op.Impact.Subjects - t.Done - t.Skipped - t.Failed // a chunk that ends meanwhile may be missed
	delete(t.Codes, Interrupted)
	return t, err
}
