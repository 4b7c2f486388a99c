package admin

import (
	"slices"
	"time"
)

// Rules are the settings of access. They are data, and can change at run time.
type Rules struct {
	Version   int64        // counts changes; 0 before the first
	Groups    []Grant      // sorted by group
	FourEyes  FourEyes     // what needs a second administrator
	Suspended []Suspension // sorted by subject
	Proposal  *Proposal    // waits for a second administrator; nil: none does
	Changed   Changed
}

// Grant says what the members of a group at the identity provider may do.
type Grant struct {
	Group       string
	Permissions []Permission // in the order of [Permissions]
}

// FourEyes says what waits for the approval of a second administrator. The zero value asks for none.
type FourEyes struct {
	DeleteAbove *int // deletions of more customers than this wait; nil: none does
	Purges      bool // purges wait, and what comes to the same
}

// Suspension shuts an administrator out, however long the token lives.
type Suspension struct {
	Subject string
	Since   time.Time
	By      string
}

// Changed says who changed the rules last, and when.
type Changed struct {
	At time.Time
	By string
}

// Allowed returns the permissions of the members of these groups, in the order of [Permissions]. Members of adminGroup
// have all; empty means that there is no such group.
func (r Rules) Allowed(groups []string, adminGroup string) []Permission {
	if adminGroup != "" && slices.Contains(groups, adminGroup) {
		return slices.Clone(Permissions)
	}
	var allowed []Permission
	for _, p := range Permissions {
		if slices.ContainsFunc(r.Groups, func(g Grant) bool {
			return slices.Contains(groups, g.Group) && slices.Contains(g.Permissions, p)
		}) {
			allowed = append(allowed, p)
		}
	}
	return allowed
}

// Suspends reports whether the administrator with this subject is suspended.
func (r Rules) Suspends(subject string) bool {
	return slices.ContainsFunc(r.Suspended, func(s Suspension) bool { return s.Subject == subject })
}

// maxDiffering is how many groups Differs names; beyond it, it says only that groups differ.
const maxDiffering = 20

// Differs returns the names of what the other rules have differently: groups, each by its own name, and four eyes.
func (r Rules) Differs(other Rules) (names []string) {
	for _, g := range slices.Concat(r.Groups, other.Groups) {
		name := "groups." + g.Group
		if !slices.Contains(names, name) && !slices.Equal(r.granted(g.Group), other.granted(g.Group)) {
			names = append(names, name)
		}
	}
	if len(names) > maxDiffering {
		names = []string{"groups"}
	}
	if !equalNumbers(r.FourEyes.DeleteAbove, other.FourEyes.DeleteAbove) {
		names = append(names, "fourEyes.deleteAbove")
	}
	if r.FourEyes.Purges != other.FourEyes.Purges {
		names = append(names, "fourEyes.purges")
	}
	return names
}

// granted returns the permissions of a group, sorted; none if it has none or is not mapped.
func (r Rules) granted(group string) []Permission {
	for _, g := range r.Groups {
		if g.Group == group {
			return slices.Sorted(slices.Values(g.Permissions))
		}
	}
	return nil
}

func equalNumbers(a, b *int) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}
