package customer

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"lethe/internal/refusal"
)

// Refusals: a Store or a Service returns one if the rules don't allow a request. Refusals with more
// information are types, below.
var (
	ErrNotFound     = refusal.New(refusal.NotFound, "there is no customer with this id")
	ErrNoRecord     = refusal.New(refusal.RecordNotFound, "there is no record with this key")
	ErrNoParent     = refusal.New(refusal.NoParent, "the parent record does not exist")
	ErrExists       = refusal.New(refusal.Exists, "a customer or record with this id already exists")
	ErrUnchanged    = refusal.New(refusal.Unchanged, "nothing to change: the customer already is as requested")
	ErrVersion      = refusal.New(refusal.VersionMismatch, "it has changed since it was read; read it again and repeat the change")
	ErrInTrash      = refusal.New(refusal.InTrash, "the customer is in the trash")
	ErrNotDeleted   = refusal.New(refusal.NotDeleted, "the customer is not in the trash, or another deletion than the given one put it there")
	ErrPurgeStarted = refusal.New(refusal.PurgeStarted, "the purge of the customer has started and cannot be stopped")
	ErrCursor       = refusal.New(refusal.BadCursor, "the cursor belongs to another list; start again without a cursor")
	ErrConfirm      = refusal.New(refusal.ConfirmationRequired, "the change needs a confirmation that matches it")
)

// Errors that only the sweep and the workers get. They have no code.
var (
	ErrNotDue = errors.New("the purge time lies in the future")
	ErrLeased = errors.New("another process holds the lease")

	// ErrUnfinished says that a purge stopped before its deadline with work left.
	// Nothing is lost: the sweep queues it for a worker again.
	ErrUnfinished = errors.New("stopped before the deadline; the sweep will continue it")
)

// Faults: the store or the queue failed. The request may be valid, and can be repeated. Every error
// that is not listed in this file is a fault, too.
var (
	// ErrBusy says that the store or the queue is busy, slow or out of reach.
	ErrBusy = errors.New("the store is busy; repeat the request in a moment")
	// ErrFull says that the store's disk is full. Only a local store has one.
	ErrFull = errors.New("the store's disk is full")
)

// DependentsError refuses a deletion: records of restrict kinds exist.
type DependentsError struct {
	Counts map[string]int64 // records by blocking kind, as the refused write saw them
}

func (e *DependentsError) Error() string {
	parts := make([]string, 0, len(e.Counts))
	for _, kind := range slices.Sorted(maps.Keys(e.Counts)) {
		parts = append(parts, fmt.Sprintf("%d of kind %s", e.Counts[kind], kind))
	}
	return "records block the deletion: " + strings.Join(parts, ", ")
}

// Code returns the code of the refusal.
func (e *DependentsError) Code() refusal.Code { return refusal.HasDependents }

// HoldError refuses a deletion or a purge: the customer is under legal hold.
type HoldError struct {
	Holds []string // their ids, sorted
}

func (e *HoldError) Error() string {
	return "under legal hold: " + strings.Join(e.Holds, ", ")
}

// Code returns the code of the refusal.
func (e *HoldError) Code() refusal.Code { return refusal.OnHold }

// EmailTakenError refuses an e-mail address that another customer has. A customer keeps its address
// while it is in the trash, so that it can be restored.
type EmailTakenError struct {
	Owner string // id of the customer that has the address
	State State  // of the owner; a deleted owner can be restored or purged
}

func (e *EmailTakenError) Error() string {
	return fmt.Sprintf("the e-mail address belongs to customer %s (%s)", e.Owner, e.State)
}

// Code returns the code of the refusal.
func (e *EmailTakenError) Code() refusal.Code { return refusal.EmailTaken }

// PurgedError says that a customer is gone for good, and has the certificate that proves it. Ids are
// never used again: a certificate stands for exactly one customer.
type PurgedError struct {
	Certificate Certificate
}

func (e *PurgedError) Error() string {
	return fmt.Sprintf("customer %s was purged", e.Certificate.Customer)
}

// Code returns the code of the refusal.
func (e *PurgedError) Code() refusal.Code { return refusal.Purged }

// ReplayError says that a change was made before under the same idempotency key.
type ReplayError struct {
	Subject string // id of the customer that was changed
	Same    bool   // the request was the same, too; false: the key was used for another request
	Trace   Trace  // of the change that was made
}

func (e *ReplayError) Error() string {
	if e.Same {
		return "the same request was handled before under this idempotency key"
	}
	return "this idempotency key was used for another request; use a new key"
}

// Code returns the code of the refusal.
func (e *ReplayError) Code() refusal.Code { return refusal.IdempotencyKeyReused }

// ResidueError stops a purge before its certificate: items of the customer are left.
type ResidueError struct {
	Left int // items found by the consistent read-back
}

func (e *ResidueError) Error() string {
	return fmt.Sprintf("the erasure left %d items", e.Left)
}

// InvalidError lists what is wrong with an input, field by field.
type InvalidError struct {
	Fields []FieldError
}

// FieldError is one thing that is wrong with one field.
type FieldError struct {
	Field   string
	Problem string // what is wrong and what to do; never repeats the value unless it is an id
}

func (e *InvalidError) Error() string {
	parts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		parts[i] = f.Field + ": " + f.Problem
	}
	return strings.Join(parts, "; ")
}

// Code returns the code of the refusal.
func (e *InvalidError) Code() refusal.Code { return refusal.Invalid }

// Invalid returns an InvalidError about one field.
func Invalid(field, problem string) *InvalidError {
	return &InvalidError{Fields: []FieldError{{field, problem}}}
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}
