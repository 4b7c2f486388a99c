package customer

import (
	"maps"
	"time"
)

// LiftNotice is how long a customer in the trash can still be restored, at least, when the
// last of its legal holds is lifted. Its purge time may have passed under the hold.
const LiftNotice = 24 * time.Hour

// Placed is the customer with one more legal hold.
func (c Customer) Placed(name string, h Hold) Customer {
	c.Holds = maps.Clone(c.Holds)
	if c.Holds == nil {
		c.Holds = map[string]Hold{}
	}
	c.Holds[name] = h
	return c
}

// Lifted is the customer without one of its legal holds. If that was the last one, and the
// customer is in the trash, it does not fall due before LiftNotice is over.
func (c Customer) Lifted(name string, at time.Time) Customer {
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
