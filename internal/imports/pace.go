package imports

import (
	"context"
	"sync"
	"time"
)

// pace decides whether there is time to begin another step of an import, from the time that earlier steps took. Once
// there is too little time it stays so: the steps left undone are the last ones.
type pace struct {
	mu       sync.Mutex
	deadline time.Time // zero: no deadline
	slowest  time.Duration
	stopped  bool
}

const (
	// answerReserve is the time kept for the answer: every step ends before it.
	answerReserve = time.Second
	// expectedStep is the assumed time of a step before one is measured.
	expectedStep = 2 * time.Second
)

// newPace also limits the context, so that a store that hangs can't use up the time for the answer.
func newPace(ctx context.Context) (context.Context, context.CancelFunc, *pace) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}, &pace{}
	}
	deadline = deadline.Add(-answerReserve)
	ctx, cancel := context.WithDeadline(ctx, deadline)
	return ctx, cancel, &pace{deadline: deadline, slowest: expectedStep}
}

// begin says whether a step may begin: if there is time for two of the slowest.
func (p *pace) begin() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = p.stopped || !p.deadline.IsZero() && time.Until(p.deadline) < 2*p.slowest
	return !p.stopped
}

// done notes how long a step took. The slowest step counts less with each one after it.
func (p *pace) done(took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slowest = max(took, p.slowest-p.slowest/16)
}

// step runs a step if there is time for it, and says whether it did.
func (p *pace) step(do func()) bool {
	if !p.begin() {
		return false
	}
	p.timed(do)
	return true
}

// timed runs and measures a step that may begin.
func (p *pace) timed(do func()) {
	began := time.Now()
	do()
	p.done(time.Since(began))
}
