package operations

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// Notice is the default time that customers in the trash have at least before a new retention
// purges them.
const Notice = 24 * time.Hour

// Request asks for an operation.
type Request struct {
	Action    string
	Selection Selection
	Notice    customer.Period // of Redate
}

// Finder reads operations. A [bulk.Engine] is one.
type Finder interface {
	// Operation reads one: bulk.ErrNotFound.
	Operation(ctx context.Context, id string) (bulk.Operation, error)
}

// Prepare sets the action, parameters and redacted reason of an operation, and returns the encoded
// selection for the engine: *customer.InvalidError, or bulk.ErrRunning if the selection names an
// operation that is running.
func (r Request) Prepare(ctx context.Context, service *customer.Service, earlier Finder, op *bulk.Operation) (selection []byte, err error) {
	if err := r.Selection.Validate(); err != nil {
		return nil, err
	}
	if r.Selection.Ledger != (r.Action == Replay) {
		return nil, customer.Invalid("selection.ledger", "is for the action replay, and replay needs it: the ledger determines which customers are purged again")
	}
	if r.Selection.Tables != (r.Action == Fsck) {
		return nil, customer.Invalid("selection.tables", "is for the action fsck, and fsck needs it")
	}
	if err := r.checkOperation(ctx, earlier); err != nil {
		return nil, err
	}
	if err := r.Selection.checkExcluded(ctx, service); err != nil {
		return nil, err
	}
	op.Action = r.Action
	op.Reason = customer.Blot(op.Reason) // the operation outlives its customers
	switch r.Action {
	case Delete:
		err = r.prepareDelete(op)
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

// checkOperation checks the operation that a selection names. It refuses one that is running, because
// that may still change further customers.
func (r Request) checkOperation(ctx context.Context, earlier Finder) error {
	if r.Selection.Operation == "" {
		return nil
	}
	of, err := earlier.Operation(ctx, r.Selection.Operation)
	switch {
	case errors.Is(err, bulk.ErrNotFound):
		return customer.Invalid("selection.operation", "names no operation; operations are kept as long as the audit log")
	case err != nil:
		return err
	case of.Action == Fsck:
		return customer.Invalid("selection.operation", "names an fsck, which is about the tables; give the ids of the customers")
	case of.State == bulk.Running || of.State == bulk.Cancelling:
		return bulk.ErrRunning
	case r.Action == Undo && of.Action != Delete:
		return customer.Invalid("selection.operation", "names an operation that did not delete customers; only the action delete can be undone")
	}
	return nil
}

// DeleteParams are the parameters of Delete. An operation without them has the zero value.
type DeleteParams struct {
	Everything bool `json:"everything"` // the selection has neither ids nor a search
}

// prepareDelete notes how wide the selection is: the selection itself is removed when the plan is made.
func (r Request) prepareDelete(op *bulk.Operation) (err error) {
	if r.Selection.everything() {
		op.Params, err = json.Marshal(DeleteParams{Everything: true})
	}
	return err
}

// SelectsEverything reports whether the operation deletes all customers in a state, and not some that ids, a search or an
// operation name.
func SelectsEverything(op bulk.Operation) bool {
	var p DeleteParams
	return op.Action == Delete && len(op.Params) > 0 && (json.Unmarshal(op.Params, &p) != nil || p.Everything)
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
		return customer.Invalid("notice", "must be a length of time, such as P1D, or PT0S for no notice")
	}
	op.Params, err = json.Marshal(RedateParams{Notice: r.Notice})
	return err
}
