package refusal_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"lethe/internal/refusal"
)

type held struct{}

func (held) Error() string      { return "held" }
func (held) Code() refusal.Code { return refusal.OnHold }

func TestACodeIsFoundInAChain(t *testing.T) {
	gone := refusal.New(refusal.NotFound, "gone")
	for _, tt := range []struct {
		name string
		err  error
		want refusal.Code
	}{
		{"nil", nil, ""},
		{"a fault", io.ErrUnexpectedEOF, ""},
		{"a refusal", gone, refusal.NotFound},
		{"a type of its own", held{}, refusal.OnHold},
		{"wrapped", fmt.Errorf("line 7: %w", gone), refusal.NotFound},
		{"beside a fault", errors.Join(io.ErrUnexpectedEOF, gone), refusal.NotFound},
		{"the first of two", errors.Join(held{}, gone), refusal.OnHold},
	} {
		if got, ok := refusal.CodeOf(tt.err); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: %q, %v, want %q", tt.name, got, ok, tt.want)
		}
	}
}

func TestRefusalsOfOneCodeAreToldApart(t *testing.T) {
	stale, outdated := refusal.New(refusal.PlanStale, "stale"), refusal.New(refusal.PlanStale, "stale")
	if errors.Is(stale, outdated) || !errors.Is(fmt.Errorf("apply: %w", stale), stale) {
		t.Error("they are taken for each other")
	}
}
