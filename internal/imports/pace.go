package imports

import (
	"context"
	"sync"
	"time"
)

// pace decides whether there is time to begin another step of an import, by how long the
// steps before it took. Once time is short it stays so, so that the last
// steps are those left undone.
type pace struct {
	mu       sync.Mutex
	deadline time.Time // zero: no deadline
	slowest  time.Duration
	stopped  bool
}

const (
	// answerReserve is what is left for the answer: no step goes on until later.
	answerReserve = time.Second
	// expectedStep is how long a step is thought to take before one was measured.
	expectedStep = 2 * time.Second
)

// newPace also bounds the context, so that a store that hangs can't take the time for the answer.
func newPace(ctx context.Context) (context.Context, context.CancelFunc, *pace) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}, &pace{}
	}
	deadline = deadline.Add(-answerReserve)
	ctx, cancel := context.WithDeadline(ctx, deadline)
	return ctx, cancel, &pace{deadline: deadline, slowest: expectedStep}
}

// begin says whether a step may begin: there is time for two of the slowest.
func (p *pace) begin() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = p.stopped || !p.deadline.IsZero() && time.Until(p.deadline) < 2*p.slowest
	return !p.stopped
}

// done tells how long a step took. What was slow once is forgotten little by little.
func (p *pace) done(took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slowest = max(took, p.slowest-p.slowest/16)
}

// step runs one step, if there is time for it.
func (p *pace) step(do func()) bool {
	if !p.begin() {
		return false
	}
	p.timed(do)
	return true
}

// timed runs a step that may begin.
func (p *pace) timed(do func()) {
	began := time.Now()
	do()
	p.done(time.Since(began))
}
