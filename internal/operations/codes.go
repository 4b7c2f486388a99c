package operations

import (
	"lethe/internal/bulk"
	"lethe/internal/refusal"
)

// code returns the code of a refusal, empty for nil and for faults. A version mismatch means that
// the customer changed after planning: a user gives no version here.
func code(err error) string {
	why, _ := refusal.CodeOf(err)
	if why == refusal.VersionMismatch {
		return bulk.Changed
	}
	return string(why)
}
