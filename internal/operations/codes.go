package operations

import (
	"errors"

	"lethe/internal/customer"
)

// code names why the rules refuse; empty for nil and for faults of the machinery.
func code(err error) string {
	var dependents *customer.DependentsError
	var held *customer.HoldError
	var purged *customer.PurgedError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &dependents):
		return "HAS_DEPENDENTS"
	case errors.As(err, &held):
		return "ON_HOLD"
	case errors.As(err, &purged):
		return "PURGED"
	}
	for _, known := range codes {
		if errors.Is(err, known.err) {
			return known.code
		}
	}
	return ""
}

var codes = []struct {
	err  error
	code string
}{
	{customer.ErrUnchanged, "UNCHANGED"},
	{customer.ErrVersion, "CHANGED"}, // since it was planned
	{customer.ErrNotFound, "NOT_FOUND"},
	{customer.ErrNotDeleted, "NOT_DELETED"},
	{customer.ErrPurgeStarted, "PURGE_STARTED"},
	{customer.ErrInTrash, "IN_TRASH"},
}
