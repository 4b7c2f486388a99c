package admin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"lethe/internal/audit"
)

// Proposal is a change of the rules that waits for a second administrator. It is dropped when the groups or four eyes change
// in another way, so it is never about other rules than its author saw.
type Proposal struct {
	Groups   []Grant
	FourEyes FourEyes
	At       time.Time
	By       string
}

// Digest names exactly this proposal.
func (p Proposal) Digest() string {
	document, err := json.Marshal(p)
	if err != nil {
		panic(err) // texts and times can be encoded
	}
	sum := sha256.Sum256(document)
	return hex.EncodeToString(sum[:])
}

// Asks reports whether anything waits for a second administrator.
func (f FourEyes) Asks() bool { return f.Purges || f.DeleteAbove != nil }

// Relaxes reports whether a change from one set of rules to another lets one administrator do more alone: a group gets a
// permission that it had not, or less waits for a second administrator.
func Relaxes(from, to Rules) bool {
	switch {
	case from.FourEyes.Purges && !to.FourEyes.Purges:
		return true
	case from.FourEyes.DeleteAbove != nil && (to.FourEyes.DeleteAbove == nil || *to.FourEyes.DeleteAbove > *from.FourEyes.DeleteAbove):
		return true
	}
	return slices.ContainsFunc(to.Groups, func(g Grant) bool {
		had := from.Allowed([]string{g.Group}, "")
		return slices.ContainsFunc(g.Permissions, func(p Permission) bool { return !slices.Contains(had, p) })
	})
}

// propose stores a change for a second administrator, in place of an earlier one. The rules stay in force.
func (s *Service) propose(ctx context.Context, by Administrator, current, wanted Rules, logged audit.Entry) (Rules, error) {
	wanted = wanted.sorted()
	current.Proposal = &Proposal{Groups: wanted.Groups, FourEyes: wanted.FourEyes, At: s.Now(), By: by.Subject}
	return s.put(ctx, by, current, logged)
}

// Approve puts the proposed rules in force, as Change does. The administrator must be another one than its author
// (ErrOwnApproval), and names the digest: ErrVersion if another change is proposed now, ErrNotWaiting if none is.
func (s *Service) Approve(ctx context.Context, by Administrator, digest string) (Rules, error) {
	rules, err := s.proposed(ctx, digest)
	if err != nil {
		return Rules{}, err
	}
	if rules.Proposal.By == by.Subject {
		return Rules{}, ErrOwnApproval
	}
	logged := s.aboutProposal(ctx, by, audit.AccessApproved, rules)
	rules.Groups, rules.FourEyes, rules.Proposal = rules.Proposal.Groups, rules.Proposal.FourEyes, nil
	return s.decide(ctx, by, rules, logged)
}

// Discard drops the proposal with this digest; its author may do that, too. Errors: ErrVersion and ErrNotWaiting, as of
// Approve.
func (s *Service) Discard(ctx context.Context, by Administrator, digest string) (Rules, error) {
	rules, err := s.proposed(ctx, digest)
	if err != nil {
		return Rules{}, err
	}
	logged := s.aboutProposal(ctx, by, audit.AccessDiscarded, rules)
	rules.Proposal = nil
	return s.put(ctx, by, rules, logged)
}

// aboutProposal returns an entry that names the author of the proposal, and what it changes.
func (s *Service) aboutProposal(ctx context.Context, by Administrator, action audit.Action, rules Rules) audit.Entry {
	logged := s.entry(ctx, by, action)
	logged.Subject = rules.Proposal.By
	logged.Fields = rules.Differs(Rules{Groups: rules.Proposal.Groups, FourEyes: rules.Proposal.FourEyes})
	return logged
}

// proposed reads the rules, if the proposal with this digest waits.
func (s *Service) proposed(ctx context.Context, digest string) (Rules, error) {
	rules, err := s.store.Rules(ctx)
	switch {
	case err != nil:
		return Rules{}, err
	case rules.Proposal == nil:
		return Rules{}, ErrNotWaiting
	case rules.Proposal.Digest() != digest:
		return Rules{}, ErrVersion
	}
	return rules, nil
}
