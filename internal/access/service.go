package access

import (
	"context"
	"sync"
	"time"

	"lethe/internal/audit"
	"lethe/internal/clock"
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

	store  Store
	mu     sync.Mutex
	cached Rules
	readAt time.Time // when the cached rules were asked for; zero: none are cached
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

// inForce returns the rules in force, read at most RulesAge ago. Each caller reads for itself: a shared read could outlive a
// caller with a shorter deadline.
func (s *Service) inForce(ctx context.Context) (Rules, error) {
	asked := time.Now()
	if rules, fresh := s.cachedRules(asked); fresh {
		return rules, nil
	}
	rules, err := s.store.Rules(ctx)
	if err != nil {
		return Rules{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if asked.After(s.readAt) {
		s.cached, s.readAt = rules, asked
	}
	return rules, nil
}

// cachedRules returns the rules that were read last. They are fresh if their age at the given time is below RulesAge.
func (s *Service) cachedRules(at time.Time) (rules Rules, fresh bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cached, !s.readAt.IsZero() && at.Sub(s.readAt) < s.RulesAge
}
