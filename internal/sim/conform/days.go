package conform

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"lethe/internal/audit"
	"lethe/internal/customer"
)

// entryOf returns an entry of what changes no customer.
func entryOf(by string, action audit.Action, at time.Time) audit.Entry {
	return audit.Entry{
		ID: customer.NewID(), Time: at, By: by, ApprovedBy: "approver of " + by, Action: action, Operation: "an operation", ReasonCode: "other",
		Subject: "purge-customer", Fields: []string{"purge"}, RequestID: "request of " + by,
	}
}

// wantDay checks that the entries of today that a query asks for are these, whatever the length of a page and in both
// directions. Without By and Action, those of the first settings are left out.
func (w World) wantDay(t *testing.T, q audit.Query, want ...audit.Entry) {
	t.Helper()
	slices.SortFunc(want, func(a, b audit.Entry) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.ID, b.ID)) })
	for _, q.OldestFirst = range []bool{true, false} {
		for _, q.Limit = range []int{1, 3, 200} {
			got := w.day(t, q)
			same(t, fmt.Sprintf("entries by %d, oldest first %t", q.Limit, q.OldestFirst), got, append([]audit.Entry{}, want...))
		}
		slices.Reverse(want)
	}
}

// day reads all pages of today's log.
func (w World) day(t *testing.T, q audit.Query) []audit.Entry {
	t.Helper()
	q.Day = cmp.Or(q.Day, string(customer.DayOf(w.Now())))
	entries := []audit.Entry{}
	for {
		page, err := w.EntriesByDay(t.Context(), q)
		must(t, err)
		if len(page.Entries) > q.Limit {
			t.Fatalf("a page of %d has %d entries", q.Limit, len(page.Entries))
		}
		for _, e := range page.Entries {
			if e.By != "test" {
				entries = append(entries, e)
			}
		}
		if q.Cursor = page.Cursor; q.Cursor == "" {
			return entries
		}
	}
}

func checkAddEntry(t *testing.T, w World) {
	e := entryOf("admin", audit.Refused, w.Now())
	plain := audit.Entry{ID: "of its own", Time: e.Time, By: "admin", Action: audit.SignedIn}
	another := e
	another.ID, another.Subject = customer.NewID(), "of the same moment"
	for range 2 {
		for _, e := range []audit.Entry{e, plain, another} {
			must(t, w.AddEntry(t.Context(), e))
		}
	}
	changed := e
	changed.By, changed.Subject = "somebody else", "overwritten"
	must(t, w.AddEntry(t.Context(), changed))
	w.wantDay(t, audit.Query{}, e, plain, another)
}

// checkDay adds entries of both kinds around midnight, some at the same time.
func checkDay(t *testing.T, w World) {
	begin := customer.DayOf(w.Now()).Begin()
	var today, logged []audit.Entry
	for i := range 40 {
		at := begin.Add(time.Duration(i/3-3) * time.Millisecond)
		e := entryOf("admin", audit.Refused, at)
		if i%2 == 0 {
			id := fmt.Sprint("c", i)
			w.log(t, customer.Entry{
				Customer: id, Seq: "1", At: at, By: "admin", Action: customer.ActionBlocked, Reason: "a test", ReasonCode: customer.Inactive,
				Subject: "s", Fields: []string{"email"},
			})
			e = audit.Entry{
				ID: "1#" + id, Time: at, By: "admin", Action: audit.Action(customer.ActionBlocked), Customer: id, Reason: "a test",
				ReasonCode: string(customer.Inactive), Subject: "s", Fields: []string{"email"},
			}
		} else {
			must(t, w.AddEntry(t.Context(), e))
		}
		if logged = append(logged, e); !at.Before(begin) {
			today = append(today, e)
		}
	}
	w.wantDay(t, audit.Query{}, today...)
	yesterday := logged[:len(logged)-len(today)]
	got := w.day(t, audit.Query{Day: string(customer.DayOf(begin).Plus(-1)), OldestFirst: true, Limit: 4})
	same(t, "entries of yesterday", len(got), len(yesterday))
	same(t, "entries of tomorrow", len(w.day(t, audit.Query{Day: string(customer.DayOf(begin).Plus(1)), Limit: 4})), 0)
}

func checkDayByAction(t *testing.T, w World) {
	var rare []audit.Entry
	for i := range 60 {
		at := w.Now().Add(time.Duration(i%7) * time.Millisecond)
		e := entryOf("admin", audit.Refused, at)
		if i%25 == 3 {
			e = entryOf("ann", audit.SettingsChanged, at)
			rare = append(rare, e)
		}
		must(t, w.AddEntry(t.Context(), e))
	}
	w.wantDay(t, audit.Query{By: "ann"}, rare...)
	w.wantDay(t, audit.Query{By: "approver of ann"}, rare...)
	w.wantDay(t, audit.Query{By: "ann", Action: audit.SettingsChanged}, rare...)
	w.wantDay(t, audit.Query{By: "ann", Action: audit.Refused})
	w.wantDay(t, audit.Query{By: "nobody"})
}
