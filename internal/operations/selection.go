package operations

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// Selection says which customers an operation is about: exactly one of its fields but
// Exclude is set. A selection of nothing selects nothing.
type Selection struct {
	IDs       []string `json:"ids,omitempty"`
	Filter    *Filter  `json:"filter,omitempty"`
	Trash     bool     `json:"trash,omitempty"`     // all that is in the trash
	Tables    bool     `json:"tables,omitempty"`    // all that is in the raw tables; with Fsck
	Operation string   `json:"operation,omitempty"` // what that operation was done to
	Exclude   []string `json:"exclude,omitempty"`   // ids, of the filter or the trash
}

// Filter selects those that match all of it. An empty one is refused: it never means
// everything. {"state": "active"} does, of the living.
type Filter struct {
	State   customer.State `json:"state,omitempty"` // active, if none is given, or deleted
	Search  string         `json:"search,omitempty"`
	Blocked *bool          `json:"blocked,omitempty"`
}

// Limits of a selection.
const (
	MaxIDs     = 5000
	MaxExclude = 1000
)

// Validate says what is wrong with a selection.
func (s Selection) Validate() error {
	chosen := 0
	for _, is := range []bool{s.IDs != nil, s.Filter != nil, s.Trash, s.Tables, s.Operation != ""} {
		if is {
			chosen++
		}
	}
	switch {
	case chosen != 1:
		return customer.Invalid("selection", "must have exactly one of ids, filter, trash, tables and operation")
	case len(s.IDs) > MaxIDs:
		return customer.Invalid("selection.ids", "has more than 5000 ids; use a filter, or several operations")
	case len(s.Exclude) > MaxExclude:
		return customer.Invalid("selection.exclude", "has more than 1000 ids")
	case s.Exclude != nil && s.Filter == nil && !s.Trash:
		return customer.Invalid("selection.exclude", "belongs to a filter or the trash")
	case s.Filter != nil && *s.Filter == Filter{}:
		return customer.Invalid("selection.filter", `is empty, which never means everything; {"state":"active"} selects all that are not in the trash`)
	case s.Filter != nil && s.Filter.State != "" && s.Filter.State != customer.Active && s.Filter.State != customer.Deleted:
		return customer.Invalid("selection.filter.state", "must be active or deleted")
	}
	for _, id := range slices.Concat(s.IDs, s.Exclude) {
		if !customer.Identifier(id) {
			return customer.Invalid("selection", "has an id that is none")
		}
	}
	return nil
}

// Encode writes a selection for the engine to keep.
func (s Selection) Encode() ([]byte, error) {
	slices.Sort(s.IDs)
	s.IDs = slices.Compact(s.IDs)
	return json.Marshal(s)
}

// selector reads what selections select.
type selector struct {
	service *customer.Service
	store   bulk.Store
}

func (s selector) page(ctx context.Context, op bulk.Operation, selection []byte, position string, limit int) ([]string, string, error) {
	var chosen Selection
	if err := json.Unmarshal(selection, &chosen); err != nil {
		return nil, "", fmt.Errorf("operations: selection: %w", err)
	}
	switch {
	case chosen.Operation != "":
		return s.ofOperation(ctx, chosen.Operation, position)
	case chosen.Filter != nil:
		return s.filtered(ctx, *chosen.Filter, chosen.Exclude, position, limit)
	case chosen.Trash:
		return s.filtered(ctx, Filter{State: customer.Deleted}, chosen.Exclude, position, limit)
	}
	return ofIDs(chosen.IDs, position, limit)
}

func ofIDs(ids []string, position string, limit int) ([]string, string, error) {
	from := 0
	if position != "" {
		var err error
		if from, err = strconv.Atoi(position); err != nil || from > len(ids) {
			return nil, "", fmt.Errorf("operations: position %q", position)
		}
	}
	to := min(from+limit, len(ids))
	if to == len(ids) {
		return ids[from:], "", nil
	}
	return ids[from:to], strconv.Itoa(to), nil
}

func (s selector) filtered(ctx context.Context, f Filter, exclude []string, position string, limit int) ([]string, string, error) {
	state := f.State
	if state == "" {
		state = customer.Active
	}
	page, err := s.service.Customers(ctx, customer.Query{State: state, Search: f.Search, Limit: limit, Cursor: position})
	var invalid *customer.InvalidError
	if errors.As(err, &invalid) { // it will never be planned
		return nil, "", &bulk.SelectionError{Problem: invalid.Error()}
	}
	if err != nil {
		return nil, "", err
	}
	ids := make([]string, 0, len(page.Customers))
	for _, c := range page.Customers {
		if (f.Blocked == nil || *f.Blocked == c.Blocked) && !slices.Contains(exclude, c.ID) {
			ids = append(ids, c.ID)
		}
	}
	return ids, page.Cursor, nil
}

// ofOperation selects, a chunk at a time, what an operation was done to.
func (s selector) ofOperation(ctx context.Context, id, position string) ([]string, string, error) {
	from := 0
	if position != "" {
		var err error
		if from, err = strconv.Atoi(position); err != nil {
			return nil, "", fmt.Errorf("operations: position %q", position)
		}
	}
	of, err := s.store.Operation(ctx, id)
	if err != nil {
		return nil, "", err
	}
	if from >= of.Chunks {
		return nil, "", nil
	}
	c, err := s.store.Chunk(ctx, of, from)
	if err != nil {
		return nil, "", err
	}
	return c.Done(), next(from, of.Chunks), nil
}

func next(seq, chunks int) string {
	if seq+1 >= chunks {
		return ""
	}
	return strconv.Itoa(seq + 1)
}
