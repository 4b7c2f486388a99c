package bulk

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// What an Engine and a Store answer when something can't be done.
var (
	ErrNotFound  = errors.New("no such operation")
	ErrExists    = errors.New("the operation exists already")
	ErrUnchanged = errors.New("it is so already")
	ErrVersion   = errors.New("the operation has been changed meanwhile")
	ErrAction    = errors.New("no such action")
	ErrPlanning  = errors.New("the operation is still being planned")
	ErrRunning   = errors.New("the operation is under way")
	ErrEnded     = errors.New("the operation has ended")
	ErrExpired   = errors.New("nobody applied the plan in time")
	ErrStale     = errors.New("the digest is not that of the plan")
	ErrOutdated  = errors.New("what the plan goes by has changed since")
	ErrConfirm   = errors.New("the consequences have not been acknowledged")
	ErrCursor    = errors.New("the cursor does not belong to this list")
	ErrReused    = errors.New("the idempotency key was used for another request")

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

// SelectionError says that a selection can't be planned, for good.
type SelectionError struct {
	Problem string // what to do about it; repeats nothing of the selection but ids
}

func (e *SelectionError) Error() string { return "selection: " + e.Problem }
