package sim

import (
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/dynamo"
	"lethe/internal/operations"
)

// large returns a profile of so many words of ten characters that the root, and from 30 words on its entry in the lists too,
// are larger than a write unit covers.
func large(id string, words int) customer.Profile {
	text := func(n int) string { return strings.TrimSpace(strings.Repeat("früchtekörbe ", n)) }
	return customer.Profile{
		Organisation: text(min(words, 8)), FirstName: text(min(words, 8)), LastName: text(min(words, 8)), Email: id + "@alfreds.example",
		Phone: "+49 30 0074321", Consents: consents(words),
	}
}

func consents(n int) map[string]bool {
	given := map[string]bool{}
	for i := range min(n, 20) {
		given[fmt.Sprintf("consent-with-a-long-name-%d", i)] = true
	}
	return given
}

// TestEstimatesGoBySize compares the write units that operations estimate with those that a table counts, for customers from
// less than a kilobyte to several.
func TestEstimatesGoBySize(t *testing.T) {
	t.Parallel()
	w, meter := NewWorld(t, policies), &dynamo.Meter{}
	service := w.Service(meter.Attach(w.Config))
	table, _ := w.Open(meter.Attach(w.Config))
	engine := operations.Engine(service, table.Operations(), noQueue{})
	engine.Log = slog.New(slog.DiscardHandler)
	const each = 10
	for _, words := range []int{1, 4, 8, 20} {
		for i := range each {
			id := fmt.Sprintf("words-%d-%d", words, i)
			if _, err := service.Create(t.Context(), id, large(id, words), byAdmin); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.Clock.Move(time.Minute)
	reason := strings.Repeat("asked by phone ", 19)
	for _, tt := range []struct {
		action    string
		selection operations.Selection
	}{
		{operations.Block, operations.Selection{Filter: &operations.Filter{State: customer.Active}}},
		{operations.Unblock, operations.Selection{Filter: &operations.Filter{State: customer.Active}}},
		{operations.Delete, operations.Selection{Filter: &operations.Filter{State: customer.Active}}},
		{operations.Restore, operations.Selection{Trash: true}},
		{operations.Delete, operations.Selection{Filter: &operations.Filter{State: customer.Active}}},
		{operations.Purge, operations.Selection{Trash: true}},
	} {
		op := bulk.Operation{ID: customer.NewID(), By: "admin", Reason: reason}
		encoded, err := operations.Request{Action: tt.action, Selection: tt.selection}.Prepare(t.Context(), service, engine, &op)
		if err == nil {
			op, err = engine.Create(t.Context(), op, encoded)
		}
		if err == nil && op.State == bulk.Ready {
			op, err = engine.Apply(t.Context(), op.ID, bulk.Approval{Digest: op.Digest, Acknowledged: true, By: "admin"})
		}
		if err != nil {
			t.Fatal(err)
		}
		meter.Reset()
		if err := engine.Do(t.Context(), bulk.Work{Operation: op.ID, Chunk: 0}); err != nil {
			t.Fatal(err)
		}
		got, want := op.Impact.Estimate.WriteUnits, meter.Reset().Write
		t.Logf("%s: %g write units estimated, %d of them for size; %g consumed", tt.action, got, op.Impact.Extra, want)
		if math.Abs(got-want) > 5+want/20 || op.Impact.Extra == 0 {
			t.Errorf("%s: %g write units estimated, %d of them for size; %g consumed", tt.action, got, op.Impact.Extra, want)
		}
	}
}
