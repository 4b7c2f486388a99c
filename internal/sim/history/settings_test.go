package history

import (
	"reflect"
	"slices"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/operations"
)

// ruling are settings, and when they came into force.
type ruling struct {
	step     int
	settings customer.Settings
}

// since lists the settings that were in force at some time since a step.
func (h *history) since(step int) (some []customer.Settings) {
	for i, r := range h.inForce {
		if i+1 == len(h.inForce) || h.inForce[i+1].step >= step {
			some = append(some, r.settings)
		}
	}
	return some
}

// begins remembers what may be planned by: all that is in force from when the first asked for it.
func (h *history) begins(op bulk.Operation) { h.approved[op.ID] = h.since(h.asked[op.ID]) }

// approves checks that an operation is applied under the settings that it was planned by: what it
// reads of them was the same when it was created, and when it was approved of. Later on it may go
// by no others.
func (h *history) approves(p *process, op bulk.Operation) {
	now := h.since(p.begun)
	both := slices.DeleteFunc(slices.Clone(h.approved[op.ID]), func(s customer.Settings) bool {
		return !slices.ContainsFunc(now, func(other customer.Settings) bool { return alike(op.Action, s, other) })
	})
	if len(both) == 0 {
		h.broken("%s: approved of under settings that it was not planned by", op.ID)
	}
	h.approved[op.ID] = both
}

// alike says whether settings mean the same to an action.
func alike(action string, a, b customer.Settings) bool {
	switch action {
	case operations.Delete:
		return a.Retention == b.Retention
	case operations.Purge:
		return reflect.DeepEqual(a.Freeze(), b.Freeze())
	case operations.Redate:
		return a.Retention == b.Retention
	}
	return true
}

// goesBy checks that what an operation does to a customer is what was approved.
func (h *history) goesBy(op bulk.Operation, after *customer.Customer) {
	for _, s := range h.approved[op.ID] {
		switch op.Action {
		case operations.Delete:
			if after.Deletion.PurgeTime.Equal(s.Retention.After(after.Deletion.Time)) {
				return
			}
		case operations.Purge:
			if reflect.DeepEqual(after.Frozen, s.Freeze()) {
				return
			}
		default:
			return
		}
	}
	h.broken("%s: changes %s by settings that nobody approved of", op.ID, after.ID)
}
