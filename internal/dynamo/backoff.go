package dynamo

import (
	"context"
	"math/rand/v2"
	"time"
)

const maxBackoff = 2 * time.Second

// sleep waits before the next attempt: full jitter over a limit that doubles with
// each, as "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015) recommends.
func sleep(ctx context.Context, attempt int, base time.Duration) error {
	limit := min(base<<min(attempt-1, 16), maxBackoff)
	timer := time.NewTimer(rand.N(limit))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
