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

// prepared reads what subjects are bound to, and the settings that the operation goes by.
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

// canUndo takes only what the operation itself deleted, and nobody since: its id is the generation.
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
	Operation string `json:"operation"` // that deleted
}

func (actions) canPurge(_ bulk.Operation, c customer.Customer, _ customer.Settings, now time.Time) error {
	return c.CanPurge(customer.Fence{}, now)
}

// weight of a customer's purge: the items that there are to erase, and copies to be made of those
// to be retained.
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

// purgedTogether is how many customers pass the fence before the first of them is erased. Past it
// there is no way back, whatever is cancelled then. Their certificates are appended at once.
const purgedTogether = 50

// inGroups purges customers, a group after the other, as long as that may go on.
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

// replay purges again whom the ledger names, as the selection has made sure.
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

// RedateParams are the parameters of Redate, frozen when the operation is created, so
// that the preview and what is done go by the same.
type RedateParams struct {
	Retention customer.Period `json:"retention,omitzero"` // of what an older version planned; else the operation's basis has it
	Notice    customer.Period `json:"notice"`             // it begins when the plan is applied, however old that is
}

// redating is the retention to go by, and the time before which nobody becomes due: the notice
// after the operation was last set going, or was created, as long as it is only planned.
func redating(op bulk.Operation) (retention customer.Period, notBefore time.Time, err error) {
	p := RedateParams{Notice: customer.PeriodOf(Notice)} // an older version froze none
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

// canRedate leaves out those whose purge time stays as it is.
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
