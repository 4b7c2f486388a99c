package bulk

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// redactingEngine returns an engine that plans n subjects one by one. Each removes its own name
// from reasons.
func redactingEngine(store Store, n int) *Engine {
	plan := func(_ context.Context, op Operation, _ []byte, _ int) ([]Subject, string, error) {
		at := 0
		_, _ = fmt.Sscan(op.Position, &at)
		name := fmt.Sprint("s", at)
		redact := func(text string) string { return strings.ReplaceAll(text, name, "-") }
		next := fmt.Sprint(at + 1)
		if at == n-1 {
			next = ""
		}
		return []Subject{{ID: name, Weight: 1, Redact: redact}}, next, nil
	}
	return &Engine{store: store, Actions: map[string]Action{"lift": {MaxWeight: 7, Plan: plan}}, Log: slog.New(slog.DiscardHandler)}
}

// TestAReasonIsRedactedForEverySubject names all subjects in the reason; each is on its own page.
func TestAReasonIsRedactedForEverySubject(t *testing.T) {
	store := &freezeStore{}
	engine := redactingEngine(store, 3)
	op := Operation{ID: "op", Action: "lift", State: Planning, Reason: "s0, s1 and s2 asked", Digest: "d"}
	if err := engine.plan(t.Context(), op); err != nil {
		t.Fatal(err)
	}
	if got := store.op.Reason; got != "-, - and - asked" || store.op.State != Ready {
		t.Errorf("%s: %q", store.op.State, got)
	}
	for _, c := range store.chunks {
		if c.Subjects[0].Redact != nil {
			t.Error("the function Redact, which holds the name, is stored")
		}
	}
	noReason, digest := &freezeStore{}, store.op.Digest
	op.Reason = ""
	if err := redactingEngine(noReason, 3).plan(t.Context(), op); err != nil || noReason.op.Digest != digest {
		t.Errorf("%v; the digest depends on the reason: %s, %s", err, noReason.op.Digest, digest)
	}
}

// TestAPlanningThatEndsEarlyKeepsNoReason cancels between two pages, before the other subjects are
// known.
func TestAPlanningThatEndsEarlyKeepsNoReason(t *testing.T) {
	store := &freezeStore{}
	engine := redactingEngine(store, 3)
	planning, err := engine.planPage(t.Context(), Operation{ID: "op", Action: "lift", State: Planning, Reason: "s0 and s2 asked"}, &planner{limit: MaxSubjects})
	if err != nil || planning.Reason != "- and s2 asked" || planning.Position != "1" {
		t.Fatalf("%v: %+v", err, planning)
	}
	ended, err := engine.end(t.Context(), planning, Cancelled)
	if err != nil || ended.Reason != "" || ended.Position != "" || store.op.Reason != "" || store.op.Position != "" {
		t.Errorf("%v: %+v", err, store.op)
	}
	planned := Operation{ID: "op", State: Ready, Reason: "asked"}
	if ended, _ := engine.end(t.Context(), planned, Cancelled); ended.Reason != "asked" {
		t.Error("the reason of a planned operation is gone")
	}
}
