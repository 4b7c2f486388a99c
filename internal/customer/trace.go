package customer

import (
	"maps"
	"time"
)

// Trace is what is kept for a day of a change that was made under a key, to answer a repeat of
// it by: how it left the customer, without anything personal. A change of records leaves
// only its time.
type Trace struct {
	At       time.Time
	Version  int64
	State    State
	Blocked  bool
	Held     bool
	Created  time.Time
	Deletion *Deletion        // without who deleted it and why
	Counts   map[string]int64 // of the kinds that there were records of
}

// Trace is what is kept of the change that left the customer as it is.
func (c Customer) Trace() Trace {
	t := Trace{At: c.Last.At, Version: c.Version, State: c.State, Blocked: c.Blocked, Held: len(c.Holds) > 0, Created: c.Created}
	if d := c.Deletion; d != nil {
		t.Deletion = &Deletion{ID: d.ID, Time: d.Time, PurgeTime: d.PurgeTime}
	}
	for kind, n := range c.Counts {
		if n > 0 {
			if t.Counts == nil {
				t.Counts = map[string]int64{}
			}
			t.Counts[kind] = n
		}
	}
	return t
}

// TraceAt is what is kept of a change that left the customer as it was, since that was so
// already.
func (c Customer) TraceAt(at time.Time) Trace {
	t := c.Trace()
	t.At = at
	return t
}

// Of is a customer as the change left it. If it has been changed since, or is gone, it
// has only what the trace tells.
func (t Trace) Of(id string, now Customer) Customer {
	if now.ID == id && now.Version == t.Version {
		now.Counts = maps.Clone(t.Counts)
		return now
	}
	return Customer{
		ID: id, Version: t.Version, State: t.State, Blocked: t.Blocked, Created: t.Created,
		Deletion: t.Deletion, Counts: maps.Clone(t.Counts),
	}
}
