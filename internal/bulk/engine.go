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

// Engine runs operations. See [New].
type Engine struct {
	clock.Clock

	Queue   Queue
	Actions map[string]Action
	// Metered returns a context, and a function that returns the usage of requests made
	// with it. Nil measures nothing.
	Metered func(ctx context.Context) (context.Context, func() Usage)
	// NeedsSecond reports whether a planned operation waits for a second person when it is applied. Apply and Retry
	// ask it each time. Nil: none waits.
	NeedsSecond func(ctx context.Context, op Operation) (bool, error)
	Log         *slog.Logger

	store Store // unexported: callers use the engine's methods
}

// New returns an engine that keeps its operations in store.
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

// Action defines how an operation plans its subjects and what it does to them.
type Action struct {
	// Basis reads the settings that the action depends on, encoded. Create stores them in
	// the operation, and Plan and Run use the stored ones. Apply and Retry refuse an operation
	// when the current settings differ. Nil: the action depends on no settings.
	Basis func(ctx context.Context) ([]byte, error)
	// Plan reads up to limit subjects of the selection, starting at the operation's Position,
	// checks each against the rules, and binds it to its present state. It leaves out or refuses
	// subjects that don't exist. next is empty after the last page. A *SelectionError ends the
	// planning for good. After any other error the same page is planned again.
	Plan func(ctx context.Context, op Operation, selection []byte, limit int) (subjects []Subject, next string, err error)
	// Run applies the action to subjects, each only in the state that it was planned in. For a
	// subject that the action was applied to before, it reports OutcomeDone again. It calls
	// [MayBegin] before each request that changes subjects. An undecided outcome is tried again;
	// with the code Interrupted the action may have been applied.
	Run func(ctx context.Context, op Operation, subjects []Subject) ([]Outcome, error)
	// Estimate returns the expected usage of applying a plan. Nil: no estimate.
	Estimate func(Impact) Usage
	// MaxWeight is the largest total weight of the subjects in a chunk.
	MaxWeight int
	// Harmless actions start without approval as soon as they are planned.
	Harmless bool
}

// Limits of operations.
const (
	PlanLife    = 24 * time.Hour  // a plan expires after it
	ChunkLease  = 6 * time.Minute // the lease of a worker without a deadline; see leaseOf
	MaxAttempts = 20              // failed attempts on a chunk without progress; then its undecided subjects fail
	MaxDeaths   = 100             // workers in a row that die on a chunk; then its undecided subjects fail
	MaxSubjects = 500             // in a chunk, and in the page that Create plans while a caller waits
	PagePlanned = 1000            // subjects in a page that a worker plans
)

// Approval is a user's consent to a plan, given after reading it.
type Approval struct {
	Digest       string
	Acknowledged bool
	OnRefused    OnRefused // empty: Skip
	By           string    // the user who approves
}

// Create adds an operation with the given ID, Action, Params, By, Reason and Fingerprint,
// and plans its first page. A repeated request returns the operation that the first one
// created. It returns ErrAction for an unknown action, and ErrReused if a different request
// used the ID.
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
	planned, err := e.planPage(ctx, op, &planner{selection, MaxSubjects})
	if err != nil || planned.State == Planning {
		return e.queuePlanning(ctx, planned, err)
	}
	return e.planned(ctx, planned)
}

// basis reads the present settings that the action depends on.
func (e *Engine) basis(ctx context.Context, op Operation) ([]byte, error) {
	read := e.Actions[op.Action].Basis
	if read == nil {
		return nil, nil
	}
	basis, err := read(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the settings of action %s: %w", op.Action, err)
	}
	return basis, nil
}

// checkBasis returns ErrOutdated if the settings changed after the operation was created. An
// operation that is running is not checked: it keeps the approved settings.
func (e *Engine) checkBasis(ctx context.Context, op Operation) error {
	now, err := e.basis(ctx, op)
	if err == nil && !bytes.Equal(now, op.Basis) {
		err = ErrOutdated
	}
	return err
}

// Replayed returns the operation that an earlier copy of the same request created: ErrNotFound
// if there was no earlier request, ErrReused if a different request used its ID.
func (e *Engine) Replayed(ctx context.Context, op Operation) (Operation, error) {
	made, err := e.store.Operation(ctx, op.ID)
	if err == nil && (op.Fingerprint == "" || made.Fingerprint != op.Fingerprint) {
		return op, ErrReused
	}
	return made, err
}

// queuePlanning hands the rest of the planning to a worker. The operation is stored, so
// an error here is only logged: the sweep queues the planning again.
func (e *Engine) queuePlanning(ctx context.Context, op Operation, cause error) (Operation, error) {
	if cause != nil {
		e.Log.WarnContext(ctx, "planning left to a worker", "operation", op.ID, "error", cause)
	}
	if err := e.Queue.EnqueueWork(ctx, Work{op.ID, PlanWork}); err != nil {
		e.Log.WarnContext(ctx, "planning left to the sweep", "operation", op.ID, "error", err)
	}
	return op, nil
}

// Apply starts a planned operation, or makes it wait for a second person: see Approve. The approval must name the
// digest of its plan (ErrStale), and the settings must be those of the plan (ErrOutdated); [Operation.CanApply] lists
// the other errors. Applying the same plan again changes nothing and returns the operation.
func (e *Engine) Apply(ctx context.Context, id string, a Approval) (Operation, error) {
	return retryOnConflict(func() (Operation, error) { return e.apply(ctx, id, a) })
}

// retryOnConflict calls do, and calls it once more if another writer changed the operation
// first. The second call reads the new state and may refuse it.
func retryOnConflict(do func() (Operation, error)) (Operation, error) {
	op, err := do()
	if errors.Is(err, ErrVersion) {
		return do()
	}
	return op, err
}

// load reads an operation that can allows to change. done is true if there is nothing to change.
func (e *Engine) load(ctx context.Context, id string, can func(Operation) error) (op Operation, done bool, err error) {
	if op, err = e.store.Operation(ctx, id); err == nil {
		err = can(op)
	}
	if errors.Is(err, ErrUnchanged) {
		return op, true, nil
	}
	return op, false, err
}

func (e *Engine) apply(ctx context.Context, id string, a Approval) (Operation, error) {
	op, done, err := e.load(ctx, id, func(op Operation) error { return op.CanApply(a, e.Now()) })
	if done || err != nil {
		return op, err
	}
	if err := e.checkBasis(ctx, op); err != nil {
		return op, err
	}
	op.OnRefused = a.OnRefused
	if needs, err := e.needsSecond(ctx, op); err != nil {
		return op, err
	} else if needs {
		return e.request(ctx, op, a.By)
	}
	op.AppliedBy = a.By
	return e.start(ctx, op)
}

func (e *Engine) start(ctx context.Context, op Operation) (Operation, error) {
	op.State, op.Applied = Running, e.Now()
	op.Version++
	if err := e.store.Save(ctx, op); err != nil {
		return op, err
	}
	if op.Chunks == 0 {
		return e.endIfComplete(ctx, op)
	}
	work := make([]Work, op.Chunks)
	for i := range work {
		work[i] = Work{op.ID, i}
	}
	e.send(ctx, op, work)
	return op, nil
}

// send queues work. An error is only logged: the sweep queues unfinished chunks again.
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

// Retry runs the failed subjects of an ended operation again, and no others. by is the user who
// asks for it. [Operation.CanRetry] lists the refusals, and there is ErrUnapproved for an operation that would need a
// second person now and had none. Retry reopens the chunks before it starts the operation: no worker touches a chunk
// until then, so a later Retry can complete one that stopped halfway.
func (e *Engine) Retry(ctx context.Context, id, by string) (Operation, error) {
	return retryOnConflict(func() (Operation, error) { return e.retry(ctx, id, by) })
}

func (e *Engine) retry(ctx context.Context, id, by string) (Operation, error) {
	op, done, err := e.load(ctx, id, Operation.CanRetry)
	if done || err != nil {
		return op, err
	}
	if err := e.checkBasis(ctx, op); err != nil {
		return op, err
	}
	if err := e.checkApproved(ctx, op); err != nil {
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

// resetFailed returns the chunk with its failed subjects undecided again.
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

// Tally counts the subjects of an operation by their outcomes so far. It reads no chunk of a plan
// that has not been applied.
func (e *Engine) Tally(ctx context.Context, op Operation) (Tally, error) {
	switch {
	case op.State.Ended() && op.Tally.subjects() == op.Impact.Subjects:
		return op.Tally, nil
	case op.Applied.IsZero():
		return op.untouched(), nil
	}
	t, err := e.store.Tally(ctx, op)                            // also if an older version of Lethe cancelled it
	t.Left = op.Impact.Subjects - t.Done - t.Skipped - t.Failed // the reading may miss a chunk that ends during it
	delete(t.Codes, Interrupted)
	return t, err
}
