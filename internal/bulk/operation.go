package bulk

import (
	"cmp"
	"maps"
	"time"
)

// State is the stage that an operation is in.
type State string

// The states of an operation.
const (
	Planning  State = "PLANNING"  // its subjects are being read and stored
	Ready     State = "READY"     // planned; nobody has applied it yet
	Waiting   State = "WAITING"   // applied by one person, and waiting for the approval of a second
	Running   State = "RUNNING"   // applied; workers process its chunks
	Succeeded State = "SUCCEEDED" // the action was applied to every subject that the plan accepted
	Partial   State = "PARTIAL"   // the action was applied to some of them
	Failed    State = "FAILED"    // the action was applied to none, or the planning failed
	Expired   State = "EXPIRED"   // not started within PlanLife

	Cancelling State = "CANCELLING" // no new request begins; a worker is still stopping
	Cancelled  State = "CANCELLED"  // stopped; what was done before stays done
)

// Ended reports whether the operation is over. Only Retry changes it after that.
func (s State) Ended() bool {
	switch s {
	case Planning, Ready, Waiting, Running, Cancelling:
		return false
	default:
		return true
	}
}

// OnRefused is the treatment of subjects that the rules refuse.
type OnRefused string

// The treatments of refused subjects.
const (
	Skip OnRefused = "skip" // leave them unchanged and report them
	Fail OnRefused = "fail" // don't apply the plan; a subject refused during the run counts as failed
)

// Operation is one action on many subjects.
type Operation struct {
	ID          string
	Action      string
	Params      []byte // of the action; no personal data
	Basis       []byte // settings that the action depends on, as of creation: see Action.Basis; no personal data
	By          string // user who created it
	ReasonCode  string `json:",omitempty"`
	Reason      string // not shown before the planning has ended: see redact
	Fingerprint string // hash of the request that created it; empty if the request has no idempotency key

	State   State
	Version int64 // number of changes to the operation, not to its chunks
	Created time.Time
	Planned time.Time
	Expires time.Time // of the plan
	Applied time.Time // when it was first started
	Ended   time.Time
	Why     string // why the planning failed; no personal data

	Requested   time.Time // when it began to wait for a second person; zero if it never did
	RequestedBy string    // user who applied it then
	AppliedBy   string    // user who applied it; empty until it starts, and if it started by itself
	ApprovedBy  string    // second person, who approved it; empty if it needed none
	CancelledBy string    // user who cancelled it
	Retried     time.Time // last retry
	RetriedBy   string    // user who asked for the last retry

	OnRefused OnRefused // from the approval

	Position string // next page of the planning; empty before the first and after the last
	Chunks   int
	Digest   string
	Impact   Impact
	Tally    Tally // final counts; before the end see Engine.Tally
	Swept    SweepMark
}

// Impact is the expected effect of applying a plan.
type Impact struct {
	Subjects int
	Eligible int              // subjects that the rules don't refuse
	Refused  map[string]int   // refused subjects by code
	Counts   map[string]int64 // sum of Subject.Counts of the eligible subjects
	Weight   int              // sum of Subject.Weight of the eligible subjects
	Extra    int              // sum of Subject.Extra of the eligible subjects: write units beyond those of small ones
	Estimate Usage
}

// SweepMark is a snapshot of an operation's progress. The sweep compares it with the next one
// to find out whether the operation makes progress.
type SweepMark struct {
	At    time.Time // of the first sweep, or of the last resend, that saw this progress
	Seen  string    // summary of the progress
	Times int       // resends since the progress last changed
}

// Usage is the number of requests made and the capacity units consumed.
type Usage struct {
	Requests   int
	WriteUnits float64
	ReadUnits  float64
}

// Plus returns the sum of u and v.
func (u Usage) Plus(v Usage) Usage {
	return Usage{u.Requests + v.Requests, u.WriteUnits + v.WriteUnits, u.ReadUnits + v.ReadUnits}
}

// Tally is the number of subjects by outcome.
type Tally struct {
	Done    int
	Skipped int
	Failed  int
	Left    int            // undecided
	Codes   map[string]int // by code: skipped, failed, and undecided ones with the code Interrupted
	Usage   Usage
}

// Actor returns the user who is recorded as the author of each change: the one who applied the
// operation. If it started without approval, that is the one who created it.
func (o Operation) Actor() string { return cmp.Or(o.AppliedBy, o.By) }

// StateAt returns the state at a time. A plan past its expiry is Expired, also before the
// sweep has stored that.
func (o Operation) StateAt(now time.Time) State {
	if (o.State == Ready || o.State == Waiting) && !now.Before(o.Expires) {
		return Expired
	}
	return o.State
}

// CanApply returns nil if the approval can start the operation or make it wait for a second person, or else the
// refusal. It returns ErrUnchanged if the operation was applied before by the same digest.
func (o Operation) CanApply(a Approval, now time.Time) error {
	state := o.StateAt(now)
	switch {
	case state == Planning:
		return ErrPlanning
	case state == Expired:
		return ErrExpired
	case a.Digest != o.Digest:
		return ErrStale
	case state.Ended() && o.Applied.IsZero():
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

// CanCancel returns nil if the operation can be cancelled, ErrUnchanged if it is cancelled, or
// ErrEnded.
func (o Operation) CanCancel() error {
	switch {
	case o.State == Cancelling || o.State == Cancelled:
		return ErrUnchanged
	case o.State.Ended():
		return ErrEnded
	}
	return nil
}

// CanRetry returns nil if failed subjects can run again, ErrUnchanged if they run now or none
// failed, or else the refusal.
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

// untouched returns the tally of a plan that ends without being applied.
func (o Operation) untouched() Tally {
	return Tally{Skipped: o.Impact.Subjects - o.Impact.Eligible, Left: o.Impact.Eligible, Codes: maps.Clone(o.Impact.Refused)}
}

// conclude returns the final state for a tally of all chunks. Subjects that the plan refused
// don't count against success.
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
