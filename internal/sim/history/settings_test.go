package history

import (
	"reflect"
	"slices"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/operations"
)

// ruling is the settings in force from a step on.
type ruling struct {
	step     int
	settings customer.Settings
}

// since returns the settings that were in force at a step or later.
func (h *history) since(step int) (some []customer.Settings) {
	for i, r := range h.inForce {
		if i+1 == len(h.inForce) || h.inForce[i+1].step >= step {
			some = append(some, r.settings)
		}
	}
	return some
}

// rememberSettings stores the settings that a new operation may be planned by: all since the first
// request for it.
func (h *history) rememberSettings(op bulk.Operation) { h.approved[op.ID] = h.since(h.asked[op.ID]) }

// checkApproval checks that an operation is applied under the settings that it was planned by: the parts
// that its action uses must be the same. It stores them for checkSettings.
func (h *history) checkApproval(p *process, op bulk.Operation) {
	now := h.since(p.begun)
	both := slices.DeleteFunc(slices.Clone(h.approved[op.ID]), func(s customer.Settings) bool {
		return !slices.ContainsFunc(now, func(other customer.Settings) bool { return alike(op.Action, s, other) })
	})
	if len(both) == 0 {
		h.broken("%s: approved under other settings than planned", op.ID)
	}
	h.approved[op.ID] = both
}

// alike reports whether settings are the same for an action.
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

// checkSettings checks that an operation changes a customer by approved settings.
func (h *history) checkSettings(op bulk.Operation, after *customer.Customer) {
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
	h.broken("%s: changes %s by settings that were not approved", op.ID, after.ID)
}
