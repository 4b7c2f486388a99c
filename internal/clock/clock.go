// Package clock provides the time for the rules.
package clock

import (
	"context"
	"time"
)

// Clock returns the time. The nil Clock is the system's clock; tests and the simulation set their own.
type Clock func() time.Time

// Now returns the current time in UTC, cut to whole milliseconds. The tables store times with this
// precision, so a decision is the same with the time as it was before and after it was stored.
func (c Clock) Now() time.Time {
	if c == nil {
		c = time.Now
	}
	return c().UTC().Truncate(time.Millisecond)
}

// Sleep waits for d. If ctx ends first, Sleep returns its error.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
