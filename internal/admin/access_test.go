package admin

import (
	"slices"
	"testing"
	"time"
)

func TestAllowed(t *testing.T) {
	rules := Rules{Groups: []Grant{
		{"auditor", []Permission{CustomersRead, Audit}},
		{"support", []Permission{CustomersRead, CustomersWrite}},
	}}
	for _, tt := range []struct {
		name   string
		groups []string
		want   []Permission
	}{
		{"no group", nil, nil},
		{"a group that is not mapped", []string{"sales"}, nil},
		{"one", []string{"auditor"}, []Permission{CustomersRead, Audit}},
		{"two, in the order of all", []string{"support", "auditor"}, []Permission{CustomersRead, CustomersWrite, Audit}},
		{"the group of those who may do all", []string{"owners"}, Permissions},
	} {
		if got := rules.Allowed(tt.groups, "owners"); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
	if got := rules.Allowed([]string{""}, ""); len(got) > 0 {
		t.Errorf("a group without a name has %v where there is no group for all", got)
	}
}

func TestFresh(t *testing.T) {
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name     string
		signedIn time.Time
		want     bool
	}{
		{"no time", time.Time{}, false},
		{"now", now, true},
		{"five minutes ago", now.Add(-FreshFor), true},
		{"a second more", now.Add(-FreshFor - time.Second), false},
		{"by a clock that is a little ahead", now.Add(30 * time.Second), true},
		{"in the future", now.Add(time.Hour), false},
	} {
		if got := (Identity{SignedIn: tt.signedIn}).FreshAt(now); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}
