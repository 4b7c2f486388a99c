package admin_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"lethe/internal/admin"
	"lethe/internal/audit"
)

func TestWhatRelaxesTheRules(t *testing.T) {
	above := func(n int) admin.FourEyes { return admin.FourEyes{DeleteAbove: &n} }
	purges := admin.FourEyes{Purges: true}
	support := func(p ...admin.Permission) []admin.Grant { return []admin.Grant{{Group: "support", Permissions: p}} }
	for _, tt := range []struct {
		name     string
		from, to admin.Rules
		want     bool
	}{
		{"nothing", admin.Rules{}, admin.Rules{}, false},
		{"a new group", admin.Rules{}, admin.Rules{Groups: support(admin.Delete)}, true},
		{"a new group without permissions", admin.Rules{}, admin.Rules{Groups: support()}, false},
		{"a permission more", admin.Rules{Groups: support(admin.Delete)}, admin.Rules{Groups: support(admin.Delete, admin.Purge)}, true},
		{"another permission", admin.Rules{Groups: support(admin.Delete)}, admin.Rules{Groups: support(admin.Purge)}, true},
		{"a permission less", admin.Rules{Groups: support(admin.Delete, admin.Purge)}, admin.Rules{Groups: support(admin.Delete)}, false},
		{"a group less", admin.Rules{Groups: support(admin.Delete)}, admin.Rules{}, false},
		{"purges by one", admin.Rules{FourEyes: purges}, admin.Rules{}, true},
		{"purges by two", admin.Rules{}, admin.Rules{FourEyes: purges}, false},
		{"a higher number", admin.Rules{FourEyes: above(10)}, admin.Rules{FourEyes: above(11)}, true},
		{"a lower number", admin.Rules{FourEyes: above(10)}, admin.Rules{FourEyes: above(9)}, false},
		{"no number", admin.Rules{FourEyes: above(0)}, admin.Rules{}, true},
		{"a number", admin.Rules{}, admin.Rules{FourEyes: above(0)}, false},
		{"purges by two, but no number", admin.Rules{FourEyes: above(0)}, admin.Rules{FourEyes: purges}, true},
	} {
		if got := admin.Relaxes(tt.from, tt.to); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// logged keeps the entries that the rules are stored with.
type logged struct {
	admin.Store

	entries []audit.Entry
}

func (l *logged) PutRules(ctx context.Context, r admin.Rules, e audit.Entry) (admin.Rules, error) {
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
		one := admin.Administrator{Identity: admin.Identity{Subject: "one", Groups: []string{"owners"}}}
		two := admin.Administrator{Identity: admin.Identity{Subject: "two", Groups: []string{"owners"}}}
		strict := change(t, s, one.Identity, admin.Rules{FourEyes: admin.FourEyes{Purges: true}})

		proposed := change(t, s, one.Identity, admin.Rules{Version: strict.Version})
		if !proposed.FourEyes.Purges || proposed.Proposal == nil {
			t.Fatalf("the rules in force are %+v", proposed)
		}
		digest := proposed.Proposal.Digest()
		for name, tt := range map[string]struct {
			by     admin.Administrator
			digest string
			want   error
		}{
			"its author":     {one, digest, admin.ErrOwnApproval},
			"another digest": {two, "x", admin.ErrVersion},
		} {
			if _, err := s.Approve(t.Context(), tt.by, tt.digest); !errors.Is(err, tt.want) {
				t.Errorf("approval with %s: got %v, want %v", name, err, tt.want)
			}
		}
		approved, err := s.Approve(t.Context(), two, digest)
		if err != nil || approved.FourEyes.Purges || approved.Proposal != nil {
			t.Fatalf("approved: %+v, %v", approved, err)
		}
		if _, err := s.Approve(t.Context(), two, digest); !errors.Is(err, admin.ErrNotWaiting) {
			t.Errorf("a second approval: got %v, want %v", err, admin.ErrNotWaiting)
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
		one := admin.Identity{Subject: "one", Groups: []string{"owners"}}
		strict := change(t, s, one, admin.Rules{FourEyes: admin.FourEyes{Purges: true}})
		proposed := change(t, s, one, admin.Rules{Version: strict.Version})
		change(t, s, one, admin.Rules{Version: proposed.Version, FourEyes: admin.FourEyes{Purges: true, DeleteAbove: new(0)}})
		two := admin.Administrator{Identity: admin.Identity{Subject: "two"}}
		if _, err := s.Approve(t.Context(), two, proposed.Proposal.Digest()); !errors.Is(err, admin.ErrNotWaiting) {
			t.Errorf("got %v, want %v", err, admin.ErrNotWaiting)
		}
	})
}
