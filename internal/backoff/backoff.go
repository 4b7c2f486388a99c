// Package backoff waits between the attempts at something that is busy, or at which another one was faster.
package backoff

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"strconv"
	"time"
)

// Exponential says how long to wait: after the first attempt up to First, and with each further one up to twice as long,
// at most Max. Attempts count from 1.
type Exponential struct{ First, Max time.Duration }

// Limit is the longest wait after an attempt. It is 0 before the first.
func (e Exponential) Limit(attempt int) time.Duration {
	if attempt < 1 {
		return 0
	}
	return min(e.First<<min(attempt-1, 16), e.Max)
}

// Wait waits a random part of the limit, "full jitter" in "Exponential Backoff And Jitter" (AWS Architecture Blog,
// 2015): those who got into each other's way come back one by one. If the context ends first, it returns the context's error.
func (e Exponential) Wait(ctx context.Context, attempt int) error {
	return wait(ctx, rand.N(max(1, e.Limit(attempt))))
}

// WaitFor is Wait with a wait that a key and the attempt decide: a simulation that does the same waits the same.
func (e Exponential) WaitFor(ctx context.Context, key string, attempt int) error {
	drawn := sha256.Sum256([]byte(key + strconv.Itoa(attempt)))
	return wait(ctx, time.Duration(binary.BigEndian.Uint64(drawn[:])%uint64(max(1, e.Limit(attempt)))))
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
