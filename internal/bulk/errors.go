package bulk

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lethe/internal/refusal"
)

// Refusals: what an Engine and a Store answer when something can't be done.
var (
	ErrNotFound = refusal.New(refusal.NoOperation, "no such operation")
	ErrVersion  = refusal.New(refusal.OperationRunning, "the operation has been changed meanwhile")
	ErrPlanning = refusal.New(refusal.Planning, "the operation is still being planned")
	ErrRunning  = refusal.New(refusal.OperationRunning, "the operation is under way")
	ErrEnded    = refusal.New(refusal.OperationEnded, "the operation has ended")
	ErrExpired  = refusal.New(refusal.PlanExpired, "nobody applied the plan in time")
	ErrStale    = refusal.New(refusal.PlanStale, "the digest is not that of the plan")
	ErrOutdated = refusal.New(refusal.PlanStale, "what the plan goes by has changed since")
	ErrConfirm  = refusal.New(refusal.AcknowledgementRequired, "the consequences have not been acknowledged")
	ErrCursor   = refusal.New(refusal.BadCursor, "the cursor does not belong to this list")
	ErrReused   = refusal.New(refusal.IdempotencyKeyReused, "the idempotency key was used for another request")
)

// What the engine, its workers and its callers answer each other; it has no code.
var (
	ErrExists    = errors.New("the operation exists already")
	ErrUnchanged = errors.New("it is so already")
	ErrAction    = errors.New("no such action")

	// ErrStopped says that something may not begin: the operation has been cancelled.
	ErrStopped = errors.New("the operation has been cancelled")
	// ErrNotBegun says of a subject that nothing was done to it, not even in vain.
	ErrNotBegun = errors.New("it was not begun")

	// ErrTaken says that a chunk is a worker's at the moment, or ended.
	ErrTaken = errors.New("somebody else has the chunk, or it has ended")
	// ErrUnfinished says that a worker stopped before its deadline with work left.
	// Nothing is lost: the sweep hands the chunk to a worker again.
	ErrUnfinished = errors.New("stopped before the deadline, the sweep goes on with it")
)

// Codes of a subject's outcome, beside the code of a refusal.
const (
	// Changed is the code of subjects that are no longer what they were planned as.
	Changed = "CHANGED"
	// GaveUp is the code of subjects that no attempt decided.
	GaveUp = "GAVE_UP"
	// Interrupted is the code of subjects that a worker began without leaving an outcome, and
	// that no other worker tried again since the operation was cancelled: whether it was done
	// to them, they themselves tell.
	Interrupted = "INTERRUPTED"
)

// RefusedError refuses to apply a plan some of whose subjects the rules refuse.
type RefusedError struct {
	Codes map[string]int
}

func (e *RefusedError) Error() string {
	var parts []string
	for _, code := range slices.Sorted(maps.Keys(e.Codes)) {
		parts = append(parts, fmt.Sprintf("%d %s", e.Codes[code], code))
	}
	return "some subjects can't be done: " + strings.Join(parts, ", ")
}

// Code is that of the refusal.
func (e *RefusedError) Code() refusal.Code { return refusal.PlanBlocked }

// SelectionError says that a selection can't be planned, for good.
type SelectionError struct {
	Problem string // what to do about it; repeats nothing of the selection but ids
}

func (e *SelectionError) Error() string { return "selection: " + e.Problem }
