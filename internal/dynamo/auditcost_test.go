package dynamo_test

import (
	"fmt"
	"testing"
	"time"

	"lethe/internal/audit"
	"lethe/internal/customer"
	"lethe/internal/dynamo"
)

// TestCostsOfTheAuditLog counts what the stream function writes for changes, and what reading the totals takes. Each entry is
// a unit in the index of days, too.
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
	log("log a change that the totals count: a customer is added, deleted, restored or purged", 1, true, 2*(1+1+1)+1)
	log("… 25 of them that come together", 25, true, 2*(25+1+1)+25)
	log("log any other change", 1, false, 1+1)
	p.meter.Reset()
	one := audit.New(t.Context(), p.world.Clock.Now(), "admin", audit.Refused)
	err := store.AddEntry(t.Context(), one)
	onPage(t, "log what changes no customer: a sign-in, a refusal, an export", p.costsTogether(t, "a refusal", err, 1, 2, 0))
	p.meter.Reset()
	err = store.AddEntry(t.Context(), one)
	p.costsTogether(t, "the same again", err, 1, 0, 0) // what a refused insertion costs is in no answer

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

// TestAPageOfADayIsReadInOneRound counts what a page of a long day costs: half a read unit for each shard and 4 KB, as a page of
// customers does. With a filter that few entries pass, it reads on twice as far in each round.
func TestAPageOfADayIsReadInOneRound(t *testing.T) {
	t.Parallel()
	p := newTill(t)
	store, _ := p.world.Open(p.meter.Attach(p.world.Config))
	begin := customer.DayOf(p.world.Clock.Now()).Begin()
	entries := make([]customer.Entry, 600)
	for i := range entries {
		entries[i] = entry(fmt.Sprint("c", i), i, begin.Add(time.Duration(i)*time.Second))
		if i == 17 {
			entries[i].By = "ann"
		}
	}
	if err := observe(t.Context(), store, entries...); err != nil {
		t.Fatal(err)
	}
	read := func(q audit.Query) (audit.Page, dynamo.Cost) {
		p.meter.Reset()
		q.Day = string(customer.DayOf(begin))
		page, err := store.EntriesByDay(t.Context(), q)
		return page, p.pays(t, "a page of a day", err)
	}
	page, cost := read(audit.Query{Limit: 50, OldestFirst: true})
	if cost.Total() != 16 || cost.Read > 16 || len(page.Entries) != 50 {
		t.Errorf("%d entries in %d requests for %g read units, want 50 in 16 for at most 16", len(page.Entries), cost.Total(), cost.Read)
	}
	onPage(t, "a page of 50 of the log of a day", cost)
	page, cost = read(audit.Query{Limit: 50, By: "ann"})
	if cost.Total() > 7*16 || len(page.Entries) != 1 {
		t.Errorf("%d entries in %d requests, want 1 in at most 7 rounds", len(page.Entries), cost.Total())
	}
}
