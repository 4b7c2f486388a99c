package admin

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of the rules. They are one item of a table, of at most 400 KB.
const (
	MaxGroups    = 100
	MaxSuspended = 500
	maxSubject   = 255 // bytes: as OpenID Connect limits it
)

// ValidSubject reports whether a token or a suspension may have this subject.
func ValidSubject(subject string) bool {
	return subject != "" && len(subject) <= maxSubject && utf8.ValidString(subject) && !strings.ContainsFunc(subject, unicode.IsControl)
}

// Validate returns nil, or an *InvalidError with each wrong field of the groups and of four eyes.
func (r Rules) Validate() error {
	var wrong []Field
	if len(r.Groups) > MaxGroups {
		wrong = append(wrong, Field{"groups", fmt.Sprintf("has %d groups, of at most %d; leave out those without permissions", len(r.Groups), MaxGroups)})
	}
	first := map[string]int{}
	for i, g := range r.Groups {
		field := fmt.Sprintf("groups[%d]", i)
		before, twice := first[g.Group]
		switch {
		case !ValidGroup(g.Group):
			wrong = append(wrong, Field{field + ".group", fmt.Sprintf("is not a name that can have permissions; use 1 to %d bytes, without spaces, commas and brackets", maxGroup)})
		case twice:
			wrong = append(wrong, Field{field + ".group", fmt.Sprintf("is the group of groups[%d], too; name it once", before)})
		default:
			first[g.Group] = i
		}
		wrong = append(wrong, g.wrong(field)...)
	}
	if above := r.FourEyes.DeleteAbove; above != nil && *above < 0 {
		wrong = append(wrong, Field{"fourEyes.deleteAbove", "must be at least 0; leave it out so that no deletion waits"})
	}
	if len(wrong) > 0 {
		return &InvalidError{wrong}
	}
	return nil
}

func (g Grant) wrong(field string) (wrong []Field) {
	for i, p := range g.Permissions {
		field := fmt.Sprintf("%s.permissions[%d]", field, i)
		switch {
		case !p.Known():
			wrong = append(wrong, Field{field, "is not a permission; known permissions: " + known()})
		case slices.Contains(g.Permissions[:i], p):
			wrong = append(wrong, Field{field, "repeats a permission; name it once"})
		}
	}
	return wrong
}

func known() string {
	names := make([]string, len(Permissions))
	for i, p := range Permissions {
		names[i] = string(p)
	}
	return strings.Join(names, ", ")
}

// sorted returns the rules with groups, permissions and suspensions in the order in which they are kept.
func (r Rules) sorted() Rules {
	r.Groups, r.Suspended = slices.Clone(r.Groups), slices.Clone(r.Suspended)
	for i, g := range r.Groups {
		r.Groups[i].Permissions = slices.SortedFunc(slices.Values(g.Permissions), func(a, b Permission) int {
			return cmp.Compare(slices.Index(Permissions, a), slices.Index(Permissions, b))
		})
	}
	slices.SortFunc(r.Groups, func(a, b Grant) int { return cmp.Compare(a.Group, b.Group) })
	slices.SortFunc(r.Suspended, func(a, b Suspension) int { return cmp.Compare(a.Subject, b.Subject) })
	return r
}
