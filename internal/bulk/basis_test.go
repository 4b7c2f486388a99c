package bulk

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestAPlanKeepsTheSettingsThatItWasMadeWith changes the settings before a plan is applied, while it
// runs, and before a retry.
func TestAPlanKeepsTheSettingsThatItWasMadeWith(t *testing.T) {
	const approved, changed = "P30D", "PT6S"
	apply := func(ctx context.Context, e *Engine) (Operation, error) {
		return e.Apply(ctx, "op", Approval{Acknowledged: true})
	}
	retry := func(ctx context.Context, e *Engine) (Operation, error) { return e.Retry(ctx, "op", "bob") }
	for _, tt := range []struct {
		name, now string
		from      State
		do        func(context.Context, *Engine) (Operation, error)
		want      error
	}{
		{"applied under the same", approved, Ready, apply, nil},
		{"applied under others", changed, Ready, apply, ErrOutdated},
		{"applied again under others", changed, Running, apply, nil},
		{"retried under the same", approved, Partial, retry, nil},
		{"retried under others", changed, Partial, retry, ErrOutdated},
	} {
		store, engine := newTestEngine(t, nil)
		store.op.State, store.op.Basis, store.op.Expires = tt.from, []byte(approved), time.Now().Add(time.Hour)
		store.op.Tally.Failed = 1
		if tt.from != Ready {
			store.op.Applied = time.Now()
		}
		engine.Queue = &conflictingStore{}
		engine.Actions["do"] = Action{Basis: func(context.Context) ([]byte, error) { return []byte(tt.now), nil }}
		op, err := tt.do(t.Context(), engine)
		if !errors.Is(err, tt.want) || tt.want != nil && store.op.State != tt.from || string(op.Basis) != approved {
			t.Errorf("%s: %v, %+v, want %v", tt.name, err, op, tt.want)
		}
	}
}
