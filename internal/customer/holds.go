package customer

import (
	"maps"
	"time"
)

// LiftNotice is the minimum time in which a customer in the trash can still be restored after its
// last legal hold is lifted. Its purge time may have passed under the hold.
const LiftNotice = 24 * time.Hour

// WithHold returns the customer with one more legal hold.
func (c Customer) WithHold(name string, h Hold) Customer {
	c.Holds = maps.Clone(c.Holds)
	if c.Holds == nil {
		c.Holds = map[string]Hold{}
	}
	c.Holds[name] = h
	return c
}

// WithoutHold returns the customer without one of its legal holds. A customer in the trash without any
// other hold becomes due LiftNotice after at, or later.
func (c Customer) WithoutHold(name string, at time.Time) Customer {
	c.Holds = maps.Clone(c.Holds)
	if delete(c.Holds, name); len(c.Holds) > 0 {
		return c
	}
	c.Holds = nil
	if earliest := at.Add(LiftNotice); c.State == Deleted && c.Due(earliest) {
		d := *c.Deletion
		d.PurgeTime = earliest
		c.Deletion = &d
	}
	return c
}
