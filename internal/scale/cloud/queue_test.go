package cloud

import (
	"math"
	"slices"
	"testing"
	"time"
)

// newQueue returns a queue with a function that takes so long for each message.
func newQueue(clock *Clock, workers int, took time.Duration, handled func(Message)) *Queue {
	store := NewStore(clock, 0)
	meter := &Meter{}
	return &Queue{
		Clock: clock, BatchSize: 1, Concurrency: workers, Timeout: time.Hour, Megabytes: 512, Meter: meter,
		Start: func() *Process { return NewProcess(store, meter, writer(), 512) },
		Handle: func(_ *Process, m Message, _ time.Duration, done func()) {
			clock.After(took, func() { handled(m); done() })
		},
	}
}

// TestOneWorkerIsAQueueOfTheory compares the mean wait with the formula for random arrivals and equal services (M/D/1):
// half the load divided by what it leaves free, times the service.
func TestOneWorkerIsAQueueOfTheory(t *testing.T) {
	for _, load := range []float64{0.3, 0.6, 0.8} {
		clock := NewClock(1)
		const service, n = 100 * time.Millisecond, 40_000
		var waited time.Duration
		left := n
		q := newQueue(clock, 1, service, func(m Message) {
			waited += clock.Now() - service - m.Since
			left--
		})
		var arrive func(more int)
		arrive = func(more int) {
			q.Send(Message{})
			if more > 1 {
				clock.After(time.Duration(clock.rng.ExpFloat64()/load*float64(service)), func() { arrive(more - 1) })
			}
		}
		arrive(n)
		clock.Run(func() bool { return left == 0 })
		got := waited.Seconds() / n
		want := load / (2 * (1 - load)) * service.Seconds()
		if math.Abs(got-want) > 0.06*want {
			t.Errorf("at a load of %g a message waits %.1f ms, want %.1f", load, 1e3*got, 1e3*want)
		}
	}
}

// TestWhatEntersIsDone sends messages in bursts: each is handled once.
func TestWhatEntersIsDone(t *testing.T) {
	clock := NewClock(7)
	seen := map[int]int{}
	q := newQueue(clock, 10, 30*time.Millisecond, func(m Message) { seen[m.Customer]++ })
	q.BatchSize = 10
	const n = 5000
	for i := range n {
		clock.After(time.Duration(clock.rng.IntN(20))*time.Second, func() { q.Send(Message{Customer: i}) })
	}
	clock.Run(func() bool { return len(seen) == n && q.Backlog() == 0 })
	for i := range n {
		if seen[i] != 1 {
			t.Fatalf("message %d was handled %d times", i, seen[i])
		}
	}
	if q.Backlog() != 0 || q.busy != 0 {
		t.Errorf("%d messages and %d workers are left", q.Backlog(), q.busy)
	}
}

func TestLambdaAddsPollersByTheMinute(t *testing.T) {
	clock := NewClock(1)
	q := newQueue(clock, 0, time.Hour, func(Message) {})
	for range 2000 {
		q.Send(Message{})
	}
	for _, at := range []struct {
		after time.Duration
		want  int
	}{{time.Second, 5 + 5}, {time.Minute, 5 + 300}, {3 * time.Minute, 5 + 900}, {20 * time.Minute, maxPollers}} {
		clock.Run(func() bool { return clock.Now() >= at.after })
		if got := q.busy; got < at.want-10 || got > at.want+10 {
			t.Errorf("after %s Lambda has %d batches under way, want %d", at.after, got, at.want)
		}
	}
}

// TestTheStreamKeepsTheOrderOfACustomer adds changes of some customers: each is handled, those of one in a lane.
func TestTheStreamKeepsTheOrderOfACustomer(t *testing.T) {
	clock := NewClock(3)
	store, meter := NewStore(clock, 0), &Meter{}
	played := 0
	s := &Stream{
		Clock: clock, BatchSize: 100, Lanes: 4, Timeout: time.Minute, Megabytes: 512, Meter: meter,
		Start: func() *Process { return NewProcess(store, meter, writer(), 512) },
		Trace: func(_ string, n int) Trace {
			n = min(n, 7)
			played += n
			trace := put(Touch{Table: MainTable, Key: "A#", Slot: 0, Write: float64(n)})
			trace.Customers = n
			return trace
		},
	}
	const n = 3000
	for i := range n {
		clock.After(time.Duration(i)*time.Millisecond, func() { s.Add([]string{"delete", "fence"}[i%2], i%50) })
	}
	clock.Run(func() bool { return s.Handled == n })
	if s.Left != 0 || s.Handled != n || played != n || meter.Write != n {
		t.Errorf("of %d records %d are left, %d handled, %d played, %g written", n, s.Left, s.Handled, played, meter.Write)
	}
}

// TestTheStreamGathersRecordsForItsWindow adds one record now and one later, and then a full batch.
func TestTheStreamGathersRecordsForItsWindow(t *testing.T) {
	clock := NewClock(3)
	store, meter := NewStore(clock, 0), &Meter{}
	var sizes []int
	s := &Stream{
		Clock: clock, BatchSize: 5, Window: 10 * time.Second, Lanes: 1, Timeout: time.Minute, Megabytes: 512, Meter: meter,
		Start: func() *Process { return NewProcess(store, meter, writer(), 512) },
		Trace: func(_ string, n int) Trace {
			sizes = append(sizes, n)
			trace := put(Touch{Table: MainTable, Key: "A#", Slot: 0, Write: 1})
			trace.Customers = n
			return trace
		},
	}
	s.Add("delete", 1)
	clock.After(5*time.Second, func() { s.Add("delete", 2) })
	clock.Run(func() bool { return s.Handled == 2 })
	within(t, "a batch that isn't full", clock.Now(), 10*time.Second, 11*time.Second)
	clock.After(20*time.Second, func() {
		for i := range 5 {
			s.Add("delete", i)
		}
	})
	clock.Run(func() bool { return s.Handled == 7 })
	within(t, "a full batch", s.Longest, 10*time.Second, 11*time.Second)
	within(t, "all", clock.Now(), 30*time.Second, 32*time.Second)
	if !slices.Equal(sizes, []int{2, 5}) {
		t.Errorf("the batches have %v records, want 2 and 5", sizes)
	}
}

// TestARunIsRepeatable plays the same twice.
func TestARunIsRepeatable(t *testing.T) {
	once := func() (time.Duration, Meter) {
		store := NewStore(NewClock(42), 0)
		store.Storm(0.2, 0, time.Minute)
		took, meter := play(t, store, put(Touch{Table: MainTable, Key: "C#", Slot: 0, Write: 1}, Touch{Table: MainTable, Key: "hot", Slot: NoSlot, Write: 1}), 3000)
		return took, *meter
	}
	first, paid := once()
	second, again := once()
	if first != second || paid != again {
		t.Errorf("the first run took %s and %+v, the second %s and %+v", first, paid, second, again)
	}
}
