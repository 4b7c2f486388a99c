package operations

import (
	"context"

	"lethe/internal/admin"
	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// InForce reads what needs a second administrator, by the access rules in force.
type InForce func(context.Context) (admin.FourEyes, error)

// NeedsSecond returns the function of [bulk.Engine.NeedsSecond]: whether an operation waits for the approval of a second
// administrator. Purge and Redate do where purges wait, and so does a Delete after which a customer can't be restored
// for a day; a Delete does if it is of more customers than the rules let one administrator delete. Replay repeats what
// was approved before, and waits for nobody.
func NeedsSecond(rules InForce) func(context.Context, bulk.Operation) (bool, error) {
	return func(ctx context.Context, op bulk.Operation) (bool, error) {
		switch op.Action {
		case Purge, Redate, Delete:
			four, err := rules(ctx)
			if err != nil {
				return false, err
			}
			return covered(four, op)
		default:
			return false, nil
		}
	}
}

// covered reports whether the rules cover an operation that purges or deletes.
func covered(four admin.FourEyes, op bulk.Operation) (bool, error) {
	if op.Action != Delete {
		return four.Purges, nil
	}
	s, err := approved(op)
	return CoversDeletion(four, s, op.Impact.Eligible), err
}

// CoversDeletion reports whether a deletion of some customers under these settings needs a second administrator.
func CoversDeletion(four admin.FourEyes, s customer.Settings, customers int) bool {
	return four.Purges && s.Retention.ShortNotice() ||
		four.DeleteAbove != nil && customers > *four.DeleteAbove
}
