package fsck

import (
	"slices"

	"lethe/internal/customer"
	"lethe/internal/repair"
)

// frozen is what a purge goes by: the kinds that don't restrict, as they were at its fence.
type frozen struct {
	Cascade []string           `dynamodbav:"cascade,omitempty"`
	Retain  map[string]keeping `dynamodbav:"retain,omitempty"`
}

type keeping struct {
	Keep []string `dynamodbav:"keep,omitempty"`
	For  string   `dynamodbav:"for"`
}

// checkFrozen finds policies that no purge can go by. Without any it goes by the settings in
// force, as those do that an older version brought past the fence.
func (e *examination) checkFrozen() {
	r := e.root
	if r.Frozen == nil {
		return
	}
	if r.State != purging {
		e.rootProblem(BadState, e.fixRoot(repair.DropPolicies), "%s, with the policies of a purge", r.State)
		return
	}
	for kind, k := range r.Frozen.Retain {
		if _, err := customer.ParsePeriod(k.For); err != nil || slices.Contains(r.Frozen.Cascade, kind) {
			e.rootProblem(BadState, e.fixRoot(repair.DropPolicies), "purging by policies that contradict themselves")
			return
		}
	}
}
