package operations

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// Selection says which customers an operation is for. Exactly one field other than Exclude is set.
// An empty list of ids selects no customer.
type Selection struct {
	IDs       []string `json:"ids,omitempty"`
	Filter    *Filter  `json:"filter,omitempty"`
	Trash     bool     `json:"trash,omitempty"`     // all customers in the trash
	Tables    bool     `json:"tables,omitempty"`    // everything in the raw tables; for Fsck
	Operation string   `json:"operation,omitempty"` // customers that this operation was applied to
	Ledger    bool     `json:"ledger,omitempty"`    // customers that exist although the ledger certifies their purge
	Exclude   []string `json:"exclude,omitempty"`   // ids to leave out of the filter or the trash
}

// Filter selects the customers that match all of its fields. An empty filter is refused, so that a
// mistake does not select every customer; {"state": "active"} selects all that are not in the trash.
type Filter struct {
	State   customer.State `json:"state,omitempty"` // active or deleted; empty: active
	Search  string         `json:"search,omitempty"`
	Blocked *bool          `json:"blocked,omitempty"`
}

// Limits of a selection.
const (
	MaxIDs     = 5000
	MaxExclude = 1000
	MaxIDsSize = 350 << 10 // bytes of all ids: a selection is stored in one item, of at most 400 KB
)

// size returns the number of bytes that ids take when stored.
func size(ids []string) int {
	sum := 0
	for _, id := range ids {
		sum += len(id) + len(`"",`)
	}
	return sum
}

// everything reports whether the selection is as wide as a list: no ids, no operation and no search narrow it.
func (s Selection) everything() bool {
	return s.Trash || s.Filter != nil && strings.TrimSpace(s.Filter.Search) == ""
}

// Validate returns nil, or a *customer.InvalidError with each wrong field.
func (s Selection) Validate() error {
	chosen := 0
	for _, is := range []bool{s.IDs != nil, s.Filter != nil, s.Trash, s.Operation != "", s.Ledger, s.Tables} {
		if is {
			chosen++
		}
	}
	switch {
	case chosen != 1:
		return customer.Invalid("selection", fmt.Sprintf("has %d of the fields ids, filter, trash, operation, ledger and tables; give exactly one", chosen))
	case len(s.IDs) > MaxIDs:
		return customer.Invalid("selection.ids", fmt.Sprintf("has %d ids, of at most %d; use a filter, or several operations", len(s.IDs), MaxIDs))
	case size(s.IDs) > MaxIDsSize:
		return customer.Invalid("selection.ids", fmt.Sprintf("takes %d KB, of at most %d KB; use a filter, or several operations", (size(s.IDs)+1023)>>10, MaxIDsSize>>10))
	case len(s.Exclude) > MaxExclude:
		return customer.Invalid("selection.exclude", fmt.Sprintf("has %d ids, of at most %d; use a narrower filter", len(s.Exclude), MaxExclude))
	case s.Exclude != nil && s.Filter == nil && !s.Trash:
		return customer.Invalid("selection.exclude", "can only be given with filter or trash")
	case s.Filter != nil && *s.Filter == Filter{}:
		return customer.Invalid("selection.filter", `is empty; use {"state":"active"} for all customers that are not in the trash`)
	case s.Filter != nil && s.Filter.State != "" && s.Filter.State != customer.Active && s.Filter.State != customer.Deleted:
		return customer.Invalid("selection.filter.state", "must be active or deleted")
	}
	if s.Filter != nil && s.Filter.Search != "" { // a search that can't be parsed could never be planned
		if _, err := customer.ParseSearch(s.Filter.Search); err != nil {
			return within("selection.filter", err)
		}
	}
	if fields := slices.Concat(wrongIDs("selection.ids", s.IDs), wrongIDs("selection.exclude", s.Exclude)); len(fields) > 0 {
		return &customer.InvalidError{Fields: fields[:min(len(fields), maxProblems)]}
	}
	return nil
}

// wrongIDs returns a problem, with its index, for each id that is not valid.
func wrongIDs(list string, ids []string) []customer.FieldError {
	var fields []customer.FieldError
	for i, id := range ids {
		if !customer.ValidID(id) {
			fields = append(fields, customer.FieldError{Field: fmt.Sprintf("%s[%d]", list, i), Problem: customer.IDRule})
		}
	}
	return fields
}

// within prefixes the fields of a refusal with their path in the request.
func within(path string, err error) error {
	invalid, is := errors.AsType[*customer.InvalidError](err)
	if !is {
		return err
	}
	fields := slices.Clone(invalid.Fields)
	for i := range fields {
		fields[i].Field = path + "." + fields[i].Field
	}
	return &customer.InvalidError{Fields: fields}
}

// Encode returns the selection as the engine stores it, with sorted unique ids.
func (s Selection) Encode() ([]byte, error) {
	slices.Sort(s.IDs)
	s.IDs = slices.Compact(s.IDs)
	return json.Marshal(s)
}

// selector reads the customers of selections.
type selector struct {
	service *customer.Service
	store   outcomeReader
}

// outcomeReader reads the outcomes of an earlier operation.
type outcomeReader interface {
	Operation(ctx context.Context, id string) (bulk.Operation, error)
	Chunk(ctx context.Context, op bulk.Operation, seq int) (bulk.Chunk, error)
}

// selected is a page of a selection.
type selected struct {
	ids []string
	// roots are the customers with the ids. They are nil if the selection has not read them, whole and
	// consistently.
	roots []customer.Customer
}

func (s selector) page(ctx context.Context, op bulk.Operation, selection []byte, position string, limit int) (page selected, next string, err error) {
	var chosen Selection
	if err := json.Unmarshal(selection, &chosen); err != nil {
		return page, "", fmt.Errorf("operations: selection: %w", err)
	}
	switch {
	case chosen.Operation != "":
		page.ids, next, err = s.ofOperation(ctx, chosen.Operation, position, limit)
	case chosen.Ledger:
		return s.resurrected(ctx, position, limit)
	case chosen.Filter != nil:
		return s.filtered(ctx, op, *chosen.Filter, chosen.Exclude, position, limit)
	case chosen.Trash:
		return s.filtered(ctx, op, Filter{State: customer.Deleted}, chosen.Exclude, position, limit)
	default:
		page.ids, next, err = ofIDs(chosen.IDs, position, limit)
	}
	return page, next, err
}

func ofIDs(ids []string, position string, limit int) ([]string, string, error) {
	from := 0
	if position != "" {
		var err error
		if from, err = strconv.Atoi(position); err != nil || from > len(ids) {
			return nil, "", fmt.Errorf("operations: bad position %q in the ids", position)
		}
	}
	to := min(from+limit, len(ids))
	if to == len(ids) {
		return ids[from:], "", nil
	}
	return ids[from:to], strconv.Itoa(to), nil
}

func (s selector) filtered(ctx context.Context, op bulk.Operation, f Filter, exclude []string, position string, limit int) (selected, string, error) {
	cursor, found := splitPosition(strings.TrimPrefix(position, moving))
	page, err := s.service.Customers(ctx, f.query(limit, cursor))
	if invalid, is := errors.AsType[*customer.InvalidError](err); is { // the same error would come again
		return selected{}, "", &bulk.SelectionError{Problem: invalid.Error()}
	}
	if err != nil {
		return selected{}, "", err
	}
	matching := slices.DeleteFunc(page.Customers, func(c customer.Customer) bool {
		return found.excludes(exclude, c.ID) || f.Blocked != nil && *f.Blocked != c.Blocked
	})
	chosen := f.selected(matching)
	if page.Cursor == "" && f.Search != "" {
		return chosen, "", s.checkFound(ctx, op, exclude, found)
	}
	if page.Cursor != "" && (f.state() == customer.Deleted || f.Search != "") {
		page.Cursor = moving + page.Cursor
	}
	return chosen, found.position(page.Cursor), nil
}

func (f Filter) state() customer.State { return cmp.Or(f.State, customer.Active) }

func (f Filter) query(limit int, cursor string) customer.Query {
	return customer.Query{State: f.state(), Search: f.Search, Limit: limit, Cursor: cursor, Consistent: true}
}

// selected returns a page of the filter's customers. Only a search has read them whole.
func (f Filter) selected(customers []customer.Customer) selected {
	chosen := selected{ids: idsOf(customers)}
	if f.Search != "" {
		chosen.roots = customers
	}
	return chosen
}

func idsOf(customers []customer.Customer) []string {
	ids := make([]string, len(customers))
	for i, c := range customers {
		ids[i] = c.ID
	}
	return ids
}

// moving is the prefix of a position in a list if its order can change during the planning: the
// trash is sorted by purge time, the result of a search by name.
const moving = "~"

// moved reports whether the customer may have changed its place in the list during the planning. It
// may be in the plan already, and must not be planned twice.
func moved(op bulk.Operation, c customer.Customer) bool {
	return strings.HasPrefix(op.Position, moving) && !c.Last.At.Before(op.Created)
}

// ofOperation selects the customers that an operation was applied to. A page is one chunk or a part
// of it.
func (s selector) ofOperation(ctx context.Context, id, position string, limit int) ([]string, string, error) {
	chunk, from, err := parsePlace(position)
	if err != nil {
		return nil, "", err
	}
	of, err := s.store.Operation(ctx, id)
	if err != nil || chunk >= of.Chunks {
		return nil, "", err
	}
	c, err := s.store.Chunk(ctx, of, chunk)
	if err != nil {
		return nil, "", err
	}
	ids, to := c.Affected(of, from, limit)
	switch {
	case to < len(c.Subjects):
		return ids, place(chunk, to), nil
	case chunk+1 < of.Chunks:
		return ids, place(chunk+1, 0), nil
	}
	return ids, "", nil
}

// place encodes a position among the subjects of an operation.
func place(chunk, subject int) string { return fmt.Sprintf("%d.%d", chunk, subject) }

func parsePlace(position string) (chunk, subject int, err error) {
	if position == "" {
		return 0, 0, nil
	}
	before, after, _ := strings.Cut(position, ".")
	chunk, err = strconv.Atoi(before)
	subject, err2 := strconv.Atoi(after)
	if errors.Join(err, err2) != nil || chunk < 0 || subject < 0 {
		return 0, 0, fmt.Errorf("operations: bad position %q in an operation", position)
	}
	return chunk, subject, nil
}

// resurrected reads a page of the ledger, and selects the customers in it that exist.
func (s selector) resurrected(ctx context.Context, position string, limit int) (selected, string, error) {
	page, err := s.service.Certificates(ctx, customer.CertificateQuery{Limit: limit, Cursor: position})
	if err != nil {
		return selected{}, "", err
	}
	last := map[string]int64{} // number of the customer's last certificate in this page
	for _, c := range page.Certificates {
		last[c.Customer] = c.Seq
	}
	found, err := s.service.Roots(ctx, slices.Sorted(maps.Keys(last)))
	if err != nil {
		return selected{}, "", err
	}
	roots := make([]customer.Customer, 0, len(found))
	for _, root := range found {
		later, err := s.certifiedAfter(ctx, root.ID, last[root.ID])
		if err != nil {
			return selected{}, "", err
		}
		if !later {
			roots = append(roots, root)
		}
	}
	slices.SortFunc(roots, func(a, b customer.Customer) int { return strings.Compare(a.ID, b.ID) })
	return selected{idsOf(roots), roots}, page.Cursor, nil
}

// certifiedAfter reports whether a customer has a certificate after seq: a later page selects it.
func (s selector) certifiedAfter(ctx context.Context, id string, seq int64) (bool, error) {
	c, err := s.service.Certificate(ctx, id)
	if errors.Is(err, customer.ErrNotFound) {
		return false, nil // the purge stopped before its certificate could be found by customer
	}
	return c.Seq > seq, err
}
