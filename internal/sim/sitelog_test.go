package sim

import (
	"fmt"
	"testing"

	"lethe/internal/admin"
	"lethe/internal/audit"
	"lethe/internal/customer"
	"lethe/internal/dynamo"
)

// TestAChangeAndItsEntryAreOne lets each request of a change of settings, of access rules and of a suspension fail, before and after
// it is carried out, and the process die there or live on. Whatever the answer was, each version that came into being has one
// entry, and there is no other.
func TestAChangeAndItsEntryAreOne(t *testing.T) {
	t.Parallel()
	w, faults := NewWorld(t, policies), &Faults{}
	safe, _ := w.Open(w.Config)
	store, _ := w.Open(faults.Attach(w.Config))
	service := w.Service(faults.Attach(w.Config))
	admins := admin.New(store)
	admins.AdminGroup = "owners"
	versions := func() (settings, rules int64) {
		s, err := safe.Settings(t.Context())
		r, otherErr := safe.Rules(t.Context())
		if err != nil || otherErr != nil {
			t.Fatal(err, otherErr)
		}
		return s.Version, r.Version
	}
	made := 0
	for _, fault := range []Fault{Undone, Done, Throttle, Conflict, Late} {
		for n := 1; n <= 3; n++ {
			for _, dies := range []bool{true, false} {
				by := admin.Administrator{Identity: admin.Identity{Subject: fmt.Sprint(fault, n, dies), Groups: []string{"owners"}}}
				settings, rules := versions()
				faults.Fail(n, fault, dies)
				_, _ = service.UpdateSettings(t.Context(), customer.Settings{Version: settings, Retention: policies.Retention, Kinds: policies.Kinds}, true, by.Subject)
				faults.Fail(n, fault, dies)
				_, _ = admins.Change(t.Context(), by, admin.Rules{Version: rules})
				faults.Fail(n, fault, dies)
				_, _ = admins.Suspend(t.Context(), by, "leaver of "+by.Subject)
				faults.Plan(nil)
				newSettings, newRules := versions()
				changed := int(newSettings - settings + newRules - rules)
				if entries := entriesBy(t, safe, w, by.Subject); entries != changed {
					t.Errorf("%v at request %d, dies %t: %d changes have %d entries", fault, n, dies, changed, entries)
				}
				made += changed
			}
		}
	}
	if made < 30 {
		t.Errorf("only %d changes were made", made)
	}
}

// entriesBy counts the entries of today, and of the day after: the real time may be past midnight.
func entriesBy(t *testing.T, table *dynamo.Table, w *World, by string) (entries int) {
	t.Helper()
	today := customer.DayOf(w.Clock.Now())
	for _, day := range []customer.Day{today, today.Plus(1)} {
		page, err := table.EntriesByDay(t.Context(), audit.Query{Day: string(day), By: by, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		entries += len(page.Entries)
	}
	return entries
}
