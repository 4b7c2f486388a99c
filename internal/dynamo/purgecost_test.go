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
		if _, err := p.Delete(t.Context(), id, byAdmin); err != nil {
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
	if _, err := p.Delete(t.Context(), "one", byAdmin); err != nil {
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

// TestPurgesOfTheScheduleShareTheirRequests counts from the sweep to the removal of the last root.
func TestPurgesOfTheScheduleShareTheirRequests(t *testing.T) {
	t.Parallel()
	const many, recordsOfEach = customer.MaxJobs, 10
	p := newTill(t)
	items := 0
	for i := range many {
		id := fmt.Sprintf("customer-%d", i)
		p.create(t, id)
		p.world.Fill(t, id, "ticket", recordsOfEach)
		items += recordsOfEach + len(p.terms(t, id)) + 1 + 2 // claim; root and its index entry
		if _, err := p.Delete(t.Context(), id, byAdmin); err != nil {
			t.Fatal(err)
		}
	}
	p.world.Clock.Move(31 * day)
	p.meter.Reset()
	if sweep, err := p.Sweep(t.Context()); err != nil || sweep.Due != many {
		t.Fatalf("%+v, %v", sweep, err)
	}
	cost := p.pays(t, "purges of the schedule", p.PurgeMessages(t.Context(), p.world.Queue.Take())[0])
	onPage(t, "the schedule purges 100 such customers", cost)
	// The fence moves a root and its index entry, and the certificate is filed. A block has a unit for each KB.
	if most := float64(items + many*(3+1) + many*6/10); enginetest.Kind() != engine.DynamoDBLocal && cost.Write > most {
		t.Errorf("there were %d items, want at most %g write units", items, most)
	}
	// Two reads of each customer, and what the customers share.
	if limit := 2*many + ceil(items, 25) + 60; cost.Total() > limit {
		t.Errorf("want at most %d requests", limit)
	}
}

func (p till) purge(t testing.TB, id string) error {
	t.Helper()
	if _, err := p.StartPurge(t.Context(), id, customer.Fence{}, byAdmin); err != nil {
		return err
	}
	return p.world.Queue.Work(t.Context(), p.Service)
}

func ceil(n, by int) int { return (n + by - 1) / by }
