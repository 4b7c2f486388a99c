package fsck

import (
	"fmt"
	"strings"
)

// maxKinds bounds what is kept in mind of a customer: there are far fewer kinds.
const maxKinds = 1000

// tree goes through the records of one customer, each parent right before what is below
// it, and keeps in mind only the way down to the present one.
type tree struct {
	counts  map[string]int64 // by kind
	lenient bool             // what is being purged may be incomplete
	path    []node
	problem func(rule Rule, r row, what string, there int64)
}

// node is a record above the present one.
type node struct {
	row

	there int64 // children seen so far
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
		t.problem(BadRecord, r, "a record that expires by itself", 0)
	}
	n := len(t.path)
	switch {
	case parent == "":
	case n > 0 && t.path[n-1].SK == parent:
		t.path[n-1].there++
	case !t.lenient:
		t.problem(ParentMissing, r, "its parent is gone", 0)
	}
	t.path = append(t.path, node{row: r})
}

// leave goes up to the record below which the next one is.
func (t *tree) popTo(next string) {
	for n := len(t.path); n > 0 && !strings.HasPrefix(next, t.path[n-1].SK+"#"); n = len(t.path) {
		last := t.path[n-1]
		t.path = t.path[:n-1]
		if last.Children != last.there && (!t.lenient || last.Children < last.there) {
			t.problem(ChildCount, last.row, fmt.Sprintf("counts %d children, has %d", last.Children, last.there), last.there)
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
