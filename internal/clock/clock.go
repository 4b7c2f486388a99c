// Package clock provides the time for the rules.
package clock

import "time"

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
