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
	mu      sync.Mutex
	slowed  time.Time
}

const (
	startPace = 1000 // what one partition of a table bears, in items of up to 1 KB a second
	minPace   = maxBatchWrite
	maxPace   = 40_000 // the default quota of a table
	paceStep  = 50
	paceRest  = 200 * time.Millisecond
)

func newPace() *pace {
	return &pace{limiter: rate.NewLimiter(startPace, maxBatchWrite*writers)}
}

// wait waits until so many items may be written. A wait that would outlast the
// context's deadline is the deadline, now.
func (p *pace) wait(ctx context.Context, items int) error {
	err := p.limiter.WaitN(ctx, items)
	if err != nil && ctx.Err() == nil {
		return context.DeadlineExceeded
	}
	return err
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
