package customer

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// everyCustomer yields a customer for each combination of all values that the rules depend on.
func everyCustomer(yield func(Customer) bool) {
	times := []time.Time{{}, noon.Add(-time.Hour), noon.Add(-1), noon, noon.Add(1), noon.Add(time.Hour)}
	counts := []map[string]int64{nil, {"invoice": 0}, {"invoice": 1}, {"chat": 1}, {"payment": 1}, {"unknown": 1}, {"invoice": 3, "booking": 2, "chat": 1}}
	roots := []Customer{active()}
	for _, purgeTime := range times {
		roots = append(roots, inTrash(purgeTime), purging(purgeTime))
	}
	for _, root := range roots {
		for _, n := range counts {
			for _, holds := range [][]string{nil, {"h"}, {"a", "b"}, manyHolds()} {
				for _, blocked := range []bool{false, true} {
					c := root.with(n).held(holds...)
					c.Blocked = blocked
					if !yield(c) {
						return
					}
				}
			}
		}
	}
}

func everyFence() []Fence {
	var fences []Fence
	for _, generation := range []string{"", "d1", "d0"} {
		fences = append(fences, Fence{Generation: generation}, Fence{Generation: generation, OnlyDue: true})
	}
	return fences
}

// rule is a statement that must be true for every customer at noon.
type rule struct {
	name   string
	broken func(Customer) bool
}

func rules() []rule {
	deleteable := func(c Customer) bool { return c.CanDelete(everyPolicy) == nil }
	restorable := func(c Customer) bool { return c.CanRestore("", noon) == nil }
	fenced := func(c Customer, f Fence) bool { return c.CanPurge(f, noon) == nil }
	somehow := func(c Customer) bool {
		return slices.ContainsFunc(everyFence(), func(f Fence) bool { return fenced(c, f) })
	}
	return []rule{
		{"a customer under legal hold is neither deleted nor purged", func(c Customer) bool {
			return len(c.Holds) > 0 && (deleteable(c) || somehow(c))
		}},
		{"only a legal hold prevents a replay", func(c Customer) bool {
			return (c.CanReplay() == nil) != (len(c.Holds) == 0 || c.State == Purging)
		}},
		{"past the fence nothing can be restored or changed", func(c Customer) bool {
			return c.State == Purging && (restorable(c) || deleteable(c) || c.CanChange() == nil || c.CanBlock(!c.Blocked) == nil || c.CanHold("new") == nil)
		}},
		{"only active customers are deleted, and only deleted ones restored", func(c Customer) bool {
			return deleteable(c) && restorable(c) || restorable(c) && c.State != Deleted || deleteable(c) && c.State != Active
		}},
		{"the sweep purges exactly what can no longer be restored", func(c Customer) bool {
			return c.State == Deleted && len(c.Holds) == 0 && restorable(c) == fenced(c, Fence{OnlyDue: true})
		}},
		{"the sweep purges nothing before its time", func(c Customer) bool {
			return fenced(c, Fence{OnlyDue: true}) && (c.Deletion.PurgeTime.IsZero() || noon.Before(c.Deletion.PurgeTime))
		}},
		{"only customers in the trash are purged", func(c Customer) bool {
			return somehow(c) && c.State != Deleted
		}},
		{"a restore or purge of another generation is refused", func(c Customer) bool {
			return !errors.Is(c.CanRestore("d0", noon), ErrNotDeleted) || !errors.Is(c.CanPurge(Fence{Generation: "d0"}, noon), ErrNotDeleted)
		}},
		{"a purge that is refused only for its time is allowed on request", func(c Customer) bool {
			return errors.Is(c.CanPurge(Fence{OnlyDue: true}, noon), ErrNotDue) && !fenced(c, Fence{})
		}},
		{"only an active customer can be changed", func(c Customer) bool {
			return (c.CanChange() == nil) != (c.State == Active)
		}},
		{"exactly the records of restricted kinds block a deletion", func(c Customer) bool {
			var e *DependentsError
			if !errors.As(c.CanDelete(everyPolicy), &e) {
				return false
			}
			for kind, n := range e.Counts {
				if n == 0 || n != c.Counts[kind] || everyPolicy.Policy(kind) != Restrict {
					return true
				}
			}
			return len(e.Counts) == 0
		}},
		{"readers see purging exactly if a restore is refused because of the purge", func(c Customer) bool {
			return (c.StateAt(noon) == Purging) != errors.Is(c.CanRestore("", noon), ErrPurgeStarted)
		}},
	}
}

func TestRulesHoldOfEveryCustomer(t *testing.T) {
	n := 0
	for c := range everyCustomer {
		n++
		for _, r := range rules() {
			if r.broken(c) {
				t.Errorf("%q is broken by %s", r.name, describe(c))
			}
		}
	}
	t.Logf("%d customers, %d rules", n, len(rules()))
}

func describe(c Customer) string {
	s := fmt.Sprintf("%s, blocked %v, holds %d, counts %v", c.State, c.Blocked, len(c.Holds), c.Counts)
	if c.Deletion != nil {
		s += fmt.Sprintf(", due %v", c.Due(noon))
	}
	return s
}
