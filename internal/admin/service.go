package admin

import (
	"context"
	"time"

	"lethe/internal/audit"
	"lethe/internal/clock"
	"lethe/internal/inforce"
)

// Store keeps the rules.
type Store interface {
	// Rules reads the rules, consistently. Version 0 means that none are stored.
	Rules(ctx context.Context) (Rules, error)
	// PutRules replaces the rules of this version, logs who did it, and returns the new rules: ErrVersion if the stored version is
	// another. Either both are written or nothing.
	PutRules(ctx context.Context, r Rules, logged audit.Entry) (Rules, error)
}

// Service decides who may do what. Its fields must not change after the first call.
type Service struct {
	// AdminGroup is the group at the identity provider that has all permissions, whatever the rules say: the way in
	// before there are rules, and after a mistake in them. Empty: no such group.
	AdminGroup string
	// RulesAge is how long rules are used before they are read again.
	RulesAge time.Duration
	Clock    clock.Clock

	store Store
	rules inforce.Value[Rules]
}

// New returns a service over a store.
func New(store Store) *Service { return &Service{store: store} }

// Now returns the time by which the service decides.
func (s *Service) Now() time.Time { return s.Clock.Now() }

// Admit returns what an identity may do: ErrSuspended if it is shut out. An identity without a permission is admitted:
// the caller compares the permission with what the request needs.
func (s *Service) Admit(ctx context.Context, who Identity) (Administrator, error) {
	rules, err := s.inForce(ctx)
	if err != nil {
		return Administrator{}, err
	}
	if rules.Suspends(who.Subject) {
		return Administrator{}, ErrSuspended
	}
	return Administrator{Identity: who, Permissions: rules.Allowed(who.Groups, s.AdminGroup)}, nil
}

// Rules reads the rules, consistently.
func (s *Service) Rules(ctx context.Context) (Rules, error) { return s.store.Rules(ctx) }

// inForce returns the rules in force, read at most RulesAge ago.
func (s *Service) inForce(ctx context.Context) (Rules, error) {
	return s.rules.Get(ctx, s.RulesAge, s.store.Rules)
}
