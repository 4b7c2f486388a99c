package model

import (
	"slices"
	"strings"

	"lethe/internal/customer"
)

// delivery is a request that made a change and arrives a second time later.
type delivery struct {
	method, of string
	do         func(Verdict)
	changed    int // changes of its customer up to and including this one
}

// singleChanges are the requests that change one customer. A root remembers the last
// [customer.MaxRecent] of them.
var singleChanges = []string{"Delete", "Restore", "SetBlocked", "Hold", "Lift", "Fence", "Revise", "AddRecords", "RemoveRecords"}

// doLate makes a request. If it made a change that may arrive twice, it keeps the request for Deliver.
func (m *Model) doLate(method, of string, do func(Verdict)) {
	before := m.changes()
	if do(Through); m.changes() == before {
		return
	}
	if method == "Advance" || slices.Contains(singleChanges, method) {
		m.late = append(m.late, delivery{method, of, do, m.changed[customerOfCall(of)]})
	}
}

// customerOfCall returns the customer of a request. Of may have a record's key after the id.
func customerOfCall(of string) string {
	id, _, _ := strings.Cut(of, "#")
	return id
}

func (m *Model) changes() (sum int) {
	for _, n := range m.changed {
		sum += n
	}
	return sum
}

// Late returns the number of requests that Deliver can repeat.
func (m *Model) Late() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.late)
}

// Deliver repeats the nth of those requests and reports whether it changed something. It does not
// repeat it, and ok is false, if the customer has had more changes since than its root remembers.
func (m *Model) Deliver(n int) (c Call, changed, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.late[n]
	m.late = slices.Delete(m.late, n, n+1)
	since := m.changed[customerOfCall(d.of)] - d.changed
	if d.method != "Advance" && since >= customer.MaxRecent {
		return Call{}, false, false
	}
	before := m.changes()
	d.do(Late)
	return Call{d.method, d.of}, m.changes() > before, true
}
