package customer

import (
	"maps"
	"time"
)

// Trace describes a customer after a change with an idempotency key, without personal data. It is kept
// for a day to answer a repeated request. The trace of a change of records has only its time.
type Trace struct {
	At       time.Time
	Version  int64
	State    State
	Blocked  bool
	Held     bool
	Created  time.Time
	Deletion *Deletion        // without author and reason
	Counts   map[string]int64 // records by kind, without zeros
}

// Trace returns the trace of the customer's latest change.
func (c Customer) Trace() Trace {
	t := Trace{At: c.Last.At, Version: c.Version, State: c.State, Blocked: c.Blocked, Held: c.Held(), Created: c.Created}
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

// TraceAt returns the trace of a request at the given time that left the customer unchanged.
func (c Customer) TraceAt(at time.Time) Trace {
	t := c.Trace()
	t.At = at
	return t
}

// Customer returns the customer after the traced change. now is the customer as it is, or zero if it is gone.
// If it has changed since, the result has only the data of the trace.
func (t Trace) Customer(id string, now Customer) Customer {
	if now.ID == id && now.Version == t.Version {
		now.Counts = maps.Clone(t.Counts)
		return now
	}
	return Customer{
		ID: id, Version: t.Version, State: t.State, Blocked: t.Blocked, Created: t.Created,
		Deletion: t.Deletion, Counts: maps.Clone(t.Counts),
	}
}
