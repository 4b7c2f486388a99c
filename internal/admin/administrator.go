package admin

import (
	"slices"
	"time"
)

// FreshFor is how long after a sign-in an administrator may do what needs a fresh one.
const FreshFor = 5 * time.Minute

// Identity is what a verified token says about who sent it.
type Identity struct {
	Subject  string    // who it is; the actor of changes
	Name     string    // shown to its owner only, never stored
	Groups   []string  // at the identity provider
	SignedIn time.Time // claim auth_time; zero if the token has none
}

// FreshAt reports whether the sign-in is at most FreshFor old. A token that does not say when its owner signed in is
// never fresh.
func (i Identity) FreshAt(now time.Time) bool {
	return !i.SignedIn.IsZero() && !i.SignedIn.After(now.Add(clockSkew)) && now.Sub(i.SignedIn) <= FreshFor
}

// clockSkew is by how much the clock of the identity provider may be ahead.
const clockSkew = time.Minute

// Administrator is an identity, with what the rules allow it.
type Administrator struct {
	Identity

	Permissions []Permission // in the order of [Permissions]
}

// May reports whether the administrator has the permission.
func (a Administrator) May(p Permission) bool { return slices.Contains(a.Permissions, p) }
