package fsck

import (
	"fmt"
	"strings"
)

// maxKinds limits the memory for one customer. The settings allow far fewer kinds.
const maxKinds = 1000

// tree visits the records of one customer in the order of their keys, in which a parent comes before
// its children. It keeps only the path from the top to the present record.
type tree struct {
	counts  map[string]int64 // by kind
	lenient bool             // records may be missing, because a purge is running
	path    []node
	problem func(rule Rule, r row, text string, actual int64)
}

// node is a record above the present one.
type node struct {
	row

	children int64 // seen so far
	orphan   bool  // a record above it is gone
}

func (t *tree) add(r row) {
	kind, parent, ok := splitRecord(r.SK)
	t.popTo(r.SK)
	if !ok {
		t.problem(UnknownItem, r, "no record has such a key", 0)
		return
	}
	if _, known := t.counts[kind]; known || len(t.counts) < maxKinds {
		t.counts[kind]++
	}
	if r.Kind != kind {
		t.problem(BadRecord, r, fmt.Sprintf("kind %q is not the one in its key", r.Kind), 0)
	}
	if r.TTL != 0 {
		t.problem(BadRecord, r, "a record with a TTL", 0)
	}
	t.path = append(t.path, node{row: r, orphan: t.under(parent, r)})
}

// under adds r to the children of its parent, and reports whether a record above r is gone. It is a problem of every record
// below the gone one: the repair removes them all.
func (t *tree) under(parent string, r row) (orphan bool) {
	if parent == "" {
		return false
	}
	text := "its parent is gone"
	if n := len(t.path); n > 0 && t.path[n-1].SK == parent {
		above := &t.path[n-1]
		above.children++
		if !above.orphan {
			return false
		}
		text = "a record above it is gone"
	}
	if !t.lenient {
		t.problem(ParentMissing, r, text, 0)
	}
	return true
}

// popTo removes the records from the path that the record next is not below.
func (t *tree) popTo(next string) {
	for n := len(t.path); n > 0 && !strings.HasPrefix(next, t.path[n-1].SK+"#"); n = len(t.path) {
		last := t.path[n-1]
		t.path = t.path[:n-1]
		if last.orphan && !t.lenient {
			continue // its repair removes it, and those below it
		}
		if last.Children != last.children && (!t.lenient || last.Children < last.children) {
			t.problem(ChildCount, last.row, fmt.Sprintf("counts %d children, but there are %d", last.Children, last.children), last.children)
		}
	}
}

func (t *tree) end() { t.popTo("") }

func (t *tree) sum() (n int64) {
	for _, count := range t.counts {
		n += count
	}
	return n
}
