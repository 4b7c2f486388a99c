package operations

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lethe/internal/customer"
)

func TestASelectionIsOfOneKind(t *testing.T) {
	yes := true
	many := func(n int) []string { return strings.Split(strings.Repeat("x ", n-1)+"x", " ") }
	for _, tt := range []struct {
		name      string
		selection Selection
		field     string // that is wrong; empty if none is
	}{
		{"nothing", Selection{}, "selection"},
		{"ids", Selection{IDs: []string{"a"}}, ""},
		{"no ids", Selection{IDs: []string{}}, ""},
		{"too many ids", Selection{IDs: many(MaxIDs + 1)}, "selection.ids"},
		{"as many ids as may be", Selection{IDs: many(MaxIDs)}, ""},
		{"no id", Selection{IDs: []string{"a", "#"}}, "selection"},
		{"ids and trash", Selection{IDs: []string{"a"}, Trash: true}, "selection"},
		{"a filter", Selection{Filter: &Filter{Search: "sty"}}, ""},
		{"a filter of a state", Selection{Filter: &Filter{State: customer.Active}}, ""},
		{"a filter of a flag", Selection{Filter: &Filter{Blocked: &yes}}, ""},
		{"an empty filter", Selection{Filter: &Filter{}}, "selection.filter"},
		{"a filter of no state", Selection{Filter: &Filter{State: customer.Purging}}, "selection.filter.state"},
		{"a filter and trash", Selection{Filter: &Filter{Search: "sty"}, Trash: true}, "selection"},
		{"the trash but some", Selection{Trash: true, Exclude: []string{"a"}}, ""},
		{"the trash but too many", Selection{Trash: true, Exclude: many(MaxExclude + 1)}, "selection.exclude"},
		{"the trash but no id", Selection{Trash: true, Exclude: []string{""}}, "selection"},
		{"ids but some", Selection{IDs: []string{"a"}, Exclude: []string{"a"}}, "selection.exclude"},
		{"an operation", Selection{Operation: "op"}, ""},
		{"an operation but some", Selection{Operation: "op", Exclude: []string{"a"}}, "selection.exclude"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var invalid *customer.InvalidError
			err := tt.selection.Validate()
			switch {
			case tt.field == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.field != "" && (!errors.As(err, &invalid) || invalid.Fields[0].Field != tt.field):
				t.Errorf("%v, want a problem of %s", err, tt.field)
			}
		})
	}
}

func TestEncodedIDsAreThereOnce(t *testing.T) {
	text, err := Selection{IDs: []string{"b", "a", "b"}}.Encode()
	if err != nil || string(text) != `{"ids":["a","b"]}` {
		t.Errorf("%s, %v", text, err)
	}
}

// TestPagesOfIDs reads all of some ids in pages of every size.
func TestPagesOfIDs(t *testing.T) {
	ids := []string{"a", "b", "c", "d", "e"}
	for limit := 1; limit <= len(ids)+1; limit++ {
		var read []string
		for position, pages := "", 1; ; pages++ {
			page, next, err := ofIDs(ids, position, limit)
			if err != nil || len(page) > limit || pages > len(ids) {
				t.Fatalf("page %d of %d: %v, %v", pages, limit, page, err)
			}
			if read = append(read, page...); next == "" {
				break
			}
			position = next
		}
		if !slices.Equal(read, ids) {
			t.Errorf("in pages of %d: %v", limit, read)
		}
	}
	for _, position := range []string{"x", "6", "-"} {
		if _, _, err := ofIDs(ids, position, 1); err == nil {
			t.Errorf("position %q is taken", position)
		}
	}
	if page, next, err := ofIDs(nil, "", 10); len(page) != 0 || next != "" || err != nil {
		t.Errorf("of nobody: %v, %q, %v", page, next, err)
	}
}

func TestChunksOfAnOperationFollowEachOther(t *testing.T) {
	got := fmt.Sprintf("%q %q %q", next(0, 3), next(1, 3), next(2, 3))
	if got != `"1" "2" ""` {
		t.Errorf("after chunks 0, 1, 2 of 3: %s", got)
	}
}
