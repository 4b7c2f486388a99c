package dynamo_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lethe/internal/customer"
)

var errLost = errors.New("the answer is lost")

func auditKey(e customer.Entry) string {
	return "A#" + e.Customer + " " + e.At.Format("2006-01-02T15:04:05.000Z") + "#" + e.Seq
}

// someEntries returns entries of few customers; about half of them count.
func someEntries(rng *rand.Rand, n int) []customer.Entry {
	entries := make([]customer.Entry, n)
	for i := range entries {
		entries[i] = entry(fmt.Sprint("c", rng.IntN(1+n/4)), i, goldenTime)
		if rng.IntN(2) == 0 {
			entries[i].Delta = customer.Totals{Active: 1 + int64(rng.IntN(1000))}
		}
	}
	return entries
}

// TestEntriesOfACustomerAreWrittenInOrder delivers random batches, in which a random request fails. What is written of a
// customer is then always the beginning of its entries, and the number of added entries leads to the first one that is missing.
func TestEntriesOfACustomerAreWrittenInOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		synctest.Test(t, func(t *testing.T) {
			rng, l := rand.New(rand.NewPCG(seed, 1)), newLanes()
			entries := someEntries(rng, 1+rng.IntN(80))
			failing := 1 + rng.IntN(30)
			l.store.fail = func(request int) error {
				if request == failing {
					return errLost
				}
				return nil
			}
			for left := entries; len(left) > 0; {
				added, err := l.table.Observe(t.Context(), left)
				if (err == nil) != (added == len(left)) {
					t.Fatalf("seed %d: %d of %d added, %v", seed, added, len(left), err)
				}
				for i, e := range left {
					if there := l.store.items[auditKey(e)] != nil; i < added && !there || i == added && there {
						t.Fatalf("seed %d: %d added, and entry %d is there is %t", seed, added, i, there)
					}
				}
				l.wantBeginnings(t, seed, entries)
				left = left[added:]
			}
			l.store.fail = nil
			l.wantOrder(t, seed, entries)
			l.wantSum(t, entries)
		})
	}
}

// wantBeginnings checks that no customer's entry is there without all earlier ones.
func (l *lanes) wantBeginnings(t *testing.T, seed uint64, entries []customer.Entry) {
	t.Helper()
	missing := map[string]bool{}
	for i, e := range entries {
		there := l.store.items[auditKey(e)] != nil
		if there && missing[e.Customer] {
			t.Fatalf("seed %d: entry %d is there without an earlier one", seed, i)
		}
		missing[e.Customer] = missing[e.Customer] || !there
	}
}

// wantOrder checks the order in which the entries of each customer were committed.
func (l *lanes) wantOrder(t *testing.T, seed uint64, entries []customer.Entry) {
	t.Helper()
	last := map[string]int{}
	for i, e := range entries {
		at := slices.Index(l.store.order, auditKey(e))
		if at < last[e.Customer] {
			t.Fatalf("seed %d: entry %d is committed before an earlier one", seed, i)
		}
		last[e.Customer] = at
	}
}

func (l *lanes) wantSum(t *testing.T, entries []customer.Entry) {
	t.Helper()
	var want customer.Totals
	for _, e := range entries {
		want = want.Plus(e.Delta)
	}
	got, err := l.table.Totals(t.Context())
	if err != nil || got != want {
		t.Errorf("totals %+v, %v, want %+v", got, err, want)
	}
}

// TestTwoDeliveriesAtTheSameTimeCountOnce delivers the same entries in several lanes, as when an invocation outlives its time.
func TestTwoDeliveriesAtTheSameTimeCountOnce(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		synctest.Test(t, func(t *testing.T) {
			rng, l := rand.New(rand.NewPCG(seed, 2)), newLanes()
			entries := someEntries(rng, 60)
			for range 3 {
				from, to := rng.IntN(20), 40+rng.IntN(20)
				go l.deliver(t.Context(), entries[from:to])
				time.Sleep(time.Duration(rng.IntN(20)) * time.Millisecond)
			}
			l.deliver(t.Context(), entries)
			time.Sleep(time.Minute)
			l.wantSum(t, entries)
		})
	}
}

// TestAnEntryThatCannotBeWrittenKeepsBackOnlyLaterOnes has one such entry anywhere in a batch.
func TestAnEntryThatCannotBeWrittenKeepsBackOnlyLaterOnes(t *testing.T) {
	t.Parallel()
	for at := range 60 {
		synctest.Test(t, func(t *testing.T) {
			l := newLanes()
			entries := changesOfLane(0, 10)[:60]
			l.store.poison = map[string]bool{auditKey(entries[at]): true}
			if added, err := l.table.Observe(t.Context(), entries); err == nil || added != at {
				t.Errorf("%d entries are added, %v, want %d", added, err, at)
			}
			l.wantSum(t, entries[:at])
		})
	}
}

// TestABatchCountsOnTheDaysOfItsChanges has as many days as entries: a stream that is late delivers old changes.
func TestABatchCountsOnTheDaysOfItsChanges(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	now := s.world.Clock.Now()
	entries := make([]customer.Entry, 25)
	for i := range entries {
		entries[i] = entry(fmt.Sprint("c", i), i, now.AddDate(0, 0, -i))
		entries[i].Moved = customer.Moves{Added: int64(i), Deleted: 1, Restored: 2, Purged: 3}
	}
	for range 2 {
		if err := observe(t.Context(), s, entries...); err != nil {
			t.Fatal(err)
		}
	}
	want := map[customer.Day]customer.Moves{}
	for _, e := range entries {
		want[customer.DayOf(e.At)] = e.Moved
	}
	first, last := customer.DayOf(now).Plus(-30), customer.DayOf(now).Plus(1)
	got, err := s.TotalsByDay(t.Context(), first, last)
	if err != nil || len(got) != 32 {
		t.Fatalf("%d days, %v", len(got), err)
	}
	same(t, "days", got, customer.DaysBetween(first, last, want))
}

// TestTheTotalsOfADayExpire checks that a day is kept to the end of its 400th day after it.
func TestTheTotalsOfADayExpire(t *testing.T) {
	t.Parallel()
	l := newLanes()
	e := entry("c", 1, time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC))
	e.Moved = customer.Moves{Added: 1}
	l.deliver(t.Context(), []customer.Entry{e})
	for path, it := range l.store.items {
		if strings.HasSuffix(path, " 2026-03-01") {
			want := time.Date(2027, 4, 6, 0, 0, 0, 0, time.UTC)
			if got := time.Unix(slowNumber(it["ttl"]), 0).UTC(); !got.Equal(want) {
				t.Errorf("expires at %v, want %v", got, want)
			}
			return
		}
	}
	t.Error("the day is not counted")
}

func TestABatchOfEntriesCostsThreeUnitsForEachThatCounts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		entries, counting int
		units             float64
		requests          int
	}{
		{1, 10, 7, 1},
		{1, 0, 2, 1},
		{25, 10, 79, 1},
		{100, 10, 316, 4},
		{100, 0, 200, 100},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := newLanes()
			l.deliver(t.Context(), changesOfLane(0, test.counting)[:test.entries])
			if l.store.units != test.units || l.store.total != test.requests {
				t.Errorf("%d entries, %d of 10 count: %v units in %d requests, want %v in %d", test.entries, test.counting, l.store.units, l.store.total, test.units, test.requests)
			}
		})
	}
}
