package access_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"lethe/internal/access"
	"lethe/internal/audit"
)

func TestWhatRelaxesTheRules(t *testing.T) {
	above := func(n int) access.FourEyes { return access.FourEyes{DeleteAbove: &n} }
	purges := access.FourEyes{Purges: true}
	support := func(p ...access.Permission) []access.Grant { return []access.Grant{{Group: "support", Permissions: p}} }
	for _, tt := range []struct {
		name     string
		from, to access.Rules
		want     bool
	}{
		{"nothing", access.Rules{}, access.Rules{}, false},
		{"a new group", access.Rules{}, access.Rules{Groups: support(access.Delete)}, true},
		{"a new group without permissions", access.Rules{}, access.Rules{Groups: support()}, false},
		{"a permission more", access.Rules{Groups: support(access.Delete)}, access.Rules{Groups: support(access.Delete, access.Purge)}, true},
		{"another permission", access.Rules{Groups: support(access.Delete)}, access.Rules{Groups: support(access.Purge)}, true},
		{"a permission less", access.Rules{Groups: support(access.Delete, access.Purge)}, access.Rules{Groups: support(access.Delete)}, false},
		{"a group less", access.Rules{Groups: support(access.Delete)}, access.Rules{}, false},
		{"purges by one", access.Rules{FourEyes: purges}, access.Rules{}, true},
		{"purges by two", access.Rules{}, access.Rules{FourEyes: purges}, false},
		{"a higher number", access.Rules{FourEyes: above(10)}, access.Rules{FourEyes: above(11)}, true},
		{"a lower number", access.Rules{FourEyes: above(10)}, access.Rules{FourEyes: above(9)}, false},
		{"no number", access.Rules{FourEyes: above(0)}, access.Rules{}, true},
		{"a number", access.Rules{}, access.Rules{FourEyes: above(0)}, false},
		{"purges by two, but no number", access.Rules{FourEyes: above(0)}, access.Rules{FourEyes: purges}, true},
	} {
		if got := access.Relaxes(tt.from, tt.to); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// logged keeps the entries that the rules are stored with.
type logged struct {
	access.Store

	entries []audit.Entry
}

func (l *logged) PutRules(ctx context.Context, r access.Rules, e audit.Entry) (access.Rules, error) {
	stored, err := l.Store.PutRules(ctx, r, e)
	if err == nil {
		l.entries = append(l.entries, audit.Entry{By: e.By, Action: e.Action, Subject: e.Subject, Fields: e.Fields})
	}
	return stored, err
}

// TestRelaxedRulesNeedTwo proposes a change that relaxes the rules. It is in force only when a second administrator has
// approved exactly it, and each step is logged with its rules.
func TestRelaxedRulesNeedTwo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &logged{Store: newStore()}
		s := newService(store)
		one := access.Administrator{Identity: access.Identity{Subject: "one", Groups: []string{"owners"}}}
		two := access.Administrator{Identity: access.Identity{Subject: "two", Groups: []string{"owners"}}}
		strict := change(t, s, one.Identity, access.Rules{FourEyes: access.FourEyes{Purges: true}})

		proposed := change(t, s, one.Identity, access.Rules{Version: strict.Version})
		if !proposed.FourEyes.Purges || proposed.Proposal == nil {
			t.Fatalf("the rules in force are %+v", proposed)
		}
		digest := proposed.Proposal.Digest()
		for name, tt := range map[string]struct {
			by     access.Administrator
			digest string
			want   error
		}{
			"its author":     {one, digest, access.ErrOwnApproval},
			"another digest": {two, "x", access.ErrVersion},
		} {
			if _, err := s.Approve(t.Context(), tt.by, tt.digest); !errors.Is(err, tt.want) {
				t.Errorf("approval with %s: got %v, want %v", name, err, tt.want)
			}
		}
		approved, err := s.Approve(t.Context(), two, digest)
		if err != nil || approved.FourEyes.Purges || approved.Proposal != nil {
			t.Fatalf("approved: %+v, %v", approved, err)
		}
		if _, err := s.Approve(t.Context(), two, digest); !errors.Is(err, access.ErrNotWaiting) {
			t.Errorf("a second approval: got %v, want %v", err, access.ErrNotWaiting)
		}
		fields := []string{"fourEyes.purges"}
		want := []audit.Entry{
			{By: "one", Action: audit.AccessChanged, Fields: fields},
			{By: "one", Action: audit.AccessProposed, Fields: fields},
			{By: "two", Action: audit.AccessApproved, Subject: "one", Fields: fields},
		}
		if diff := cmp.Diff(want, store.entries); diff != "" {
			t.Error(diff)
		}
	})
}

// TestAProposalIsDroppedWhenTheRulesChange tightens the rules while a relaxation waits.
func TestAProposalIsDroppedWhenTheRulesChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newService(newStore())
		one := access.Identity{Subject: "one", Groups: []string{"owners"}}
		strict := change(t, s, one, access.Rules{FourEyes: access.FourEyes{Purges: true}})
		proposed := change(t, s, one, access.Rules{Version: strict.Version})
		change(t, s, one, access.Rules{Version: proposed.Version, FourEyes: access.FourEyes{Purges: true, DeleteAbove: new(0)}})
		two := access.Administrator{Identity: access.Identity{Subject: "two"}}
		if _, err := s.Approve(t.Context(), two, proposed.Proposal.Digest()); !errors.Is(err, access.ErrNotWaiting) {
			t.Errorf("got %v, want %v", err, access.ErrNotWaiting)
		}
	})
}
