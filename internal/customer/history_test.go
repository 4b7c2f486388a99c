package customer

import (
	"fmt"
	"maps"
	"testing"
	"time"
)

// history is a customer with a clock and a log of all requests. Its methods do what a Store does: they
// check the rules, and make the changes that these allow.
type history struct {
	customer    Customer
	now         time.Time
	generations []string // of all deletions so far
	log         []string
}

// step requests one change. A refused change must leave the customer as it was.
func (h *history) step(event, argument byte) {
	before := h.customer
	switch event % 9 {
	case 0:
		h.now = h.now.Add(time.Duration(argument) * time.Minute)
	case 1:
		h.delete(PeriodOf(time.Duration(argument%8) * time.Hour))
	case 2:
		h.restore(h.generation(argument))
	case 3:
		h.fence(Fence{Generation: h.generation(argument), OnlyDue: argument%2 == 0})
	case 4:
		h.block(argument%2 == 0)
	case 5:
		h.hold(fmt.Sprint("h", argument%3))
	case 6:
		h.lift(fmt.Sprint("h", argument%3))
	case 7:
		h.count("invoice", int64(argument%3))
	case 8:
		h.delete(Never)
	}
	h.log = append(h.log, fmt.Sprintf("%d %d: %s -> %s", event%9, argument, describe(before), describe(h.customer)))
}

// generation picks a generation that a late message may name: none, an earlier one, or the current one.
func (h *history) generation(n byte) string {
	names := append([]string{"", "never-was"}, h.generations...)
	return names[int(n)%len(names)]
}

func (h *history) delete(retention Period) {
	if h.customer.CanDelete(everyPolicy) != nil {
		return
	}
	id := fmt.Sprint("d", len(h.generations))
	h.generations = append(h.generations, id)
	h.customer.State = Deleted
	h.customer.Deletion = &Deletion{ID: id, Time: h.now, PurgeTime: retention.After(h.now)}
}

func (h *history) restore(generation string) {
	if h.customer.CanRestore(generation, h.now) == nil {
		h.customer.State, h.customer.Deletion = Active, nil
	}
}

func (h *history) fence(f Fence) {
	if h.customer.CanPurge(f, h.now) == nil {
		h.customer.State = Purging
	}
}

func (h *history) block(blocked bool) {
	if h.customer.CanBlock(blocked) == nil {
		h.customer.Blocked = blocked
	}
}

func (h *history) hold(id string) {
	if h.customer.CanHold(id) == nil {
		h.customer.Holds = maps.Clone(h.customer.Holds)
		h.customer.Holds[id] = Hold{}
	}
}

func (h *history) lift(id string) {
	if h.customer.CanLift(id) == nil {
		h.customer.Holds = maps.Clone(h.customer.Holds)
		delete(h.customer.Holds, id)
	}
}

func (h *history) count(kind string, n int64) {
	if h.customer.CanChange() == nil {
		h.customer.Counts = map[string]int64{kind: n}
	}
}

// law compares a customer before and after one event, at the time of the event.
type law struct {
	name   string
	broken func(before, after Customer, event, argument byte, now time.Time) bool
}

var laws = []law{
	{"past the fence nothing changes", func(b, a Customer, _, _ byte, _ time.Time) bool {
		return b.State == Purging && describe(b) != describe(a)
	}},
	{"a held customer is neither deleted nor purged", func(b, a Customer, _, _ byte, _ time.Time) bool {
		return len(b.Holds) > 0 && (b.State == Active && a.State != Active || a.State == Purging)
	}},
	{"only a deleted customer is purged", func(b, a Customer, _, _ byte, _ time.Time) bool {
		return a.State == Purging && b.State == Active
	}},
	{"nothing is purged by schedule before its time", func(b, a Customer, event, argument byte, now time.Time) bool {
		clock := event%9 == 3 && argument%2 == 0
		return clock && b.State == Deleted && a.State == Purging && !a.Due(now)
	}},
	{"nobody is restored after the purge time, except from under a legal hold", func(b, a Customer, _, _ byte, now time.Time) bool {
		return b.State == Deleted && a.State == Active && b.Due(now) && len(b.Holds) == 0
	}},
	{"a purge time is never moved", func(b, a Customer, _, _ byte, _ time.Time) bool {
		return b.Deletion != nil && a.Deletion != nil && *b.Deletion != *a.Deletion
	}},
	{"only blocking blocks and only unblocking unblocks", func(b, a Customer, event, _ byte, _ time.Time) bool {
		return b.Blocked != a.Blocked && event%9 != 4
	}},
	{"only placing and lifting change the holds", func(b, a Customer, event, _ byte, _ time.Time) bool {
		return len(b.Holds) != len(a.Holds) && event%9 != 5 && event%9 != 6
	}},
	{"a customer with restricting records is not deleted", func(b, a Customer, _, _ byte, _ time.Time) bool {
		return b.State == Active && a.State == Deleted && b.Counts["invoice"] > 0
	}},
	{"records of a customer that is not active do not change", func(b, a Customer, _, _ byte, _ time.Time) bool {
		return b.State != Active && b.Counts["invoice"] != a.Counts["invoice"]
	}},
}

// FuzzLifecycle makes any requests in any order, and checks that no step breaks a law. Two bytes are one
// event.
func FuzzLifecycle(f *testing.F) {
	for _, seed := range []string{
		"\x01\x01\x02\x00",                         // deleted, restored
		"\x01\x01\x02\x00\x01\x02\x02\x02\x03\x02", // deleted twice, asked to end the first
		"\x01\x01\x00\x3c\x02\x00\x03\x00\x02\x00", // due: no restore, purged, no restore
		"\x01\x01\x00\x3b\x03\x00\x00\x01\x03\x00", // purged in its minute, not before
		"\x01\x01\x05\x01\x00\xff\x03\x00\x02\x00", // held past its time: restored
		"\x05\x01\x01\x01\x06\x01\x01\x01",         // held: deleted after the hold was lifted
		"\x08\x00\x00\xff\x03\x00\x03\x01",         // never due, purged on purpose
		"\x07\x02\x01\x01\x07\x00\x01\x00\x03\x00", // restricted, then deleted at once
		"\x04\x00\x01\x01\x02\x00",                 // blocked throughout
		"\x01\x01\x03\x01\x05\x00\x04\x00\x02\x03\x06\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, events []byte) {
		h := &history{customer: active().held(), now: noon}
		for i := 0; i+1 < len(events); i += 2 {
			before := h.customer
			h.step(events[i], events[i+1])
			for _, l := range laws {
				if l.broken(before, h.customer, events[i], events[i+1], h.now) {
					t.Fatalf("%q is broken by the last of %q", l.name, h.log)
				}
			}
		}
	})
}
