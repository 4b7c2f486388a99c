// Package clock tells the time by which rules decide.
package clock

import "time"

// Clock tells the time. The zero Clock is the system's; tests and the simulation set their own.
type Clock func() time.Time

// Now is the present in UTC. It is cut to whole milliseconds: the tables keep no finer time, so a decision
// made now and one made from what was stored agree.
func (c Clock) Now() time.Time {
	if c == nil {
		c = time.Now
	}
	return c().UTC().Truncate(time.Millisecond)
}
