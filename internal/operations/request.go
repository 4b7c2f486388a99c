package operations

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// Notice is what those in the trash get at least, unless somebody decides otherwise,
// before a new retention purges them.
const Notice = 24 * time.Hour

// Request is what somebody wants done to many customers.
type Request struct {
	Action    string
	Selection Selection
	Notice    customer.Period // with Redate
}

// Finder finds operations, as [bulk.Engine] does.
type Finder interface {
	// Operation reads one: bulk.ErrNotFound.
	Operation(ctx context.Context, id string) (bulk.Operation, error)
}

// Prepare puts the request into an operation, and returns its selection for the engine
// to keep: *customer.InvalidError, bulk.ErrRunning.
func (r Request) Prepare(ctx context.Context, service *customer.Service, earlier Finder, op *bulk.Operation) (selection []byte, err error) {
	if err := r.Selection.Validate(); err != nil {
		return nil, err
	}
	if r.Selection.Ledger != (r.Action == Replay) {
		return nil, customer.Invalid("selection.ledger", "belongs to replay, and replay to it: who is purged again is for the ledger to say")
	}
	if r.Selection.Tables != (r.Action == Fsck) {
		return nil, customer.Invalid("selection.tables", "belongs to the action fsck, and to no other")
	}
	if err := r.settled(ctx, earlier); err != nil {
		return nil, err
	}
	if err := r.Selection.checkExcluded(ctx, service); err != nil {
		return nil, err
	}
	op.Action = r.Action
	op.Reason = customer.Blot(op.Reason) // the operation outlives those it is about
	switch r.Action {
	case Undo:
		err = r.prepareUndo(op)
	case Redate:
		err = r.prepareRedate(op)
	}
	if err != nil {
		return nil, err
	}
	return r.Selection.Encode()
}

// settled refuses a selection by an operation that may be done to further customers.
func (r Request) settled(ctx context.Context, earlier Finder) error {
	if r.Selection.Operation == "" {
		return nil
	}
	of, err := earlier.Operation(ctx, r.Selection.Operation)
	switch {
	case errors.Is(err, bulk.ErrNotFound):
		return customer.Invalid("selection.operation", "is no operation")
	case err != nil:
		return err
	case of.Action == Fsck:
		return customer.Invalid("selection.operation", "was done to the tables, not to customers; give their ids")
	case of.State == bulk.Running || of.State == bulk.Cancelling:
		return bulk.ErrRunning
	case r.Action == Undo && of.Action != Delete:
		return customer.Invalid("selection.operation", "is no operation that deleted customers; nothing else can be undone")
	}
	return nil
}

func (r Request) prepareUndo(op *bulk.Operation) (err error) {
	if r.Selection.Operation == "" {
		return customer.Invalid("selection.operation", "must name the operation to undo")
	}
	op.Params, err = json.Marshal(UndoParams{r.Selection.Operation})
	return err
}

func (r Request) prepareRedate(op *bulk.Operation) (err error) {
	if _, ends := r.Notice.Length(); !ends {
		return customer.Invalid("notice", "must have a length, as P1D has; PT0S gives none")
	}
	op.Params, err = json.Marshal(RedateParams{Notice: r.Notice})
	return err
}
