package web

import (
	"context"
	"time"

	"lethe/internal/access"
)

// owners is the group of administrators with all permissions in this package's tests.
const owners = "owners"

// SignedIn returns the context of a request by an administrator who has all permissions, and signed in at most a minute ago.
func SignedIn(ctx context.Context, subject string) context.Context {
	return WithIdentity(ctx, access.Identity{Subject: subject, Groups: []string{owners}, SignedIn: time.Now().Truncate(time.Minute)})
}

// Admins returns the administrators of a test's API: the owners have all permissions, beside the rules in the store.
func Admins(store access.Store) *access.Service {
	s := access.New(store)
	s.AdminGroup = owners
	return s
}

// noRules is a store that has no rules.
type noRules struct{ access.Store }

func (noRules) Rules(context.Context) (access.Rules, error) { return access.Rules{}, nil }
