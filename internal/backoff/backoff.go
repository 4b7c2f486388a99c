// Package backoff waits between attempts at a request that was refused because of load or contention.
package backoff

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"strconv"
	"time"

	"lethe/internal/clock"
)

// Exponential is exponential backoff: the limit of the wait is First after the first attempt, doubles with each further
// one, and is at most Max. Attempts count from 1.
type Exponential struct{ First, Max time.Duration }

// Limit returns the limit of the wait after an attempt, 0 before the first.
func (e Exponential) Limit(attempt int) time.Duration {
	if attempt < 1 {
		return 0
	}
	return min(e.First<<min(attempt-1, 16), e.Max)
}

// Wait waits for a random time below the limit, so that callers that contended don't retry at the same time. This is "full
// jitter" in "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015). If the context ends first, Wait returns its error.
func (e Exponential) Wait(ctx context.Context, attempt int) error {
	return clock.Sleep(ctx, rand.N(max(1, e.Limit(attempt))))
}

// WaitFor is like Wait, but the key and the attempt determine the time, so that a simulation is repeatable.
func (e Exponential) WaitFor(ctx context.Context, key string, attempt int) error {
	drawn := sha256.Sum256([]byte(key + strconv.Itoa(attempt)))
	return clock.Sleep(ctx, time.Duration(binary.BigEndian.Uint64(drawn[:])%uint64(max(1, e.Limit(attempt)))))
}
