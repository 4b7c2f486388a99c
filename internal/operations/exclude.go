package operations

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// An excluded customer must be in the selection: a misspelt id would leave out nobody. This is
// checked once, when the operation is created. A customer that leaves the selection later is left
// out all the same, and fails nothing. Whether a search finds a customer only its list can say,
// at the end of the planning.

// checkExcluded refuses ids that the selection doesn't hold, each by its index.
func (s Selection) checkExcluded(ctx context.Context, service *customer.Service) error {
	if len(s.Exclude) == 0 {
		return nil
	}
	found, err := customersOf(ctx, service, s.Exclude)
	if err != nil {
		return err
	}
	var fields []customer.FieldError
	for i, id := range s.Exclude {
		c, there := found[id]
		if why := s.misses(c, there); why != "" {
			fields = append(fields, customer.FieldError{Field: excluded(i), Problem: notHeld(id, why)})
		}
	}
	if len(fields) > 0 {
		return &customer.InvalidError{Fields: fields}
	}
	return nil
}

func excluded(i int) string { return fmt.Sprintf("selection.exclude[%d]", i) }

func notHeld(id, why string) string {
	return fmt.Sprintf("id %q is not in the selection: %s; correct it, or leave it out", id, why)
}

// misses says why a customer is not in the selection, empty if it is, or if only a search can tell.
func (s Selection) misses(c customer.Customer, there bool) string {
	inTrash := s.Trash || s.Filter.State == customer.Deleted
	switch {
	case !there:
		return "no customer has it (upper and lower case differ)"
	case inTrash && c.State == customer.Active:
		return "the customer is not in the trash"
	case !inTrash && c.State != customer.Active:
		return "the customer is in the trash"
	case s.Filter == nil || s.Filter.Blocked == nil || *s.Filter.Blocked == c.Blocked:
		return ""
	case c.Blocked:
		return "the customer is blocked"
	}
	return "the customer is not blocked"
}

func customersOf(ctx context.Context, service *customer.Service, ids []string) (map[string]customer.Customer, error) {
	roots, err := service.Roots(ctx, slices.Compact(slices.Sorted(slices.Values(ids))))
	if err != nil {
		return nil, err
	}
	found := make(map[string]customer.Customer, len(roots))
	for _, c := range roots {
		found[c.ID] = c
	}
	return found, nil
}

// met are the excluded customers that a search has found so far, by their indices.
type met struct{ bits *big.Int }

const metBase = 62

// splitPosition is the inverse of met.position.
func splitPosition(position string) (cursor string, m met) {
	cursor, text, _ := strings.Cut(position, " ")
	m.bits = new(big.Int)
	m.bits.SetString(text, metBase) // nothing is read as 0
	return cursor, m
}

func (m met) position(cursor string) string {
	if cursor == "" || m.bits.Sign() == 0 {
		return cursor
	}
	return cursor + " " + m.bits.Text(metBase)
}

// meet notes a customer, and says whether it is among the excluded.
func (m met) meet(exclude []string, id string) (is bool) {
	for i, other := range exclude {
		if other == id {
			m.bits.SetBit(m.bits, i, 1)
			is = true
		}
	}
	return is
}

// listsLag is how long a list may not show what has been written.
const listsLag = 2 * time.Second

// missed ends the planning when a search has found one of the excluded nowhere, unless the
// customer has changed since the operation was created: it was there when that was asked for.
func (s selector) missed(ctx context.Context, op bulk.Operation, exclude []string, m met) error {
	var left []string
	for i, id := range exclude {
		if m.bits.Bit(i) == 0 {
			left = append(left, id)
		}
	}
	if len(left) == 0 {
		return nil
	}
	found, err := customersOf(ctx, s.service, left)
	if err != nil {
		return err
	}
	var problems []string
	for i, id := range exclude {
		if c, there := found[id]; there && m.bits.Bit(i) == 0 && c.Last.At.Before(op.Created.Add(-listsLag)) {
			problems = append(problems, excluded(i)+": "+notHeld(id, "the search does not find the customer"))
		}
	}
	if len(problems) > 0 {
		return &bulk.SelectionError{Problem: strings.Join(problems[:min(len(problems), maxProblems)], "\n")}
	}
	return nil
}

const maxProblems = 10 // told of at once
