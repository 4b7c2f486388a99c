package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"lethe/internal/audit"
)

// Suspend shuts an administrator out. No request of the subject that begins after Suspend has returned is admitted, by any
// process. It returns the suspensions in force; one that exists stays as it is. Nobody suspends themselves: *InvalidError.
func (s *Service) Suspend(ctx context.Context, by Administrator, subject string) ([]Suspension, error) {
	switch {
	case !ValidSubject(subject):
		return nil, invalid("subject", fmt.Sprintf("is not the subject of a token; use 1 to %d bytes, without control characters", maxSubject))
	case subject == by.Subject:
		return nil, invalid("subject", "is your own; another administrator can suspend you")
	}
	logged := s.entry(ctx, by, audit.Suspended)
	logged.Subject = subject
	return s.revise(ctx, by, logged, func(r Rules) (Rules, error) {
		if len(r.Suspended) >= MaxSuspended {
			return r, invalid("subject", fmt.Sprintf("would be suspension %d, of at most %d; lift those of administrators who can't sign in any more", len(r.Suspended)+1, MaxSuspended))
		}
		r.Suspended = append(slices.Clone(r.Suspended), Suspension{subject, s.Now(), by.Subject})
		return r, nil
	}, func(r Rules) bool { return r.Suspends(subject) })
}

// Lift ends the suspension of an administrator, and returns those in force. If the subject is not suspended, nothing
// changes.
func (s *Service) Lift(ctx context.Context, by Administrator, subject string) ([]Suspension, error) {
	logged := s.entry(ctx, by, audit.Reinstated)
	logged.Subject = subject
	return s.revise(ctx, by, logged, func(r Rules) (Rules, error) {
		r.Suspended = slices.DeleteFunc(slices.Clone(r.Suspended), func(one Suspension) bool { return one.Subject == subject })
		return r, nil
	}, func(r Rules) bool { return !r.Suspends(subject) })
}

// attempts is how often revise tries: each time the rules have changed since it read them.
const attempts = 10

// revise changes the suspensions and logs it, unless they are as wanted, and returns when they are in force everywhere. It goes by the
// rules as they are, whatever version the caller has seen.
func (s *Service) revise(ctx context.Context, by Administrator, logged audit.Entry, change func(Rules) (Rules, error), asWanted func(Rules) bool) ([]Suspension, error) {
	for attempt := 1; ; attempt++ {
		rules, err := s.store.Rules(ctx)
		if err != nil {
			return nil, err
		}
		if !asWanted(rules) {
			if rules, err = change(rules); err != nil {
				return nil, err
			}
			rules, err = s.put(ctx, by, rules, logged)
		}
		if errors.Is(err, ErrVersion) && attempt < attempts {
			continue
		}
		if err != nil {
			return nil, err
		}
		return rules.Suspended, s.awaitRules(ctx)
	}
}
