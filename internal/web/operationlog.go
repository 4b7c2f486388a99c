package web

import (
	"context"
	"fmt"
	"time"

	"lethe/internal/audit"
	"lethe/internal/bulk"
)

// logOperation logs what an administrator did to an operation, after it was done. The operation itself already says so: its item
// was written with it. If this entry can't be written, the request fails with a busy store. Repeating it changes nothing and
// writes the entry: its id and time are those of what was done.
func (a *api) logOperation(ctx context.Context, action audit.Action, op bulk.Operation, by string, at time.Time) error {
	e := audit.New(ctx, at, by, action)
	e.ID, e.Operation, e.ReasonCode, e.Subject = op.ID+"."+string(action), op.ID, op.ReasonCode, subjectOf(op)
	return a.svc.Audit.AddEntry(ctx, e)
}

// subjectOf says what an operation is, and how many customers it is about once that is known.
func subjectOf(op bulk.Operation) string {
	if op.Planned.IsZero() {
		return op.Action
	}
	return fmt.Sprintf("%s, customers: %d", op.Action, op.Impact.Eligible)
}
