package bulk

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestWhoMayApproveInEachState(t *testing.T) {
	for _, tt := range []struct {
		name       string
		op         Operation
		digest, by string
		want       string
	}{
		{"waiting", waiting(), "d", "cas", "yes"},
		{"waiting, of another plan", waiting(), "e", "cas", "stale"},
		{"waiting, of no plan", waiting(), "", "cas", "stale"},
		{"waiting, by the one who created it", waiting(), "d", "ann", "own"},
		{"waiting, by the one who applied it", waiting(), "d", "bob", "own"},
		{"waiting, past its expiry", waiting().late(), "d", "cas", "expired"},
		{"planning", in(Planning), "d", "cas", "planning"},
		{"ready", in(Ready), "d", "cas", "not waiting"},
		{"running, needed no second person", in(Running), "d", "cas", "not waiting"},
		{"ended, needed no second person", in(Succeeded), "d", "cas", "ended"},
		{"expired", in(Expired), "d", "cas", "expired"},
		{"cancelled while it waited", in(Cancelled), "d", "cas", "ended"},
		{"approved, by the same again", approved(Running), "d", "cas", "unchanged"},
		{"approved, by a third", approved(Succeeded), "d", "dan", "unchanged"},
		{"approved, by the one who applied it", approved(Running), "d", "bob", "own"},
		{"approved, of another plan", approved(Running), "e", "cas", "stale"},
		{"approved, past the plan's expiry", approved(Running).late(), "d", "cas", "unchanged"},
	} {
		if got := verdict(tt.op.CanApprove(tt.digest, tt.by, noon)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// asksFor returns an engine whose rules ask for a second person or not.
func asksFor(t *testing.T, op Operation, needs *bool) (*oneChunkStore, *Engine) {
	t.Helper()
	store, engine := newTestEngine(t, nil)
	op.Action, op.Expires = "do", time.Now().Add(time.Hour)
	store.op, engine.Queue = op, &conflictingStore{}
	engine.NeedsSecond = func(context.Context, Operation) (bool, error) { return *needs, nil }
	return store, engine
}

// TestAnOperationWaitsForASecondPerson applies a plan twice, changes the rules, and approves it twice.
func TestAnOperationWaitsForASecondPerson(t *testing.T) {
	needs := true
	plan := in(Ready)
	plan.By, plan.Chunks = "ann", 1
	store, engine := asksFor(t, plan, &needs)
	apply := func(by string) Operation {
		op, err := engine.Apply(t.Context(), "op", Approval{Digest: "d", Acknowledged: true, OnRefused: Skip, By: by})
		if err != nil {
			t.Fatal(err)
		}
		return op
	}
	op := apply("bob")
	if op.State != Waiting || op.RequestedBy != "bob" || op.AppliedBy != "" || op.OnRefused != Skip || !op.Applied.IsZero() || op.Requested.IsZero() {
		t.Fatalf("applied: %+v", op)
	}
	needs = false
	if again := apply("cas"); again.State != Waiting || again.RequestedBy != "bob" || again.Version != op.Version {
		t.Errorf("applied again under other rules: %+v", again)
	}
	if _, err := engine.Approve(t.Context(), "op", "d", "bob"); !errors.Is(err, ErrOwnApproval) {
		t.Errorf("approved by the one who applied it: %v", err)
	}
	for range 2 {
		op, err := engine.Approve(t.Context(), "op", "d", "cas")
		if err != nil || op.State != Running || op.AppliedBy != "bob" || op.ApprovedBy != "cas" || op.Actor() != "bob" || store.op.Version != 2 {
			t.Errorf("approved: %+v, %v", op, err)
		}
	}
}

// TestAnApprovalIsForTheSettingsOfThePlan changes the settings while the operation waits.
func TestAnApprovalIsForTheSettingsOfThePlan(t *testing.T) {
	needs := true
	store, engine := asksFor(t, waiting(), &needs)
	engine.Actions["do"] = Action{Basis: func(context.Context) ([]byte, error) { return []byte("PT6S"), nil }}
	store.op.Basis = []byte("P30D")
	if op, err := engine.Approve(t.Context(), "op", "d", "cas"); !errors.Is(err, ErrOutdated) || store.op.State != Waiting {
		t.Errorf("%v, %+v", err, op)
	}
}

// TestAPlanThatWaitsTooLongExpires sweeps.
func TestAPlanThatWaitsTooLongExpires(t *testing.T) {
	needs := true
	store, engine := asksFor(t, waiting(), &needs)
	store.op.Expires = time.Now().Add(-time.Second)
	if err := engine.sweepOne(t.Context(), store.op, &Sweep{}, 1); err != nil || store.op.State != Expired || store.op.Tally.Left != 8 {
		t.Errorf("%v, %+v", err, store.op)
	}
}

func TestAWaitingPlanCanBeCancelled(t *testing.T) {
	needs := true
	_, engine := asksFor(t, waiting(), &needs)
	op, err := engine.Cancel(t.Context(), "op", "ann")
	if err != nil || op.State != Cancelled || op.Tally.Left != 8 || op.ApprovedBy != "" {
		t.Errorf("%v, %+v", err, op)
	}
	if _, err := engine.Approve(t.Context(), "op", "d", "cas"); !errors.Is(err, ErrEnded) {
		t.Errorf("approved after that: %v", err)
	}
}

// TestARetryNeedsTheApprovalOfTheOperation retries what failed, with and without a second person, under both rules.
func TestARetryNeedsTheApprovalOfTheOperation(t *testing.T) {
	for _, tt := range []struct {
		name  string
		op    Operation
		needs bool
		want  error
	}{
		{"approved", approved(Partial), true, nil},
		{"not approved, before the rules asked for it", in(Partial), false, nil},
		{"not approved, and the rules ask for it now", in(Partial), true, ErrUnapproved},
	} {
		store, engine := asksFor(t, tt.op.failing(1), &tt.needs)
		_, err := engine.Retry(t.Context(), "op", "dan")
		if !errors.Is(err, tt.want) || tt.want == nil && store.op.State != Running || tt.want != nil && store.op.State != Partial {
			t.Errorf("%s: %v, %s, want %v", tt.name, err, store.op.State, tt.want)
		}
	}
}

// TestRulesThatCantBeReadApplyNothing fails the function that says whether a second person is needed.
func TestRulesThatCantBeReadApplyNothing(t *testing.T) {
	needs := false
	store, engine := asksFor(t, in(Ready), &needs)
	engine.NeedsSecond = func(context.Context, Operation) (bool, error) { return false, errBroken }
	_, err := engine.Apply(t.Context(), "op", Approval{Digest: "d", Acknowledged: true})
	if !errors.Is(err, errBroken) || store.op.State != Ready {
		t.Errorf("%v, %s", err, store.op.State)
	}
}
