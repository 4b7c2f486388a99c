package operations

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

func (actions) canDelete(_ bulk.Operation, c customer.Customer, s customer.Settings, _ time.Time) error {
	return c.CanDelete(s)
}

// prepared decodes the states that subjects are bound to, and the settings of the operation.
func (a actions) prepared(ctx context.Context, op bulk.Operation, subjects []bulk.Subject) ([]customer.Seen, []string, customer.Settings, error) {
	seen, generations, err := unbindAll(subjects)
	if err != nil {
		return nil, nil, customer.Settings{}, err
	}
	settings, err := a.settings(ctx, op)
	return seen, generations, settings, err
}

func (a actions) delete(ctx context.Context, op bulk.Operation, subjects []bulk.Subject) ([]bulk.Outcome, error) {
	seen, _, settings, err := a.prepared(ctx, op, subjects)
	if err != nil {
		return nil, err
	}
	return outcomes(a.service.DeleteMany(ctx, seen, settings, change(op)))
}

func (actions) canRestore(_ bulk.Operation, c customer.Customer, _ customer.Settings, now time.Time) error {
	return c.CanRestore("", now)
}

// canUndo accepts only customers in the trash by the deletion of that operation: its id is the
// generation.
func (actions) canUndo(op bulk.Operation, c customer.Customer, _ customer.Settings, now time.Time) error {
	var p UndoParams
	if err := json.Unmarshal(op.Params, &p); err != nil {
		return fmt.Errorf("operations: params: %w", err)
	}
	return c.CanRestore(p.Operation, now)
}

func (a actions) restore(ctx context.Context, op bulk.Operation, subjects []bulk.Subject) ([]bulk.Outcome, error) {
	seen, generations, err := unbindAll(subjects)
	if err != nil {
		return nil, err
	}
	return outcomes(a.service.RestoreMany(ctx, seen, generations, change(op)))
}

// UndoParams are the parameters of Undo.
type UndoParams struct {
	Operation string `json:"operation"` // id of the operation that deleted
}

func (actions) canPurge(_ bulk.Operation, c customer.Customer, _ customer.Settings, now time.Time) error {
	return c.CanPurge(customer.Fence{}, now)
}

// weight returns the number of items that a customer's purge erases, plus the copies that it makes
// of retained records.
func weight(c customer.Customer, s customer.Settings) int {
	items := 1 + int(c.Records()) + len(c.Terms)
	if c.Profile.Email != "" {
		items++ // its claim
	}
	for kind, n := range c.Counts {
		if s.Policy(kind) == customer.Retain {
			items += int(n)
		}
	}
	return items
}

func (a actions) purge(ctx context.Context, op bulk.Operation, subjects []bulk.Subject) ([]bulk.Outcome, error) {
	seen, generations, settings, err := a.prepared(ctx, op, subjects)
	if err != nil {
		return nil, err
	}
	return outcomes(inGroups(len(seen), mayBegin(ctx), func(from, to int) []error {
		return a.service.PurgeMany(ctx, seen[from:to], generations[from:to], settings.Freeze(), change(op))
	}))
}

// purgedTogether is the number of customers in a group. All of a group pass the fence before the
// first is erased, and a cancellation does not stop a purge after the fence. The certificates of a
// group are appended together.
const purgedTogether = 50

// inGroups purges n customers in groups, and stops before the next group if may returns an error.
func inGroups(n int, may func() error, purge func(from, to int) []error) []error {
	results := make([]error, 0, n)
	for from := 0; from < n; from += purgedTogether {
		to := min(from+purgedTogether, n)
		if err := may(); err != nil {
			return append(results, slices.Repeat([]error{errors.Join(bulk.ErrNotBegun, err)}, n-from)...)
		}
		results = append(results, purge(from, to)...)
	}
	return results
}

func mayBegin(ctx context.Context) func() error {
	return func() error { return bulk.MayBegin(ctx) }
}

func (actions) canReplay(_ bulk.Operation, c customer.Customer, _ customer.Settings, _ time.Time) error {
	return c.CanReplay()
}

// replay purges customers again. The selection has made sure that the ledger certifies an earlier
// purge of each.
func (a actions) replay(ctx context.Context, op bulk.Operation, subjects []bulk.Subject) ([]bulk.Outcome, error) {
	seen, _, settings, err := a.prepared(ctx, op, subjects)
	if err != nil {
		return nil, err
	}
	return outcomes(inGroups(len(seen), mayBegin(ctx), func(from, to int) []error {
		return a.service.ReplayMany(ctx, seen[from:to], settings.Freeze(), change(op))
	}))
}

func (actions) canBlock(blocked bool) judge {
	return func(_ bulk.Operation, c customer.Customer, _ customer.Settings, _ time.Time) error {
		return c.CanBlock(blocked)
	}
}

func (a actions) block(blocked bool) func(context.Context, bulk.Operation, []bulk.Subject) ([]bulk.Outcome, error) {
	return func(ctx context.Context, op bulk.Operation, subjects []bulk.Subject) ([]bulk.Outcome, error) {
		seen, _, err := unbindAll(subjects)
		if err != nil {
			return nil, err
		}
		return outcomes(a.service.BlockMany(ctx, seen, blocked, change(op)))
	}
}

// RedateParams are the parameters of Redate, stored when the operation is created, so that the plan
// and the run use the same.
type RedateParams struct {
	Retention customer.Period `json:"retention,omitzero"` // set by an older version of Lethe only; now in the operation's basis
	Notice    customer.Period `json:"notice"`             // counted from the approval, not from the plan
}

// redating returns the retention to use, and the earliest purge time: the notice after the last
// start of the operation, or after its creation if it has not been applied.
func redating(op bulk.Operation) (retention customer.Period, notBefore time.Time, err error) {
	p := RedateParams{Notice: customer.PeriodOf(Notice)} // an older version of Lethe stored none
	if err := json.Unmarshal(op.Params, &p); err != nil {
		return retention, notBefore, fmt.Errorf("operations: params: %w", err)
	}
	if op.Basis != nil {
		s, err := approved(op)
		if err != nil {
			return retention, notBefore, err
		}
		p.Retention = s.Retention
	}
	from := slices.MaxFunc([]time.Time{op.Created, op.Applied, op.Retried}, time.Time.Compare)
	return p.Retention, p.Notice.After(from), nil
}

// canRedate refuses customers if their purge time stays the same.
func (actions) canRedate(op bulk.Operation, c customer.Customer, _ customer.Settings, now time.Time) error {
	if err := c.CanRedate(now); err != nil {
		return err
	}
	retention, notBefore, err := redating(op)
	if err != nil {
		return err
	}
	if customer.Redate(*c.Deletion, retention, notBefore).Equal(c.Deletion.PurgeTime) {
		return customer.ErrUnchanged
	}
	return nil
}

func (a actions) redate(ctx context.Context, op bulk.Operation, subjects []bulk.Subject) ([]bulk.Outcome, error) {
	retention, notBefore, err := redating(op)
	if err != nil {
		return nil, err
	}
	seen, _, err := unbindAll(subjects)
	if err != nil {
		return nil, err
	}
	return outcomes(a.service.RedateMany(ctx, seen, retention, notBefore, change(op)))
}
