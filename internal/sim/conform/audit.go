package conform

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lethe/internal/customer"
)

func checkReword(t *testing.T, w World) {
	ctx, id := t.Context(), customer.NewID()
	log := func(of string, n int, reason string) {
		w.log(t, customer.Entry{
			Customer: of, Seq: fmt.Sprint(n), At: w.Now().Add(time.Duration(n) * time.Second), By: "admin", Action: customer.ActionBlocked,
			Reason: reason, ReasonCode: customer.Inactive, Subject: "s",
		})
	}
	for n, reason := range []string{"Ann asked", "", "asked", "Ann and Ann"} {
		log(id, n, reason)
	}
	log("other-"+id, 1, "Ann asked")
	read := func(of string) []customer.Entry {
		page, err := w.Entries(ctx, customer.EntryQuery{Customer: of, Limit: 10})
		must(t, err)
		return page.Entries
	}
	want := read(id)
	for i := range want {
		want[i].Reason = strings.ReplaceAll(want[i].Reason, "Ann", "-")
	}
	for range 2 {
		must(t, w.Reword(ctx, id, func(reason string) string {
			if reason == "" {
				t.Error("Reword called the function for an entry without a reason")
			}
			return strings.ReplaceAll(reason, "Ann", "-")
		}))
		same(t, "entries", read(id), want)
	}
	same(t, "entry of another customer", read("other-" + id)[0].Reason, "Ann asked")
	must(t, w.Reword(ctx, "nobody-"+id, strings.ToUpper))
	same(t, "entries of an unknown customer", len(read("nobody-"+id)), 0)
}

// log adds entries to audit logs.
func (w World) log(t *testing.T, entries ...customer.Entry) {
	t.Helper()
	added, err := w.Observe(t.Context(), entries)
	must(t, err)
	same(t, "added entries", added, len(entries))
}

// entriesOf returns entries of a customer, numbered from 0, some on the same day. Every third counts nothing.
func (w World) entriesOf(id string, n int) []customer.Entry {
	entries := make([]customer.Entry, n)
	for i := range entries {
		entries[i] = customer.Entry{
			Customer: id, Seq: fmt.Sprintf("%021d", i), At: w.Now().Add(time.Duration(i/2-8) * 40 * time.Hour), By: "admin", ApprovedBy: "second", Action: customer.ActionDeleted,
		}
		if i%3 < 2 {
			entries[i].Delta = customer.Totals{Active: -1, Trash: 1, Purged: int64(i)}
			entries[i].Moved = customer.Moves{Added: 1, Deleted: int64(i), Restored: 2, Purged: 3}
		}
	}
	return entries
}

// wantLogged checks that the log of a customer has exactly these entries, newest first.
func (w World) wantLogged(t *testing.T, id string, entries []customer.Entry) {
	t.Helper()
	page, err := w.Entries(t.Context(), customer.EntryQuery{Customer: id, Limit: 200})
	must(t, err)
	want := make([]customer.Entry, 0, len(entries))
	for _, e := range slices.Backward(entries) {
		e.Delta, e.Moved = customer.Totals{}, customer.Moves{}
		want = append(want, e)
	}
	same(t, "log of "+id, append([]customer.Entry{}, page.Entries...), want)
}

func (w World) wantTotals(t *testing.T, counted ...customer.Entry) {
	t.Helper()
	var want customer.Totals
	days := map[customer.Day]customer.Moves{}
	for _, e := range counted {
		want = want.Plus(e.Delta)
		days[customer.DayOf(e.At)] = days[customer.DayOf(e.At)].Plus(e.Moved)
	}
	got, err := w.Totals(t.Context())
	must(t, err)
	same(t, "totals", got, want)
	today := customer.DayOf(w.Now())
	byDay, err := w.TotalsByDay(t.Context(), today.Plus(-15), today.Plus(1))
	must(t, err)
	same(t, "totals by day", byDay, customer.DaysBetween(today.Plus(-15), today.Plus(1), days))
}

// checkObserve delivers ten entries of which four are there, in groups of three and seven, and then again in others.
func checkObserve(t *testing.T, w World) {
	id := customer.NewID()
	entries := w.entriesOf(id, 10)
	w.log(t, entries[:4]...)
	for _, cut := range []int{3, 5, 0, 10, 1} {
		w.log(t, entries[:cut]...)
		w.log(t, entries[cut:]...)
		w.wantLogged(t, id, entries)
		w.wantTotals(t, entries...)
	}
	w.log(t, append(entries[6:], entries...)...) // the same entries twice in one group
	w.wantLogged(t, id, entries)
	w.wantTotals(t, entries...)
	w.log(t)
}

// checkDeltas adds entries of many customers, of which every second is there.
func checkDeltas(t *testing.T, w World) {
	var entries []customer.Entry
	for i := range 60 {
		e := w.entriesOf(customer.NewID(), 1)[0]
		e.Delta.Purged = int64(1) << (i % 30)
		entries = append(entries, e)
	}
	for i := 0; i < len(entries); i += 2 {
		w.log(t, entries[i])
	}
	w.log(t, entries...)
	w.wantTotals(t, entries...)
	for _, e := range entries {
		w.wantLogged(t, e.Customer, []customer.Entry{e})
	}
}
