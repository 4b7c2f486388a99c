package admin

import (
	"context"
	"slices"

	"lethe/internal/audit"
)

// Change replaces the groups and four eyes of the rules in the name of an administrator. Suspensions stay. It returns when no
// process uses the old rules any more, which takes RulesAge. Errors: ErrVersion if the version is not the current one, and
// *InvalidError, also for a change after which the administrator could not change the rules back.
//
// While anything needs a second administrator, a change that relaxes the rules is only proposed: the result has the rules in
// force and the Proposal. See Approve.
func (s *Service) Change(ctx context.Context, by Administrator, wanted Rules) (Rules, error) {
	current, err := s.store.Rules(ctx)
	if err != nil {
		return Rules{}, err
	}
	if wanted.Version != current.Version {
		return current, ErrVersion
	}
	if err := wanted.Validate(); err != nil {
		return current, err
	}
	wanted.Suspended = current.Suspended
	if !slices.Contains(wanted.Allowed(by.Groups, s.AdminGroup), Settings) {
		return current, invalid("groups", "would take the permission settings from you, and you could not change the rules back; leave it to one of your groups")
	}
	logged := s.entry(ctx, by, audit.AccessChanged)
	logged.Fields = current.Differs(wanted)
	if current.FourEyes.Asks() && Relaxes(current, wanted) {
		logged.Action = audit.AccessProposed
		return s.propose(ctx, by, current, wanted, logged)
	}
	wanted.Proposal = nil
	return s.decide(ctx, by, wanted, logged)
}

// decide puts valid rules in force. It is the only way to change groups and four eyes.
func (s *Service) decide(ctx context.Context, by Administrator, wanted Rules, logged audit.Entry) (Rules, error) {
	stored, err := s.put(ctx, by, wanted, logged)
	if err != nil {
		return Rules{}, err
	}
	return stored, s.awaitRules(ctx)
}

// put writes the rules in the name of an administrator, and the entry that logs it.
func (s *Service) put(ctx context.Context, by Administrator, wanted Rules, logged audit.Entry) (Rules, error) {
	wanted.Changed = Changed{s.Now(), by.Subject}
	return s.store.PutRules(ctx, wanted.sorted(), logged)
}

// entry returns an entry of what an administrator does now.
func (s *Service) entry(ctx context.Context, by Administrator, action audit.Action) audit.Entry {
	return audit.New(ctx, s.Now(), by.Subject, action)
}

// awaitRules waits until no process uses the old rules.
func (s *Service) awaitRules(ctx context.Context) error { return s.rules.Await(ctx, s.RulesAge) }
