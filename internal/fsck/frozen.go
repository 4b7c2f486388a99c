package fsck

import (
	"slices"

	"lethe/internal/customer"
	"lethe/internal/repair"
)

// frozen is the policies of a purge: the kinds that don't restrict, stored at its fence.
type frozen struct {
	Cascade []string           `dynamodbav:"cascade,omitempty"`
	Retain  map[string]keeping `dynamodbav:"retain,omitempty"`
}

type keeping struct {
	Keep []string `dynamodbav:"keep,omitempty"`
	For  string   `dynamodbav:"for"`
}

// checkFrozen finds stored policies that no purge can use. A purge without stored policies uses the
// present settings, like one that an older version of Lethe started.
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
