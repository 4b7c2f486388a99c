package operations

import (
	"context"
	"encoding/json"
	"fmt"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// basis is the part of the settings that an action depends on. A change of other settings does not
// make its plans stale.
type basis struct {
	Retention customer.Period `json:"retention"`
	Kinds     []customer.Kind `json:"kinds,omitempty"`
}

// byRetention selects the settings that Redate depends on.
func byRetention(s customer.Settings) basis { return basis{Retention: s.Retention} }

// byPolicies selects the settings that Delete depends on: the retention, and the policies of the
// kinds.
func byPolicies(s customer.Settings) basis {
	b := basis{Retention: s.Retention}
	for _, k := range s.Kinds {
		b.Kinds = append(b.Kinds, customer.Kind{Name: k.Name, Policy: k.Policy})
	}
	return b
}

// byKinds selects the settings that a purge depends on: the kinds. A kind that is left out restricts.
func byKinds(s customer.Settings) basis { return basis{Kinds: s.Freeze()} }

// basis returns a function that reads the present settings, not cached ones, and encodes the part
// that an action depends on.
func (a actions) basis(of func(customer.Settings) basis) func(context.Context) ([]byte, error) {
	return func(ctx context.Context) ([]byte, error) {
		s, err := a.service.Settings(ctx)
		if err != nil {
			return nil, err
		}
		return json.Marshal(of(s))
	}
}

// settings returns the settings of an operation: those stored in it, or the present ones if it has
// none because its action depends on none or an older version of Lethe planned it.
func (a actions) settings(ctx context.Context, op bulk.Operation) (customer.Settings, error) {
	if op.Basis == nil {
		return a.service.Settings(ctx)
	}
	return approved(op)
}

func approved(op bulk.Operation) (customer.Settings, error) {
	var b basis
	if err := json.Unmarshal(op.Basis, &b); err != nil {
		return customer.Settings{}, fmt.Errorf("operations: basis: %w", err)
	}
	return customer.Settings{Retention: b.Retention, Kinds: b.Kinds}, nil
}

// Retention returns the time for which the customers that an operation deletes can be restored.
func Retention(ctx context.Context, service *customer.Service, op bulk.Operation) (customer.Period, error) {
	s, err := actions{service: service}.settings(ctx, op)
	return s.Retention, err
}
