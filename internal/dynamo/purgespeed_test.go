package dynamo_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
	"lethe/internal/dynamo"
)

// requestTime is what a read or a write takes, within one region of AWS.
const requestTime = 5 * time.Millisecond

// overdue are many customers in slow tables that are due, with the functions that purge them.
type overdue struct {
	tables *slowTables
	meter  *dynamo.Meter
	queue  *shelf
	n      int
}

// newOverdue returns n small customers: each has a claim, five search terms and two records. The purge times lie within the
// last minute.
func newOverdue(t testing.TB, n, perMessage, perInvocation int) *overdue {
	t.Helper()
	c := &overdue{tables: newSlowTables(0), meter: &dynamo.Meter{}, queue: &shelf{perMessage: perMessage, perInvocation: perInvocation}, n: n}
	store, _ := c.open()
	now := time.Now().UTC().Truncate(time.Second)
	for i := range n {
		due := now.Add(-time.Minute + time.Duration(i)*time.Minute/time.Duration(n)).Truncate(time.Millisecond)
		if err := store.PutBack(context.Background(), small(i, due), time.Time{}); err != nil {
			t.Fatal(err)
		}
		c.add(i)
	}
	c.tables.took = requestTime
	c.meter.Reset()
	return c
}

func small(i int, due time.Time) customer.Customer {
	id := fmt.Sprintf("customer-%07d", i)
	deleted := customer.Deletion{ID: "d" + id, Time: due.Add(-30 * day), By: "admin", PurgeTime: due}
	return customer.Customer{
		ID: id, Version: 2, State: customer.Deleted, Created: due.Add(-300 * day), Deletion: &deleted,
		Profile: customer.Profile{FirstName: "Maria", LastName: "Anders", Email: id + "@alfreds.example", Phone: "+49 30 0074321"},
		Terms:   []string{"maria", "anders", "alfreds", "example", "0074321"}, Counts: map[string]int64{"ticket": 2},
		Last: customer.Change{ID: deleted.ID, At: deleted.Time, By: "admin", Action: customer.ActionDeleted},
	}
}

// add adds what belongs to a customer.
func (c *overdue) add(i int) {
	who := small(i, time.Time{})
	put := func(pk, sk string) {
		it := slowItem{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk},
			"customer": &types.AttributeValueMemberS{Value: who.ID}}
		c.tables.put("main", it, it)
	}
	put("E#"+who.Claimed(), "#")
	for _, term := range who.Terms {
		put("S#"+term[:2], term+"#"+who.ID)
	}
	put("C#"+who.ID, "R#ticket#1")
	put("C#"+who.ID, "R#ticket#2")
}

// left counts the items of the main table.
func (c *overdue) left() (n int) {
	for table, p := range c.tables.items {
		if table[:5] == "main " {
			n += len(p.items)
		}
	}
	return n
}

func (c *overdue) open() (*dynamo.Table, *dynamo.Ledger) {
	cfg := c.meter.Attach(c.tables.config())
	return dynamo.New(cfg, dynamo.Options{Name: "main", Shards: 4, Grace: time.Hour, Audit: customer.PeriodOf(400 * day)}), dynamo.NewLedger(cfg, "ledger")
}

// process returns a process of its own, as Lambda starts one for each worker.
func (c *overdue) process() *customer.Service {
	store, certificates := c.open()
	s := customer.New(alone{store}, certificates, c.queue, slog.New(slog.DiscardHandler))
	s.Defaults, s.SettingsAge = policies, time.Second
	return s
}

// alone is a store of which one sweep at a time makes use.
type alone struct{ customer.Store }

func (alone) Acquire(context.Context, string, string, time.Time, time.Time) error { return nil }
func (alone) Release(context.Context, string, string) error                       { return nil }

// work lets workers handle messages until every customer is purged.
func (c *overdue) work(t testing.TB, workers int) {
	t.Helper()
	var all sync.WaitGroup
	for range workers {
		s := c.process()
		all.Go(func() {
			for {
				messages, more := c.queue.take()
				if !more {
					return
				}
				if len(messages) == 0 {
					time.Sleep(requestTime)
					continue
				}
				ctx, cancel := context.WithTimeout(context.Background(), 290*time.Second)
				if err := errors.Join(s.PurgeMessages(ctx, messages...)...); err != nil {
					t.Error(err)
				}
				cancel()
				c.queue.done(len(messages))
			}
		})
	}
	all.Wait()
}

// shelf is a queue in memory that takes the time of a request.
type shelf struct {
	perMessage, perInvocation int

	mu       sync.Mutex
	messages [][]customer.Job
	inFlight int
	longest  int
	closed   bool
}

func (q *shelf) Enqueue(ctx context.Context, jobs ...customer.Job) error {
	return q.add(slices.Collect(slices.Chunk(jobs, q.perMessage)))
}

func (q *shelf) EnqueueApart(ctx context.Context, jobs ...customer.Job) error {
	return q.add(slices.Collect(slices.Chunk(jobs, 1)))
}

func (q *shelf) add(messages [][]customer.Job) error {
	time.Sleep(requestTime)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.messages = append(q.messages, messages...)
	q.longest = max(q.longest, len(q.messages))
	return nil
}

func (q *shelf) Backlog(context.Context) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.messages) + q.inFlight, nil
}

// take takes the messages of an invocation, none if the queue is empty. more is false if it stays empty.
func (q *shelf) take() (messages [][]customer.Job, more bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(q.perInvocation, len(q.messages))
	messages, q.messages = q.messages[:n], q.messages[n:]
	q.inFlight += n
	return messages, n > 0 || !q.closed
}

func (q *shelf) done(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.inFlight -= n
}

func (q *shelf) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}

// fence lets a sweep fence and queue all of them.
func (c *overdue) fence(t testing.TB) (took time.Duration) {
	t.Helper()
	began := time.Now()
	sweep, err := c.process().Sweep(context.Background())
	if err != nil || sweep.Due != c.n {
		t.Fatalf("%+v, %v", sweep, err)
	}
	c.queue.close()
	return time.Since(began)
}

// purge measures workers, and fails the test if anything is left.
func (c *overdue) purge(t testing.TB, workers int) (aSecond float64) {
	t.Helper()
	began := time.Now()
	c.work(t, workers)
	took := time.Since(began)
	if n := c.left(); n > 0 {
		t.Fatalf("%d items are left", n)
	}
	return float64(c.n) / took.Seconds()
}

// pays returns requests, write units and read units per customer since the last call.
func (c *overdue) pays() (requests, write, read float64) {
	cost, n := c.meter.Reset(), float64(c.n)
	return float64(cost.Total()) / n, cost.Write / n, cost.Read / n
}

// TestTenWorkersPurgeAThousandASecond measures scheduled purges by the simulated clock.
func TestTenWorkersPurgeAThousandASecond(t *testing.T) {
	t.Parallel()
	for _, m := range []struct {
		workers, perMessage, messages, customers int
		atLeast                                  float64 // purges a second
	}{
		{1, 1, 1, 100, 0},
		{10, 1, 1, 500, 0},
		{100, 1, 1, 1500, 0},
		{10, 1, 10, 2000, 0},
		{1, customer.MaxJobs, 1, 500, 100},
		{10, customer.MaxJobs, 1, 4000, 1000},
		{100, customer.MaxJobs, 1, 6000, 1000},
	} {
		if testing.Short() {
			if m.workers != 10 || m.perMessage == 1 {
				continue
			}
			m.customers /= 2
		}
		t.Run(fmt.Sprintf("%d workers, %d a message, %d messages at once", m.workers, m.perMessage, m.messages), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newOverdue(t, m.customers, m.perMessage, m.messages)
				took := c.fence(t)
				requests, write, _ := c.pays()
				t.Logf("fence: %5.0f a second, each %4.2f requests and %4.1f write units", float64(c.n)/took.Seconds(), requests, write)
				aSecond := c.purge(t, m.workers)
				requests, write, read := c.pays()
				t.Logf("purge: %5.0f a second, each %4.2f requests, %4.1f write and %4.1f read units", aSecond, requests, write, read)
				if aSecond < m.atLeast {
					t.Errorf("want at least %g a second", m.atLeast)
				}
			})
		})
	}
}

var allDue = flag.Int("due", 3000, "customers of TestAllThatAreDueArePurged")

// TestAllThatAreDueArePurged has many customers due within one minute, a sweep each minute for at most 50 seconds, as the
// template has it, and ten workers, each of which handles up to ten messages at once. A million must be gone within
// 20 minutes; for more customers than a queue has room for:
//
//	go test ./internal/dynamo -run TestAllThatAreDue -due 150000 -v
func TestAllThatAreDueArePurged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newOverdue(t, *allDue, customer.MaxJobs, 10)
		began := time.Now()
		go c.sweepEachMinute(t)
		c.work(t, 10)
		took := time.Since(began)
		requests, write, read := c.pays()
		t.Logf("%d in %v, %.0f a second, at most %d messages in the queue, each purge with its fence %4.2f requests, %4.1f write and %4.1f read units",
			c.n, took.Round(time.Millisecond), float64(c.n)/took.Seconds(), c.queue.longest, requests, write, read)
		if n := c.left(); n > 0 {
			t.Errorf("%d items are left", n)
		}
		if aSecond := float64(c.n) / took.Seconds(); aSecond < 1_000_000/(20*60) {
			t.Errorf("%.0f a second, which is too slow for a million in 20 minutes", aSecond)
		}
	})
}

// sweepEachMinute sweeps until everything is fenced, for at most twice the time that a million may take.
func (c *overdue) sweepEachMinute(t *testing.T) {
	defer c.queue.close()
	for fenced, sweeps := 0, 0; sweeps < 40; sweeps++ {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Second)
		tick := time.Now()
		sweep, err := c.process().Sweep(ctx)
		cancel()
		if err != nil {
			t.Error(err)
		}
		if fenced += sweep.Due; fenced >= c.n || err != nil {
			return
		}
		time.Sleep(time.Until(tick.Add(time.Minute)))
	}
}

// BenchmarkScheduledPurges measures by the real clock: the computing of one machine counts, too.
func BenchmarkScheduledPurges(b *testing.B) {
	for _, workers := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("%d workers", workers), func(b *testing.B) {
			purged := 0
			for b.Loop() {
				b.StopTimer()
				c := newOverdue(b, 2000, customer.MaxJobs, 1)
				c.fence(b)
				c.meter.Reset()
				b.StartTimer()
				c.work(b, workers)
				requests, write, _ := c.pays()
				b.ReportMetric(requests, "requests/purge")
				b.ReportMetric(write, "units/purge")
				purged += c.n
			}
			b.ReportMetric(float64(purged)/b.Elapsed().Seconds(), "purges/s")
		})
	}
}
