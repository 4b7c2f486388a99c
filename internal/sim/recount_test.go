package sim

import (
	"fmt"
	"strings"
	"testing"

	"lethe/internal/customer"
	"lethe/internal/fsck"
)

// TestFsckRecountsTheTotals has totals that are right, wrong in each number, and behind by what is counted during the check.
func TestFsckRecountsTheTotals(t *testing.T) {
	t.Parallel()
	w := NewWorld(t, policies)
	service := w.Service(w.Config)
	for _, id := range []string{"a", "b", "c"} {
		create(t, service, id)
	}
	remove(t, service, "b")
	fence(t, service, "c")
	work(t, w, service)
	n := 0
	count := func(t *testing.T, delta customer.Totals) {
		n++
		e := customer.Entry{Customer: "x", Seq: fmt.Sprintf("%021d", n), At: w.Clock.Now(), Action: customer.ActionCreated, Delta: delta}
		if added, err := w.store(w.Config).Observe(t.Context(), []customer.Entry{e}); err != nil || added != 1 {
			t.Fatal(added, err)
		}
	}
	recounted := func(t *testing.T, during func()) (found []fsck.Finding) {
		c := w.checker()
		c.Totals = true
		c.Progress = func(fsck.Progress) {
			if during != nil {
				during()
				during = nil
			}
		}
		c.Segments = 1
		if _, err := c.Check(t.Context(), nil, func(f fsck.Finding) { found = append(found, f) }); err != nil {
			t.Fatal(err)
		}
		return found
	}
	count(t, customer.Totals{Active: 1, Trash: 1, Purged: 1})
	if found := recounted(t, nil); len(found) > 0 {
		t.Errorf("right totals: %v", found)
	}
	for _, wrong := range []customer.Totals{{Active: 1}, {Trash: -1}, {Purged: 1}} {
		count(t, wrong)
		if found := recounted(t, nil); len(found) != 1 || found[0].Rule != fsck.TotalsWrong || !strings.Contains(found[0].Problem, "have 1 active, 1 in the trash, 1 purged") {
			t.Errorf("%+v too many: %v", wrong, found)
		}
		if found := recounted(t, func() { count(t, customer.Totals{Active: -wrong.Active, Trash: -wrong.Trash, Purged: -wrong.Purged}) }); len(found) > 0 {
			t.Errorf("%+v too many at the beginning: %v", wrong, found)
		}
	}
	count(t, customer.Totals{Active: 2})
	if found := recounted(t, func() { count(t, customer.Totals{Purged: 1}) }); len(found) != 1 {
		t.Errorf("two too many, and one change: %v", found)
	}
	count(t, customer.Totals{Active: -2, Purged: -1})
	if found := recounted(t, nil); len(found) > 0 {
		t.Errorf("right totals again: %v", found)
	}
}
