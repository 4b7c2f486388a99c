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

// An excluded customer must be in the selection, because a misspelt id would exclude no customer.
// This is checked once, when the operation is created. A customer that leaves the selection later
// is no error. Only the complete list of a search shows whether the search finds a customer, so
// that is checked at the end of the planning.

// checkExcluded refuses excluded ids that are not in the selection, each with its index.
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

// misses says why a customer is not in the selection. It is empty if the customer is, or if only the
// end of a search can show it.
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

// foundSet holds the excluded customers that a search has found so far: bit i for exclude[i].
type foundSet struct{ bits *big.Int }

const foundBase = 62

// splitPosition is the inverse of foundSet.position.
func splitPosition(position string) (cursor string, f foundSet) {
	cursor, text, _ := strings.Cut(position, " ")
	f.bits = new(big.Int)
	f.bits.SetString(text, foundBase) // leaves 0 for an empty text
	return cursor, f
}

func (f foundSet) position(cursor string) string {
	if cursor == "" || f.bits.Sign() == 0 {
		return cursor
	}
	return cursor + " " + f.bits.Text(foundBase)
}

// excludes reports whether a customer is excluded, and records that the search found it.
func (f foundSet) excludes(exclude []string, id string) (is bool) {
	for i, other := range exclude {
		if other == id {
			f.bits.SetBit(f.bits, i, 1)
			is = true
		}
	}
	return is
}

// listsLag is the longest time until a list shows a write.
const listsLag = 2 * time.Second

// checkFound ends the planning if the search has not found an excluded customer. It accepts one that
// changed after the operation was created: the search may have found it then.
func (s selector) checkFound(ctx context.Context, op bulk.Operation, exclude []string, f foundSet) error {
	var left []string
	for i, id := range exclude {
		if f.bits.Bit(i) == 0 {
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
		if c, there := found[id]; there && f.bits.Bit(i) == 0 && c.Last.At.Before(op.Created.Add(-listsLag)) {
			problems = append(problems, excluded(i)+": "+notHeld(id, "the search does not find the customer"))
		}
	}
	if len(problems) > 0 {
		return &bulk.SelectionError{Problem: strings.Join(problems[:min(len(problems), maxProblems)], "\n")}
	}
	return nil
}

const maxProblems = 10 // in one answer
