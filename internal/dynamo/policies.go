package dynamo

import (
	"slices"
	"strings"

	"lethe/internal/customer"
)

// policies are the kinds that a purge goes by. It is small, since it is on the root, and nobody
// knows at the fence of which kinds there are records: those that it doesn't name restrict.
type policies struct {
	Cascade []string           `dynamodbav:"cascade,omitempty"`
	Retain  map[string]keeping `dynamodbav:"retain,omitempty"`
}

// keeping is what is kept of records, and for how long.
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
