package bulk

import (
	"cmp"
	"maps"
	"time"
)

// State says where an operation stands.
type State string

// The states of an operation.
const (
	Planning  State = "PLANNING"  // its subjects are being frozen
	Ready     State = "READY"     // planned; waits to be applied
	Running   State = "RUNNING"   // applied; workers are at it
	Succeeded State = "SUCCEEDED" // everything that the plan promised was done
	Partial   State = "PARTIAL"   // some was done, some was not
	Failed    State = "FAILED"    // nothing was done, or it could not be planned
	Expired   State = "EXPIRED"   // nobody applied it in time

	Cancelling State = "CANCELLING" // nothing further begins; some worker has yet to stop
	Cancelled  State = "CANCELLED"  // stopped; what was done stays done
)

// Ended says whether nothing more happens by itself.
func (s State) Ended() bool { return s != Planning && s != Ready && s != Running && s != Cancelling }

// OnRefused says what an operation does when a subject can't be done.
type OnRefused string

// What is done about subjects that the rules refuse.
const (
	Skip OnRefused = "skip" // they are left alone, and reported
	Fail OnRefused = "fail" // the plan can't be applied; refused later, they have failed
)

// Operation is one action on many subjects.
type Operation struct {
	ID          string
	Action      string
	Params      []byte // of the action; no personal data
	Basis       []byte // what the action goes by beside the subjects, as it was when they began to be planned; no personal data
	By          string
	ReasonCode  string `json:",omitempty"`
	Reason      string // to be told when the planning has ended: see redact
	Fingerprint string // of the request that made it; empty when it can't be repeated

	State   State
	Version int64 // counts changes of the operation, not of its chunks
	Created time.Time
	Planned time.Time
	Expires time.Time // of the plan
	Applied time.Time
	Ended   time.Time
	Why     string // it failed to be planned; no personal data

	AppliedBy   string    // whoever's approval started it; empty when nobody's did, as it applied itself
	CancelledBy string    // whoever stopped it
	Retried     time.Time // last
	RetriedBy   string    // last

	OnRefused OnRefused // as it was applied

	Position string // of the planning; empty at its beginning and end
	Chunks   int
	Digest   string
	Impact   Impact
	Tally    Tally // as it ended; see Engine.Tally for one that has not
	Swept    SweepMark
}

// Impact is what a plan foresees.
type Impact struct {
	Subjects int
	Eligible int
	Refused  map[string]int   // by code
	Counts   map[string]int64 // what hangs on the eligible ones
	Weight   int              // of the work on the eligible ones
	Estimate Usage
}

// SweepMark is what the sweep has seen of an operation, from which it tells whether anything moves.
type SweepMark struct {
	At    time.Time
	Seen  string
	Times int // that it saw the same again
}

// Usage is what work costs.
type Usage struct {
	Requests   int
	WriteUnits float64
	ReadUnits  float64
}

// Plus adds up.
func (u Usage) Plus(v Usage) Usage {
	return Usage{u.Requests + v.Requests, u.WriteUnits + v.WriteUnits, u.ReadUnits + v.ReadUnits}
}

// Tally counts the subjects of an operation by what became of them.
type Tally struct {
	Done    int
	Skipped int
	Failed  int
	Left    int            // undecided so far
	Codes   map[string]int // of the skipped and failed, and of those left that may have been done
	Usage   Usage
}

// Actor is in whose name things are done to the subjects: whoever applied the operation. One
// that applies itself is its planner's.
func (o Operation) Actor() string { return cmp.Or(o.AppliedBy, o.By) }

// StateAt is the state as a reader must judge it: a plan past its time has expired,
// whether or not anything has noted it.
func (o Operation) StateAt(now time.Time) State {
	if o.State == Ready && !now.Before(o.Expires) {
		return Expired
	}
	return o.State
}

// CanApply says why the operation can't be applied, nil if it can. It returns
// ErrUnchanged for one that was applied by the same digest.
func (o Operation) CanApply(a Approval, now time.Time) error {
	state := o.StateAt(now)
	switch {
	case state == Planning:
		return ErrPlanning
	case state == Expired:
		return ErrExpired
	case a.Digest != o.Digest:
		return ErrStale
	case state != Ready && o.Applied.IsZero():
		return ErrEnded
	case state != Ready:
		return ErrUnchanged
	case !a.Acknowledged:
		return ErrConfirm
	case a.OnRefused == Fail && o.Impact.Eligible < o.Impact.Subjects:
		return &RefusedError{maps.Clone(o.Impact.Refused)}
	}
	return nil
}

// CanCancel says why the operation can't be cancelled, nil if it can.
func (o Operation) CanCancel() error {
	switch {
	case o.State == Cancelling || o.State == Cancelled:
		return ErrUnchanged
	case o.State.Ended():
		return ErrEnded
	}
	return nil
}

// CanRetry says why what failed can't be tried again, nil if it can.
func (o Operation) CanRetry() error {
	switch {
	case o.State == Running:
		return ErrUnchanged
	case !o.State.Ended():
		return ErrRunning
	case o.Applied.IsZero() || o.State == Cancelled:
		return ErrEnded
	case o.Tally.Failed == 0:
		return ErrUnchanged
	}
	return nil
}

// untouched is the tally of a plan that comes to its end without being applied.
func (o Operation) untouched() Tally {
	return Tally{Skipped: o.Impact.Subjects - o.Impact.Eligible, Left: o.Impact.Eligible, Codes: maps.Clone(o.Impact.Refused)}
}

// conclude is the state that a tally of everything amounts to. Subjects of which the
// plan said that they would be left alone don't count against it.
func (o Operation) conclude(t Tally) State {
	foreseen := o.Impact.Subjects - o.Impact.Eligible
	switch {
	case o.State == Cancelling:
		return Cancelled
	case t.Failed == 0 && t.Skipped <= foreseen:
		return Succeeded
	case t.Done == 0:
		return Failed
	}
	return Partial
}
