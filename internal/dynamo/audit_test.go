package dynamo_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"lethe/internal/customer"
)

func entry(id string, n int, at time.Time) customer.Entry {
	return customer.Entry{
		Customer: id, Seq: fmt.Sprintf("%021d", n), At: at, By: "admin", Action: customer.ActionUpdated,
		Reason: "a test", ReasonCode: customer.TestData, Subject: "ticket~1", Fields: []string{"email", "phone"},
	}
}

// observe adds entries to the log, all of them or an error.
func observe(ctx context.Context, store customer.AuditWriter, entries ...customer.Entry) error {
	added, err := store.Observe(ctx, entries)
	if err == nil && added != len(entries) {
		err = fmt.Errorf("%d of %d entries were added", added, len(entries))
	}
	return err
}

func TestAChangeIsLoggedAndCountedOnceHoweverOftenItIsSeen(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	ctx := t.Context()
	e := entry("ann", 1, s.world.Clock.Now())
	e.Delta = customer.Totals{Active: 1}
	for range 3 {
		if err := observe(ctx, s, e); err != nil {
			t.Fatal(err)
		}
	}
	moved := entry("bob", 2, s.world.Clock.Now())
	moved.Delta = customer.Totals{Active: -1, Trash: 2, Purged: 5}
	if err := observe(ctx, s, moved); err != nil {
		t.Fatal(err)
	}
	totals, err := s.Totals(ctx)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "totals", totals, customer.Totals{Active: 0, Trash: 2, Purged: 5})
	page, err := s.Entries(ctx, customer.EntryQuery{Customer: "ann", Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	e.Delta = customer.Totals{}
	for i := range page.Entries {
		page.Entries[i].Seq = e.Seq // a place in the stream, of no use to readers
	}
	same(t, "entries", page.Entries, []customer.Entry{e})
}

func TestTheAuditLogIsReadNewestFirst(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	now := s.world.Clock.Now()
	var want []time.Time
	for n := range 7 {
		at := now.Add(time.Duration(n/2) * time.Second) // some at the same time
		want = append(want, at)
		if err := observe(t.Context(), s, entry("ann", n, at)); err != nil {
			t.Fatal(err)
		}
	}
	if err := observe(t.Context(), s, entry("ann2", 8, now)); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(want)
	for _, limit := range []int{1, 2, 7, 100} {
		var got []time.Time
		q := customer.EntryQuery{Customer: "ann", Limit: limit}
		for more := true; more; more = q.Cursor != "" {
			page, err := s.Entries(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page.Entries {
				got = append(got, e.At)
			}
			q.Cursor = page.Cursor
		}
		same(t, fmt.Sprint("times by ", limit), got, want)
	}
}
