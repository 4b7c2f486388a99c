package customer

import (
	"context"
	"encoding/binary"
	"strconv"
	"time"
)

const (
	maxAttempts = 16 // of a change that others are faster with
	firstPause  = 10 * time.Millisecond
	maxPause    = 500 * time.Millisecond
)

// pause waits before a change is tried again: full jitter over a limit that doubles with
// each attempt. The jitter is drawn from the change's id, so that a simulation that makes
// the same changes waits the same.
func pause(ctx context.Context, change string, attempt int) error {
	limit := min(firstPause<<min(attempt-1, 16), maxPause)
	drawn := shortHash(change + strconv.Itoa(attempt))
	timer := time.NewTimer(time.Duration(binary.BigEndian.Uint64(drawn[:]) % uint64(limit)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
