package dynamo

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// pace adapts how fast a process writes in bulk to what a table or an index bears: each batch
// that goes through adds a little, each throttle halves it (additive increase,
// multiplicative decrease), at most once in a while, since one burst of throttles is
// one piece of news.
type pace struct {
	limiter *rate.Limiter // items a second
	slots   chan struct{} // one for each batch under way
	mu      sync.Mutex
	slowed  time.Time
}

const (
	startPace = 1000 // what one partition of a table bears, in items of up to 1 KB a second
	minPace   = maxBatchWrite
	maxPace   = 40_000 // the default quota of a table
	paceStep  = 50
	paceRest  = 200 * time.Millisecond

	// underWay is how many batches a process has under way at once, for however many purges and
	// chunks: enough for maxPace where a batch takes 10 ms. More would only wait in the
	// table's queue, in front of what somebody at a screen waits for.
	underWay = 16
)

func newPace() *pace {
	return &pace{limiter: rate.NewLimiter(startPace, maxBatchWrite*writers), slots: make(chan struct{}, underWay)}
}

// turn waits until so many items may be written; done is to be called when they are. A wait
// that would outlast the context's deadline is the deadline, now.
func (p *pace) turn(ctx context.Context, items int) (done func(), err error) {
	if err := p.limiter.WaitN(ctx, items); err != nil {
		if ctx.Err() == nil {
			err = context.DeadlineExceeded
		}
		return nil, err
	}
	select {
	case p.slots <- struct{}{}:
		return func() { <-p.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pace) faster() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limiter.SetLimit(min(p.limiter.Limit()+paceStep, maxPace))
}

func (p *pace) slower() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); now.Sub(p.slowed) > paceRest {
		p.slowed = now
		p.limiter.SetLimit(max(p.limiter.Limit()/2, minPace))
	}
}
