package model

import (
	"slices"
	"strings"

	"lethe/internal/customer"
)

// delivery is a request that made a change and will come again.
type delivery struct {
	method, of string
	do         func(Verdict)
	changed    int // how often its customer was, with this change
}

// alone are the requests that change one customer, which remembers them for a while.
var alone = []string{"Delete", "Restore", "SetBlocked", "Hold", "Lift", "Fence", "Revise", "AddRecords", "RemoveRecords"}

// doLate makes a request, and keeps it if it changed something and its like may come again.
func (m *Model) doLate(method, of string, do func(Verdict)) {
	before := m.changes()
	if do(Through); m.changes() == before {
		return
	}
	if method == "Advance" || slices.Contains(alone, method) {
		m.late = append(m.late, delivery{method, of, do, m.changed[customerOfCall(of)]})
	}
}

// customerOfCall is the customer of a request, whose Of may go on with a record's key.
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

// Late is how many requests will come again.
func (m *Model) Late() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.late)
}

// Deliver lets the nth of those requests come again, and says whether it changed something.
// ok is false if its customer has had more changes since than it remembers: it does not come then.
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
