package cloud

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"time"
)

// Clock is virtual time: it jumps from one event to the next. A run with the same seed is the same run.
type Clock struct {
	now    time.Duration
	events events
	order  int
	rng    *rand.Rand
}

// NewClock returns a clock at zero.
func NewClock(seed uint64) *Clock { return &Clock{rng: rand.New(rand.NewPCG(seed, 0))} }

// Now is the time since the start.
func (c *Clock) Now() time.Duration { return c.now }

// After calls do after a time.
func (c *Clock) After(wait time.Duration, do func()) {
	c.order++
	heap.Push(&c.events, event{c.now + max(0, wait), c.order, do})
}

// Run handles events until none is left or over returns true.
func (c *Clock) Run(over func() bool) {
	for len(c.events) > 0 && !over() {
		next := heap.Pop(&c.events).(event)
		c.now = next.at
		next.do()
	}
}

// below returns a random time below the limit.
func (c *Clock) below(limit time.Duration) time.Duration {
	return time.Duration(c.rng.Float64() * float64(limit))
}

// around returns a random time with the given median, log-normal: now and then it is some times as long.
func (c *Clock) around(median time.Duration) time.Duration {
	return time.Duration(float64(median) * math.Exp(latencySpread*c.rng.NormFloat64()))
}

type event struct {
	at    time.Duration
	order int // events of the same time happen in the order in which they were made
	do    func()
}

type events []event //nolint:recvcheck // as container/heap shows it

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].order < e[j].order
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	(*e)[last] = event{}
	*e = (*e)[:last]
	return x
}
