package bulk

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lethe/internal/refusal"
)

// Refusals of an Engine and a Store. Each has a stable code for clients.
var (
	ErrNotFound = refusal.New(refusal.NoOperation, "no such operation")
	ErrVersion  = refusal.New(refusal.OperationRunning, "another request changed the operation first")
	ErrPlanning = refusal.New(refusal.Planning, "the operation is still being planned")
	ErrRunning  = refusal.New(refusal.OperationRunning, "the operation is running")
	ErrEnded    = refusal.New(refusal.OperationEnded, "the operation has ended")
	ErrExpired  = refusal.New(refusal.PlanExpired, "the plan has expired")
	ErrStale    = refusal.New(refusal.PlanStale, "the digest does not match the plan")
	ErrOutdated = refusal.New(refusal.PlanStale, "the settings have changed since the plan was made")
	ErrConfirm  = refusal.New(refusal.AcknowledgementRequired, "the approval does not acknowledge the consequences")
	ErrCursor   = refusal.New(refusal.BadCursor, "the cursor does not belong to this list")
	ErrReused   = refusal.New(refusal.IdempotencyKeyReused, "the idempotency key was used for another request")

	ErrOwnApproval = refusal.New(refusal.OwnApproval, "the second person is the one who created or applied the operation")
	ErrNotWaiting  = refusal.New(refusal.NotWaiting, "the operation does not wait for a second person")
	ErrUnapproved  = refusal.New(refusal.ApprovalRequired, "the operation ran without a second person, and would need one now")
)

// Errors between the engine, its store and its actions. They have no code.
var (
	ErrExists    = errors.New("an operation with this id exists")
	ErrUnchanged = errors.New("the operation is in that state: nothing to change")
	ErrAction    = errors.New("no such action")

	// ErrStopped reports that no request may begin because the operation has been cancelled.
	ErrStopped = errors.New("the operation has been cancelled")
	// ErrNotBegun reports that no request was made for a subject.
	ErrNotBegun = errors.New("not begun")

	// ErrTaken reports that another worker holds the chunk, or that the chunk has ended.
	ErrTaken = errors.New("another worker holds the chunk, or it has ended")
	// ErrUnfinished reports that a worker stopped at its deadline with work left. The sweep
	// hands the chunk to another worker.
	ErrUnfinished = errors.New("stopped at the deadline; the sweep queues the rest again")
)

// Codes of an outcome, in addition to the codes of refusals.
const (
	// Changed: the subject changed after it was planned.
	Changed = "CHANGED"
	// GaveUp: all attempts failed.
	GaveUp = "GAVE_UP"
	// Interrupted: a worker began the subject, wrote no outcome, and the operation was cancelled
	// before another attempt. The action may have been applied; read the subject to find out.
	Interrupted = "INTERRUPTED"
)

// RefusedError refuses an approval with OnRefused Fail of a plan that has refused subjects.
type RefusedError struct {
	Codes map[string]int
}

func (e *RefusedError) Error() string {
	var parts []string
	for _, code := range slices.Sorted(maps.Keys(e.Codes)) {
		parts = append(parts, fmt.Sprintf("%d %s", e.Codes[code], code))
	}
	return "the rules refuse some subjects: " + strings.Join(parts, ", ")
}

// Code returns the code of the refusal.
func (e *RefusedError) Code() refusal.Code { return refusal.PlanBlocked }

// SelectionError reports a selection that can never be planned.
type SelectionError struct {
	Problem string // what is wrong and what to do; quotes no value of the selection except ids
}

func (e *SelectionError) Error() string { return "selection: " + e.Problem }
