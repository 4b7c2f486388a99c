package operations

import (
	"context"
	"encoding/json"
	"fmt"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// basis is what of the settings an action goes by. A change of the rest makes no plan stale.
type basis struct {
	Retention customer.Period `json:"retention"`
	Kinds     []customer.Kind `json:"kinds,omitempty"`
}

// byRetention is what moves the purge times of those in the trash.
func byRetention(s customer.Settings) basis { return basis{Retention: s.Retention} }

// byPolicies is what deletes: how long those can be restored, and which kinds keep a customer.
func byPolicies(s customer.Settings) basis {
	b := basis{Retention: s.Retention}
	for _, k := range s.Kinds {
		b.Kinds = append(b.Kinds, customer.Kind{Name: k.Name, Policy: k.Policy})
	}
	return b
}

// byKinds is what purges: what becomes of the records. A kind that is left out restricts.
func byKinds(s customer.Settings) basis { return basis{Kinds: s.Freeze()} }

// basis reads what an action goes by. The settings are those in force, not those read a moment ago.
func (a actions) basis(of func(customer.Settings) basis) func(context.Context) ([]byte, error) {
	return func(ctx context.Context) ([]byte, error) {
		s, err := a.service.Settings(ctx)
		if err != nil {
			return nil, err
		}
		return json.Marshal(of(s))
	}
}

// settings are those that an operation goes by. An operation without a basis goes by those in
// force: its action reads none, or an older version planned it.
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

// Retention is how long the customers that an operation deletes can be restored.
func Retention(ctx context.Context, service *customer.Service, op bulk.Operation) (customer.Period, error) {
	s, err := actions{service: service}.settings(ctx, op)
	return s.Retention, err
}
