package dynamo_test

import (
	"fmt"
	"testing"

	"lethe/internal/customer"
	"lethe/internal/dynamo"
)

// TestCostsOfTheAuditLog counts what the stream function writes for changes, and what reading the totals takes.
func TestCostsOfTheAuditLog(t *testing.T) {
	t.Parallel()
	p := newTill(t)
	store, _ := p.world.Open(p.meter.Attach(p.world.Config))
	n := 0
	log := func(action string, changes int, counts bool, units float64) {
		entries := make([]customer.Entry, changes)
		for i := range entries {
			n++
			entries[i] = entry(fmt.Sprint("c", n), n, p.world.Clock.Now())
			if counts {
				entries[i].Delta, entries[i].Moved = customer.Totals{Active: -1, Trash: 1}, customer.Moves{Deleted: 1}
			}
		}
		p.meter.Reset()
		err := observe(t.Context(), store, entries...)
		onPage(t, action, p.costsTogether(t, action, err, 1, units, 0))
	}
	log("log a change that the totals count: a customer is added, deleted, restored or purged", 1, true, 2*(1+1+1))
	log("… 25 of them that come together", 25, true, 2*(25+1+1))
	log("log any other change", 1, false, 1)

	read := func(action string, requests int, reading func() error) dynamo.Cost {
		p.meter.Reset()
		return p.costsTogether(t, action, reading(), requests, 0, 16)
	}
	onPage(t, "read the totals", read("read the totals", 1, func() error {
		_, err := store.Totals(t.Context())
		return err
	}))
	today := customer.DayOf(p.world.Clock.Now())
	onPage(t, "read the totals of 30 days", read("read the totals of 30 days", 32, func() error {
		_, err := store.TotalsByDay(t.Context(), today.Plus(-29), today)
		return err
	}))
}
