package dynamo_test

import (
	"fmt"
	"testing"

	"lethe/internal/customer"
	"lethe/internal/engine"
	"lethe/internal/engine/enginetest"
)

// TestPurgeCostsOneWriteForEachItemThereWas counts from the fence to the removal of the root.
func TestPurgeCostsOneWriteForEachItemThereWas(t *testing.T) {
	t.Parallel()
	p := newTill(t)
	sizes := []int{10, 1000, 10_000}
	rows := map[int]string{10: "purge a customer with 10 records and 11 search terms", 1000: "… 1,000 records", 10_000: "… 10,000 records"}
	if enginetest.Kind() == engine.DynamoDBLocal {
		sizes = sizes[:2] // it takes minutes for the third
	}
	for _, n := range sizes {
		id := fmt.Sprintf("customer-%d", n)
		p.create(t, id)
		p.world.Fill(t, id, "ticket", n)
		items := n + len(p.terms(t, id)) + 1 + 2 // claim; root and its index entry
		if _, err := p.Delete(t.Context(), id, admin); err != nil {
			t.Fatal(err)
		}
		p.meter.Reset()
		what := fmt.Sprintf("purge, %d records", n)
		cost := p.pays(t, what, p.purge(t, id))
		onPage(t, rows[n], cost)
		// The fence moves the root and its index entry, and the certificate is written twice.
		want := float64(items + 3 + 2)
		switch {
		case enginetest.Kind() == engine.DynamoDBLocal:
			t.Logf("%s: %g write units are not compared with %g, for this engine bills no batches of statements", what, cost.Write, want)
		case cost.Write != want:
			t.Errorf("%s: there were %d items, want %g write units", what, items, want)
		}
		if limit := ceil(n, 25) + ceil(n, 1000) + 10; cost.Total() > limit {
			t.Errorf("%s: want at most %d requests", what, limit)
		}
	}
}

// TestAPurgeThatRetainsAddsItsCopies counts one more write for each record that is copied.
func TestAPurgeThatRetainsAddsItsCopies(t *testing.T) {
	t.Parallel()
	const erased, copied = 100, 1000
	p := newTill(t)
	p.create(t, "one")
	p.world.Fill(t, "one", "ticket", erased)
	p.world.Fill(t, "one", "invoice", copied)
	items := erased + copied + len(p.terms(t, "one")) + 1 + 2 // claim; root and its index entry
	if _, err := p.Delete(t.Context(), "one", admin); err != nil {
		t.Fatal(err)
	}
	p.meter.Reset()
	what := fmt.Sprintf("purge, %d records, and %d to retain", erased, copied)
	cost := p.pays(t, what, p.purge(t, "one"))
	onPage(t, "… 1,000 records to retain and 100 others", cost)
	if want := float64(items + copied + 3 + 2); cost.Write != want && enginetest.Kind() != engine.DynamoDBLocal {
		t.Errorf("%s: there were %d items, want %g write units", what, items, want)
	}
	if limit := ceil(erased+copied, 25) + ceil(copied, 25) + ceil(erased+copied, 1000) + 10; cost.Total() > limit {
		t.Errorf("%s: want at most %d requests", what, limit)
	}
}

func (p till) purge(t testing.TB, id string) error {
	t.Helper()
	if _, err := p.StartPurge(t.Context(), id, customer.Fence{}, admin); err != nil {
		return err
	}
	return p.world.Queue.Work(t.Context(), p.Service)
}

func ceil(n, by int) int { return (n + by - 1) / by }
