package operations

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

func TestASelectionIsOfOneKind(t *testing.T) {
	yes := true
	many := func(n int) []string { return strings.Split(strings.Repeat("x ", n-1)+"x", " ") }
	for _, tt := range []struct {
		name      string
		selection Selection
		field     string // the wrong field; empty if all are right
	}{
		{"nothing", Selection{}, "selection"},
		{"ids", Selection{IDs: []string{"a"}}, ""},
		{"no ids", Selection{IDs: []string{}}, ""},
		{"too many ids", Selection{IDs: many(MaxIDs + 1)}, "selection.ids"},
		{"the largest number of ids", Selection{IDs: many(MaxIDs)}, ""},
		{"no id", Selection{IDs: []string{"a", "#"}}, "selection.ids[1]"},
		{"ids and trash", Selection{IDs: []string{"a"}, Trash: true}, "selection"},
		{"a filter", Selection{Filter: &Filter{Search: "sty"}}, ""},
		{"a filter of a state", Selection{Filter: &Filter{State: customer.Active}}, ""},
		{"a filter of a flag", Selection{Filter: &Filter{Blocked: &yes}}, ""},
		{"a filter of one letter", Selection{Filter: &Filter{Search: "s"}}, "selection.filter.search"},
		{"a filter of one letter of a script without spaces", Selection{Filter: &Filter{Search: "李"}}, ""},
		{"an empty filter", Selection{Filter: &Filter{}}, "selection.filter"},
		{"a filter of an unknown state", Selection{Filter: &Filter{State: customer.Purging}}, "selection.filter.state"},
		{"a filter and trash", Selection{Filter: &Filter{Search: "sty"}, Trash: true}, "selection"},
		{"the trash but some", Selection{Trash: true, Exclude: []string{"a"}}, ""},
		{"the trash but too many", Selection{Trash: true, Exclude: many(MaxExclude + 1)}, "selection.exclude"},
		{"the trash but no id", Selection{Trash: true, Exclude: []string{"a", "b", ""}}, "selection.exclude[2]"},
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

// TestPagesOfIDs reads ids in pages of every size.
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
		t.Errorf("no ids: %v, %q, %v", page, next, err)
	}
}

// TestPagesOfAnOperation reads the affected customers of an operation of two chunks, in pages of every size.
func TestPagesOfAnOperation(t *testing.T) {
	chunk := func(seq int, ids ...string) bulk.Chunk {
		c := bulk.Chunk{Seq: seq}
		for _, id := range ids {
			c.Subjects = append(c.Subjects, bulk.Subject{ID: id})
			c.Outcomes = append(c.Outcomes, bulk.Outcome{Result: bulk.OutcomeDone})
		}
		return c
	}
	s := selector{store: kept{chunks: []bulk.Chunk{chunk(0, "a", "b", "c"), chunk(1, "d", "e")}}}
	for limit := 1; limit <= 4; limit++ {
		var read []string
		for position, pages := "", 1; ; pages++ {
			page, next, err := s.ofOperation(t.Context(), "op", position, limit)
			if err != nil || len(page) > limit || pages > 5 {
				t.Fatalf("page %d of %d: %v, %v", pages, limit, page, err)
			}
			if read = append(read, page...); next == "" {
				break
			}
			position = next
		}
		if got := strings.Join(read, ""); got != "abcde" {
			t.Errorf("in pages of %d: %s", limit, got)
		}
	}
	for _, position := range []string{"1", "x.1", "1.x", "-1.0"} {
		if _, _, err := s.ofOperation(t.Context(), "op", position, 1); err == nil {
			t.Errorf("position %q is taken", position)
		}
	}
}

// kept is a store with one operation.
type kept struct {
	bulk.Store

	op     bulk.Operation
	chunks []bulk.Chunk
}

func (k kept) Operation(context.Context, string) (bulk.Operation, error) {
	k.op.Chunks = len(k.chunks)
	return k.op, nil
}

func (k kept) Chunk(_ context.Context, _ bulk.Operation, seq int) (bulk.Chunk, error) {
	return k.chunks[seq], nil
}
