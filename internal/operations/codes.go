package operations

import (
	"lethe/internal/bulk"
	"lethe/internal/refusal"
)

// code names why the rules refuse; empty for nil and for faults. A version is nobody's here but the plan's.
func code(err error) string {
	why, _ := refusal.CodeOf(err)
	if why == refusal.VersionMismatch {
		return bulk.Changed
	}
	return string(why)
}
