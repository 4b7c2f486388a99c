package imports

import (
	"context"
	"sync"
	"time"
)

// pace decides whether there is time to begin another step of an import, from the durations of earlier steps. Once there is
// too little time for a step, no further step begins.
type pace struct {
	mu       sync.Mutex
	deadline time.Time // zero: no deadline
	slowest  time.Duration
	stopped  bool
}

const (
	// answerReserve is the time kept for the response, after the last step.
	answerReserve = time.Second
	// expectedStep is the assumed time of a step before one is measured.
	expectedStep = 2 * time.Second
)

// newPace returns a pace, and a context that ends early enough to leave time for the response even if the store hangs.
func newPace(ctx context.Context) (context.Context, context.CancelFunc, *pace) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}, &pace{}
	}
	deadline = deadline.Add(-answerReserve)
	ctx, cancel := context.WithDeadline(ctx, deadline)
	return ctx, cancel, &pace{deadline: deadline, slowest: expectedStep}
}

// begin says whether a step may begin. This needs twice the time of the slowest step.
func (p *pace) begin() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = p.stopped || !p.deadline.IsZero() && time.Until(p.deadline) < 2*p.slowest
	return !p.stopped
}

// done notes how long a step took. The time of the slowest step shrinks by a sixteenth with each step after it.
func (p *pace) done(took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slowest = max(took, p.slowest-p.slowest/16)
}

// step runs a step if there is time for it, and returns whether it did.
func (p *pace) step(do func()) bool {
	if !p.begin() {
		return false
	}
	p.timed(do)
	return true
}

// timed runs and measures a step.
func (p *pace) timed(do func()) {
	began := time.Now()
	do()
	p.done(time.Since(began))
}
