package cloud

import (
	"errors"
	"strings"
	"time"
)

// Behaviour is how Lethe's clients wait, as package dynamo says.
type Behaviour struct {
	FirstRate, LeastRate, MostRate, RateStep float64 // items of bulk writes a second
	Rest                                     time.Duration
	Burst, InFlight                          int

	// The limits of the waits after an attempt. Attempts count from 1.
	AfterConflict, AfterThrottled, AfterAppended func(attempt int) time.Duration
	MaxConflicts                                 int
}

// pace limits the bulk writes of a process: see type pace of package dynamo.
type pace struct {
	*Behaviour

	clock   *Clock
	rate    float64
	tokens  float64
	at      time.Duration
	slowed  time.Duration
	flying  int
	waiting []func()
}

func newPace(clock *Clock, b *Behaviour) *pace {
	return &pace{Behaviour: b, clock: clock, rate: b.FirstRate, tokens: float64(b.Burst), at: clock.now, slowed: -time.Hour}
}

// turn calls do when a slot is free and so many items may be written. The caller calls release at the end.
func (p *pace) turn(items int, do func()) {
	p.slot(func() {
		p.tokens = min(float64(p.Burst), p.tokens+(p.clock.now-p.at).Seconds()*p.rate)
		p.at = p.clock.now
		p.tokens -= float64(items)
		p.clock.After(time.Duration(-min(0, p.tokens)/p.rate*float64(time.Second)), do)
	})
}

func (p *pace) slot(do func()) {
	if p.flying == p.InFlight {
		p.waiting = append(p.waiting, do)
		return
	}
	p.flying++
	do()
}

func (p *pace) release() {
	p.flying--
	if len(p.waiting) > 0 {
		next := p.waiting[0]
		p.waiting = p.waiting[1:]
		p.flying++
		next()
	}
}

func (p *pace) answered(throttled bool) {
	switch {
	case !throttled:
		p.rate = min(p.rate+p.RateStep, p.MostRate)
	case p.clock.now-p.slowed > p.Rest:
		p.slowed = p.clock.now
		p.rate = max(p.rate/2, p.LeastRate)
	}
}

// The ends of a run other than success. After each Lethe tries again later.
var (
	ErrBusy       = errors.New("the store is busy")
	ErrUnfinished = errors.New("out of time")
)

// call is one request of a process.
type call struct {
	*Process

	request  Request
	customer int
	until    time.Duration
	done     func(error)
	attempt  int
}

func (c *call) start() {
	switch c.request.Operation {
	case "BatchExecuteStatement", "BatchWriteItem":
		c.paced()
	case "SendMessageBatch", "SendMessage", "GetQueueAttributes":
		c.meter.QueueRequests++
		c.After(c.around(latencyOf(c.request.Operation)), c.queued)
	case "TransactWriteItems":
		c.transaction()
	default:
		c.plain()
	}
}

func (c *call) queued() {
	switch {
	case c.request.Messages > 0 && c.Sent != nil:
		c.Sent(c.request.Messages)
	case c.request.Messages == 0 && c.Asked != nil:
		c.Asked()
	}
	c.done(nil)
}

// send makes the request once; answered gets the parts that the store did not take.
func (c *call) send(parts []Part, whole bool, answered func(undone []Part)) {
	c.meter.Requests++
	undone := parts
	if !c.store.stormy() {
		undone = c.store.take(parts, c.customer, whole, c.meter)
	}
	if len(undone) > 0 {
		c.meter.Throttled++
	}
	c.After(c.around(latencyOf(c.request.Operation)), func() { answered(undone) })
}

// plain is a request that the SDK tries three times.
func (c *call) plain() {
	c.attempt++
	if c.store.locked(shared(c.request.Parts)) {
		c.meter.Requests++
		c.meter.Conflicts++
		c.After(c.around(latencyOf(c.request.Operation)), c.retryPlain)
		return
	}
	c.send(c.request.Parts, true, func(undone []Part) {
		if len(undone) > 0 {
			c.retryPlain()
			return
		}
		c.made(c.request.Parts)
		c.done(nil)
	})
}

func (c *call) retryPlain() {
	if c.attempt == sdkAttempts {
		c.done(ErrBusy)
		return
	}
	c.After(c.below(sdkFirst<<(c.attempt-1)), c.plain)
}

// transaction is made again after a conflict or a throttle, up to a number of attempts.
func (c *call) transaction() {
	c.attempt++
	items := shared(c.request.Parts)
	if c.store.locked(items) {
		c.meter.Requests++
		c.meter.Conflicts++
		c.After(c.around(commitLatency), c.retryTransaction)
		return
	}
	c.store.lock(items)
	c.send(c.request.Parts, true, func(undone []Part) {
		c.store.unlock(items)
		if len(undone) > 0 {
			c.retryTransaction()
			return
		}
		c.made(c.request.Parts)
		c.done(nil)
	})
}

func (c *call) retryTransaction() {
	if c.attempt == c.behaviour.MaxConflicts {
		c.done(ErrBusy)
		return
	}
	c.After(c.below(c.behaviour.AfterConflict(c.attempt)), c.transaction)
}

// paced is a batch: what is throttled is made again until the time is over, and the process becomes slower.
func (c *call) paced() {
	p := c.items
	if ofRoots(c.request) {
		p = c.roots
	}
	c.batch(p, c.request.Parts)
}

func (c *call) batch(p *pace, parts []Part) {
	if c.now > c.until {
		c.done(ErrUnfinished)
		return
	}
	p.turn(len(parts), func() {
		c.send(parts, false, func(undone []Part) {
			p.release()
			p.answered(len(undone) > 0)
			c.made(without(parts, undone))
			if len(undone) == 0 {
				c.done(nil)
				return
			}
			c.attempt++
			c.After(c.below(c.behaviour.AfterThrottled(c.attempt)), func() { c.batch(p, undone) })
		})
	})
}

// without returns the parts that are not among the undone ones, which are in the same order.
func without(parts, undone []Part) []Part {
	if len(undone) == 0 {
		return parts
	}
	var made []Part
	at := 0
	for i := range parts {
		if at < len(undone) && &parts[i].Touches[0] == &undone[at].Touches[0] {
			at++
			continue
		}
		made = append(made, parts[i])
	}
	return made
}

// made tells the stream of the changes of roots.
func (c *call) made(parts []Part) {
	for _, p := range parts {
		if p.Event != "" && c.Changed != nil {
			c.Changed(p.Event, c.customer+p.Touches[0].Slot)
		}
	}
}

// ofRoots reports whether a batch writes roots, which have entries in an index and a pace of their own.
func ofRoots(r Request) bool {
	for _, p := range r.Parts {
		for _, t := range p.Touches {
			if strings.Contains(t.Table, "/") {
				return true
			}
		}
	}
	return false
}
