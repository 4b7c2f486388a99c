package web

import (
	"cmp"
	"context"

	"lethe/internal/admin"
	"lethe/internal/customer"
	"lethe/internal/operations"
)

// One administrator alone may not do to one customer what an operation with that customer needs a second one for. The
// check uses the rules in force, and a deletion uses the settings that were checked.

// mayPurgeAlone returns approvalRequired if purges need a second administrator, and a replay for a request that was
// carried out before.
func (a *api) mayPurgeAlone(ctx context.Context, ch customer.Change) error {
	return a.mayAlone(ctx, ch, func(four admin.FourEyes) bool { return four.Purges })
}

// mayDeleteAlone is like mayPurgeAlone, for a deletion under these settings.
func (a *api) mayDeleteAlone(ctx context.Context, ch customer.Change, s customer.Settings) error {
	return a.mayAlone(ctx, ch, func(four admin.FourEyes) bool { return operations.CoversDeletion(four, s, 1) })
}

func (a *api) mayAlone(ctx context.Context, ch customer.Change, covered func(admin.FourEyes) bool) error {
	four, err := a.admins.FourEyes(ctx)
	if err != nil || !covered(four) {
		return err
	}
	return cmp.Or[error](a.svc.Replayed(ctx, ch), approvalRequired)
}
