package dynamo_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lethe/internal/customer"
	"lethe/internal/dynamo"
)

// lanes is the load of the change stream: several lanes, as many as a shard has batches at the same time, each with changes
// of its own.
type lanes struct {
	store *slowStore
	table *dynamo.Table
}

// commitTime is the time of a commit, measured at DynamoDB.
const commitTime = 12 * time.Millisecond

// laneBatch is the BatchSize of the stream in template.yaml.
const laneBatch = 100

func newLanes() *lanes {
	store := newSlowStore(commitTime)
	return &lanes{store, dynamo.New(store.config(), dynamo.Options{Name: "t", Shards: 4, Audit: customer.PeriodOf(400 * day)})}
}

// run logs batches in each of the lanes, and returns the changes a second. Of ten changes, this many count.
func (l *lanes) run(tb testing.TB, number, batches, counting int) float64 {
	tb.Helper()
	began := time.Now()
	var running sync.WaitGroup
	for lane := range number {
		running.Go(func() {
			for b := range batches {
				l.deliver(tb.Context(), changesOfLane(lane*batches+b, counting))
			}
		})
	}
	running.Wait()
	return float64(number*batches*laneBatch) / time.Since(began).Seconds()
}

// deliver delivers a batch as Lambda does: after a failure, again from the first entry that is not done.
func (l *lanes) deliver(ctx context.Context, entries []customer.Entry) {
	for len(entries) > 0 {
		added, err := l.table.Observe(ctx, entries)
		entries = entries[added:]
		if err != nil {
			time.Sleep(100 * time.Millisecond)
		}
	}
}

func changesOfLane(batch, counting int) []customer.Entry {
	entries := make([]customer.Entry, laneBatch)
	for i := range entries {
		n := batch*laneBatch + i
		entries[i] = entry(fmt.Sprint("c", n), n, goldenTime)
		if i%10 < counting {
			entries[i].Delta = customer.Totals{Active: 1}
		}
	}
	return entries
}

// TestTwoThousandChangesASecond measures in the time of the simulated store, so the machine's speed does not matter. When each
// entry had a transaction of its own, 1, 4, 10, 16 and 32 lanes logged 83, 154, 175, 193 and 210 changes a second.
func TestTwoThousandChangesASecond(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ lanes, batches, atLeast int }{{1, 10, 1200}, {10, 5, 2000}, {32, 2, 2000}} {
		for _, counting := range []int{10, 5, 0} {
			synctest.Test(t, func(t *testing.T) {
				l := newLanes()
				rate := l.run(t, test.lanes, test.batches, counting)
				t.Logf("%d lanes, %d of 10 changes count: %.0f changes/s, %d cancelled of %d", test.lanes, counting, rate, l.store.cancelled, l.store.requests["TransactWriteItems"])
				if rate < float64(test.atLeast) {
					t.Errorf("%d lanes log %.0f changes/s, want %d", test.lanes, rate, test.atLeast)
				}
				got, err := l.table.Totals(t.Context())
				if want := int64(test.lanes * test.batches * laneBatch * counting / 10); err != nil || got.Active != want {
					t.Errorf("%d are counted, want %d; %v", got.Active, want, err)
				}
			})
		}
	}
}

// BenchmarkLanes prints the changes a second that are logged and counted, in real time: the CPU counts, too.
func BenchmarkLanes(b *testing.B) {
	for _, number := range []int{1, 4, 10, 16, 32} {
		b.Run(fmt.Sprint(number, " lanes"), func(b *testing.B) {
			for b.Loop() {
				l := newLanes()
				b.ReportMetric(l.run(b, number, 3, 10), "changes/s")
				b.ReportMetric(float64(l.store.cancelled)/float64(l.store.requests["TransactWriteItems"]), "cancelled/request")
			}
		})
	}
}
