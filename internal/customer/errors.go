package customer

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lethe/internal/refusal"
)

// Refusals: what a Store and a Service answer when the rules don't allow something. The types below are
// refusals that say more.
var (
	ErrNotFound     = refusal.New(refusal.NotFound, "no such customer")
	ErrNoRecord     = refusal.New(refusal.RecordNotFound, "no such record")
	ErrNoParent     = refusal.New(refusal.NoParent, "the parent record does not exist")
	ErrExists       = refusal.New(refusal.Exists, "it exists already")
	ErrUnchanged    = refusal.New(refusal.Unchanged, "it is so already")
	ErrVersion      = refusal.New(refusal.VersionMismatch, "it has been changed meanwhile")
	ErrInTrash      = refusal.New(refusal.InTrash, "the customer is in the trash")
	ErrNotDeleted   = refusal.New(refusal.NotDeleted, "the customer is not deleted, or not by that deletion")
	ErrPurgeStarted = refusal.New(refusal.PurgeStarted, "the purge has started, there is no way back")
	ErrCursor       = refusal.New(refusal.BadCursor, "the cursor does not belong to this list")
	ErrConfirm      = refusal.New(refusal.ConfirmationRequired, "the confirmation does not match")
)

// What is answered only to the sweep and to workers, and has no code.
var (
	ErrNotDue = errors.New("the purge time has not come")
	ErrLeased = errors.New("another process has the lease")

	// ErrUnfinished says that a purge stopped before its deadline with work left.
	// Nothing is lost: the sweep hands it to a worker again.
	ErrUnfinished = errors.New("stopped before the deadline, the sweep goes on with it")
)

// Faults: the machinery failed, not the request, which may be made again. Every error that is named nowhere
// here is one, too.
var (
	// ErrBusy says that the store or the queue is busy, slow or out of reach: nothing is
	// known to be wrong with the request, which may be made again in a moment.
	ErrBusy = errors.New("the store is busy; nothing is known to be wrong with the request")
	// ErrFull says that the store's disk is full, as a local one's may be.
	ErrFull = errors.New("the store's disk is full")
)

// DependentsError refuses a deletion: records of restrict kinds exist.
type DependentsError struct {
	Counts map[string]int64 // by blocking kind, from the refused write itself
}

func (e *DependentsError) Error() string {
	parts := make([]string, 0, len(e.Counts))
	for _, kind := range slices.Sorted(maps.Keys(e.Counts)) {
		parts = append(parts, fmt.Sprintf("%d of kind %s", e.Counts[kind], kind))
	}
	return "records block the deletion: " + strings.Join(parts, ", ")
}

// Code is that of the refusal.
func (e *DependentsError) Code() refusal.Code { return refusal.HasDependents }

// HoldError refuses a deletion or a purge: the customer is under legal hold.
type HoldError struct {
	Holds []string // their ids, sorted
}

func (e *HoldError) Error() string {
	return "under legal hold: " + strings.Join(e.Holds, ", ")
}

// Code is that of the refusal.
func (e *HoldError) Code() refusal.Code { return refusal.OnHold }

// EmailTakenError refuses an e-mail address that another customer has. An address
// stays taken while its customer is in the trash, so that a restore finds it.
type EmailTakenError struct {
	Owner string // the customer that has it
	State State  // of the owner; restore or purge it when it is deleted
}

func (e *EmailTakenError) Error() string {
	return fmt.Sprintf("the e-mail address belongs to customer %s (%s)", e.Owner, e.State)
}

// Code is that of the refusal.
func (e *EmailTakenError) Code() refusal.Code { return refusal.EmailTaken }

// PurgedError says that a customer is gone for good, and proves it. Ids are never
// used again, so that a certificate names one customer only.
type PurgedError struct {
	Certificate Certificate
}

func (e *PurgedError) Error() string {
	return fmt.Sprintf("customer %s was purged", e.Certificate.Customer)
}

// Code is that of the refusal.
func (e *PurgedError) Code() refusal.Code { return refusal.Purged }

// ReplayError says that the change was made before under the same key.
type ReplayError struct {
	Subject string // what it was made to: a customer's id
	Same    bool   // false: the key was used for another request
	Trace   Trace  // of what was made
}

func (e *ReplayError) Error() string {
	if e.Same {
		return "done before under the same idempotency key"
	}
	return "the idempotency key was used for another request"
}

// Code is that of the refusal.
func (e *ReplayError) Code() refusal.Code { return refusal.IdempotencyKeyReused }

// ResidueError stops a purge before its certificate: something was left.
type ResidueError struct {
	Left int // items found by the consistent read-back
}

func (e *ResidueError) Error() string {
	return fmt.Sprintf("%d items are left after the erasure", e.Left)
}

// InvalidError lists what is wrong with an input, field by field.
type InvalidError struct {
	Fields []FieldError
}

// FieldError is one thing that is wrong with one field.
type FieldError struct {
	Field   string
	Problem string // what to do about it; never repeats the value, unless that is an id
}

func (e *InvalidError) Error() string {
	parts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		parts[i] = f.Field + ": " + f.Problem
	}
	return strings.Join(parts, "; ")
}

// Code is that of the refusal.
func (e *InvalidError) Code() refusal.Code { return refusal.Invalid }

// Invalid is an InvalidError about one field.
func Invalid(field, problem string) *InvalidError {
	return &InvalidError{Fields: []FieldError{{field, problem}}}
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}
