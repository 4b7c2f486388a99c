package bulk

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// in returns an operation in a state at noon. It has ten subjects, of which eight are eligible.
func in(s State) Operation {
	op := Operation{
		ID: "op", State: s, Digest: "d", Expires: noon.Add(time.Hour),
		Impact: Impact{Subjects: 10, Eligible: 8, Refused: map[string]int{"ON_HOLD": 2}},
	}
	if s == Running || s == Succeeded || s == Partial || s == Failed || s == Cancelling {
		op.Applied = noon.Add(-time.Hour)
	}
	return op
}

func (o Operation) late() Operation {
	o.Expires = noon
	return o
}

func (o Operation) failing(n int) Operation {
	o.Tally.Failed = n
	return o
}

// waiting returns an operation that ann created and bob applied, and that waits for a second person.
func waiting() Operation {
	op := in(Waiting)
	op.By, op.RequestedBy, op.Requested = "ann", "bob", noon.Add(-time.Minute)
	return op
}

// approved returns an operation in a state after cas approved it.
func approved(s State) Operation {
	op := waiting()
	op.State, op.Applied, op.AppliedBy, op.ApprovedBy = s, noon, "bob", "cas"
	return op
}

func (o Operation) unapplied() Operation {
	o.Applied = time.Time{}
	return o
}

// verdict returns a short name for a decision.
func verdict(err error) string {
	if refused, is := errors.AsType[*RefusedError](err); is {
		return fmt.Sprint(refused.Codes)
	}
	return map[error]string{
		nil: "yes", ErrUnchanged: "unchanged", ErrPlanning: "planning", ErrRunning: "running", ErrEnded: "ended",
		ErrExpired: "expired", ErrStale: "stale", ErrConfirm: "unconfirmed", ErrOwnApproval: "own", ErrNotWaiting: "not waiting",
	}[err]
}

func TestAllowedRequestsInEachState(t *testing.T) {
	yes := Approval{Digest: "d", Acknowledged: true}
	for _, tt := range []struct {
		name                 string
		op                   Operation
		apply, cancel, retry string
	}{
		{"planning", in(Planning), "planning", "yes", "running"},
		{"ready", in(Ready), "yes", "yes", "running"},
		{"ready, past its expiry", in(Ready).late(), "expired", "yes", "running"},
		{"waiting", in(Waiting), "unchanged", "yes", "running"},
		{"waiting, past its expiry", in(Waiting).late(), "expired", "yes", "running"},
		{"running", in(Running), "unchanged", "yes", "unchanged"},
		{"running, past the plan's expiry", in(Running).late(), "unchanged", "yes", "unchanged"},
		{"succeeded", in(Succeeded), "unchanged", "ended", "unchanged"},
		{"partial, because of refusals", in(Partial), "unchanged", "ended", "unchanged"},
		{"partial, because of failures", in(Partial).failing(3), "unchanged", "ended", "yes"},
		{"failed", in(Failed).failing(8), "unchanged", "ended", "yes"},
		{"failed in planning", in(Failed).unapplied(), "ended", "ended", "ended"},
		{"cancelling", in(Cancelling), "unchanged", "unchanged", "running"},
		{"cancelling, past the plan's expiry", in(Cancelling).late(), "unchanged", "unchanged", "running"},
		{"cancelled", in(Cancelled), "ended", "unchanged", "ended"},
		{"expired", in(Expired), "expired", "ended", "ended"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := []string{verdict(tt.op.CanApply(yes, noon)), verdict(tt.op.CanCancel()), verdict(tt.op.CanRetry())}
			if want := []string{tt.apply, tt.cancel, tt.retry}; !reflect.DeepEqual(got, want) {
				t.Errorf("apply, cancel, retry: %q, want %q", got, want)
			}
		})
	}
}

func TestAnApprovalBindsToThePlan(t *testing.T) {
	for _, tt := range []struct {
		name     string
		op       Operation
		approval Approval
		want     string
	}{
		{"of another plan", in(Ready), Approval{Digest: "e", Acknowledged: true}, "stale"},
		{"of no plan", in(Ready), Approval{Acknowledged: true}, "stale"},
		{"unacknowledged", in(Ready), Approval{Digest: "d"}, "unconfirmed"},
		{"of all or nothing", in(Ready), Approval{Digest: "d", Acknowledged: true, OnRefused: Fail}, "map[ON_HOLD:2]"},
		{"of what can be done", in(Ready), Approval{Digest: "d", Acknowledged: true, OnRefused: Skip}, "yes"},
		{"of another plan, when it runs", in(Running), Approval{Digest: "e", Acknowledged: true}, "stale"},
	} {
		if got := verdict(tt.op.CanApply(tt.approval, noon)); got != tt.want {
			t.Errorf("an approval %s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestConclude(t *testing.T) {
	for _, tt := range []struct {
		tally Tally
		want  State
	}{
		{Tally{Done: 8, Skipped: 2}, Succeeded},
		{Tally{Done: 7, Skipped: 3}, Partial},
		{Tally{Done: 7, Skipped: 2, Failed: 1}, Partial},
		{Tally{Skipped: 10}, Failed},
		{Tally{Skipped: 2, Failed: 8}, Failed},
	} {
		if got := in(Running).conclude(tt.tally); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.tally, got, tt.want)
		}
	}
	if got := in(Cancelling).conclude(Tally{Done: 8, Skipped: 2}); got != Cancelled {
		t.Errorf("cancelled after the last subject: %s, want %s", got, Cancelled)
	}
	if got := (Operation{}).conclude(Tally{}); got != Succeeded {
		t.Errorf("no subjects: %s, want %s", got, Succeeded)
	}
}
