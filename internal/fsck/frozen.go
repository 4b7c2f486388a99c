package fsck

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"

	"lethe/internal/customer"
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
		e.rooted(BadState, e.dropFrozen, "%s, with the policies of a purge", r.State)
		return
	}
	for kind, k := range r.Frozen.Retain {
		if _, err := customer.ParsePeriod(k.For); err != nil || slices.Contains(r.Frozen.Cascade, kind) {
			e.rooted(BadState, e.dropFrozen, "purging by policies that contradict themselves")
			return
		}
	}
}

func (e *examination) dropFrozen(ctx context.Context) error {
	return e.updateRoot(ctx, e.bumped(expression.Remove(expression.Name("frozen")), customer.ActionRepaired))
}

// freeze is what a purge is to go by that passes the fence now: by the settings in force, which
// may be others than when this run began.
func (e *examination) freeze(ctx context.Context) (frozen, error) {
	f := frozen{Retain: map[string]keeping{}}
	s, err := e.run.settings(ctx)
	for _, k := range s.Kinds {
		switch customer.Policy(k.Policy) {
		case customer.Cascade:
			f.Cascade = append(f.Cascade, k.Name)
		case customer.Retain:
			f.Retain[k.Name] = keeping{k.Keep, k.For}
		case customer.Restrict:
		}
	}
	return f, err
}
