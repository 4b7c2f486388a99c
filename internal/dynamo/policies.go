package dynamo

import (
	"slices"
	"strings"

	"lethe/internal/customer"
)

// policies are the policies of kinds that a purge applies. They are stored on the root, so they are small: kinds
// with the policy restrict are left out. It is unknown at the fence which kinds the records have.
type policies struct {
	Cascade []string           `dynamodbav:"cascade,omitempty"`
	Retain  map[string]keeping `dynamodbav:"retain,omitempty"`
}

// keeping has the fields of records to keep, and for how long.
type keeping struct {
	Keep []string `dynamodbav:"keep,omitempty"`
	For  string   `dynamodbav:"for"`
}

func newPolicies(kinds []customer.Kind) *policies {
	out := policies{Retain: map[string]keeping{}}
	for _, k := range kinds {
		switch k.Policy {
		case customer.Cascade:
			out.Cascade = append(out.Cascade, k.Name)
		case customer.Retain:
			out.Retain[k.Name] = keeping{k.Keep, k.For.String()}
		case customer.Restrict:
		}
	}
	return &out
}

// kinds is the inverse of newPolicies.
func (p policies) kinds(parse *timeParser) []customer.Kind {
	kinds := []customer.Kind{}
	for _, name := range p.Cascade {
		kinds = append(kinds, customer.Kind{Name: name, Policy: customer.Cascade})
	}
	for name, k := range p.Retain {
		kinds = append(kinds, customer.Kind{Name: name, Policy: customer.Retain, Keep: k.Keep, For: parse.period(k.For)})
	}
	slices.SortFunc(kinds, func(a, b customer.Kind) int { return strings.Compare(a.Name, b.Name) })
	return kinds
}
