package dynamo

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// pace adapts the rate of bulk writes of a process to the capacity of a table or an index (additive increase,
// multiplicative decrease): each batch that succeeds adds paceStep, a throttle halves the rate. Throttles that
// arrive within paceRest of a decrease are of the same burst and do not count again.
type pace struct {
	limiter *rate.Limiter // items a second
	slots   chan struct{} // one for each batch in flight
	mu      sync.Mutex
	slowed  time.Time
}

const (
	startPace = 1000 // capacity of one partition of a table, in items of up to 1 KB a second
	minPace   = maxBatchWrite
	maxPace   = 40_000 // the default quota of a table
	paceStep  = 50
	paceRest  = 200 * time.Millisecond

	// maxInFlight is the number of batches that a process has in flight, over all its purges and
	// chunks: enough for maxPace if a batch takes 10 ms. More would only wait in the
	// table's queue, and delay the requests of people at a screen.
	maxInFlight = 16
)

func newPace() *pace {
	return &pace{limiter: rate.NewLimiter(startPace, maxBatchWrite*writers), slots: make(chan struct{}, maxInFlight)}
}

// turn waits until the number of items may be written. The caller calls done when they are. If the wait would
// outlast the context's deadline, the error is context.DeadlineExceeded, at once.
//
// The slot comes first: what waits for one has not asked the limiter. If all batches asked at once, those would be
// counted at the old rate, and after a decrease the next batch would wait for all of them at the new one.
func (p *pace) turn(ctx context.Context, items int) (done func(), err error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	done = func() { <-p.slots }
	if err := p.limiter.WaitN(ctx, items); err != nil {
		done()
		if ctx.Err() == nil {
			err = context.DeadlineExceeded
		}
		return nil, err
	}
	return done, nil
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
