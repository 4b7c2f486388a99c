package web

import (
	"context"
	"time"

	"lethe/internal/admin"
	"lethe/internal/audit"
	"lethe/internal/customer"
)

// owners is the group of administrators with all permissions in this package's tests.
const owners = "owners"

// SignedIn returns the context of a request by an administrator who has all permissions, and signed in at most a minute ago.
func SignedIn(ctx context.Context, subject string) context.Context {
	return WithIdentity(ctx, admin.Identity{Subject: subject, Groups: []string{owners}, SignedIn: time.Now().Truncate(time.Minute)})
}

// Admins returns the administrators of a test's API: the owners have all permissions, beside the rules in the store.
func Admins(store admin.Store) *admin.Service {
	s := admin.New(store)
	s.AdminGroup = owners
	return s
}

// noRules is a store that has no rules.
type noRules struct{ admin.Store }

func (noRules) Rules(context.Context) (admin.Rules, error) { return admin.Rules{}, nil }

// NoCustomers returns a service of a test's API that needs no customers: only its log takes entries, and drops them.
func NoCustomers() *customer.Service { return &customer.Service{Audit: audit.NewLog(dropped{})} }

type dropped struct{ audit.Store }

func (dropped) AddEntry(context.Context, audit.Entry) error { return nil }
