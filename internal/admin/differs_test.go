package admin

import (
	"fmt"
	"slices"
	"testing"
)

// TestRulesDiffersNamesWhatChanged names groups and parts of four eyes, and no permission.
func TestRulesDiffersNamesWhatChanged(t *testing.T) {
	before := Rules{Version: 1, Groups: []Grant{{"auditors", []Permission{CustomersRead, Audit}}, {"support", []Permission{CustomersRead}}}}
	many := Rules{Groups: before.Groups}
	for n := range maxDiffering + 1 {
		many.Groups = append(slices.Clone(many.Groups), Grant{fmt.Sprint("g", n), []Permission{Audit}})
	}
	for _, tt := range []struct {
		name string
		to   Rules
		want []string
	}{
		{"nothing but the order", Rules{Version: 2, Groups: []Grant{before.Groups[1], {"auditors", []Permission{Audit, CustomersRead}}}}, nil},
		{"a group without permissions", Rules{Groups: append(slices.Clone(before.Groups), Grant{Group: "none"})}, nil},
		{"a group less, and one more", Rules{Groups: []Grant{before.Groups[0], {"privacy", []Permission{Purge}}}}, []string{"groups.support", "groups.privacy"}},
		{"a permission", Rules{Groups: []Grant{before.Groups[0], {"support", []Permission{CustomersRead, Purge}}}}, []string{"groups.support"}},
		{"four eyes", Rules{Groups: before.Groups, FourEyes: FourEyes{DeleteAbove: new(0), Purges: true}}, []string{"fourEyes.deleteAbove", "fourEyes.purges"}},
		{"many groups", many, []string{"groups"}},
	} {
		if got := before.Differs(tt.to); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
