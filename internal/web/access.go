package web

import (
	"context"
	"net/http"
	"time"

	"lethe/internal/admin"
)

func (a *api) accessRoutes() {
	register(a, route{
		id: "get-access", method: http.MethodGet, path: "/v1/access", tag: "Access",
		summary:     "Show the access rules",
		description: "Shows which permissions the groups at the identity provider have, and what needs a second administrator.",
		response:    exampleAccess,
	}, a.showAccess)
	register(a, route{
		id: "approve-access", method: http.MethodPost, path: "/v1/access/approve", tag: "Access",
		summary:     "Approve the proposed access rules",
		description: "Puts the proposed rules in force, as a second administrator: another one than proposed them. The digest says which proposal you have reviewed. The answer comes after a second, when the new rules are in force everywhere.",
		refusals:    []*problemType{versionMismatch, ownApproval, notWaiting},
		request:     exampleProposalDigest, response: exampleAccess,
	}, a.approveAccess)
	register(a, route{
		id: "discard-access", method: http.MethodPost, path: "/v1/access/discard", tag: "Access",
		summary:     "Discard the proposed access rules",
		description: "Drops the proposal with this digest. The administrator who proposed it may do that, too.",
		refusals:    []*problemType{versionMismatch, notWaiting},
		request:     exampleProposalDigest, response: exampleAccess,
	}, a.discardAccess)
	register(a, route{
		id: "update-access", method: http.MethodPut, path: "/v1/access", tag: "Access",
		summary:     "Replace the access rules",
		description: "Send the version that you replace as version in the body, or as If-Match. A group that is left out loses its permissions. A change that would take the permission settings from you is refused, because you could not change the rules back. The answer comes after a second, when the new rules are in force everywhere. While anything needs a second administrator, a change that gives a group a permission, or lets less wait for a second administrator, is only proposed: the answer is 202, with the rules in force and proposal.",
		refusals:    []*problemType{versionMismatch, versionRequired, badIfMatch}, proposes: true,
		request: exampleNewAccess, response: exampleAccess,
	}, a.updateAccess)
}

// Access are the access rules.
type Access struct {
	Version    int64    `json:"version" doc:"Increases with every change, also of suspensions; 0 before the first."`
	Groups     []Grant  `json:"groups" doc:"What the members of a group may do, by name. Who is in several may do what any of them may."`
	FourEyes   FourEyes `json:"fourEyes"`
	AdminGroup string   `json:"adminGroup,omitempty" doc:"The group that has all permissions, whatever the rules say. A parameter of the deployment; absent if no group has them." example:"owners"`

	Changed  *Changed  `json:"changed,omitempty" doc:"The last change, also of suspensions and of the proposal. Absent before the first change."`
	Proposal *Proposal `json:"proposal,omitempty" doc:"A change that waits for a second administrator. Any other change of the rules drops it."`
}

// Proposal is a change of the access rules that waits for a second administrator.
type Proposal struct {
	Groups   []Grant   `json:"groups" doc:"All groups, as they would be."`
	FourEyes FourEyes  `json:"fourEyes"`
	Time     time.Time `json:"time" doc:"The time when it was proposed."`
	By       string    `json:"by" doc:"The subject that proposed it, and can't approve it."`
	Digest   string    `json:"digest" doc:"To approve or to discard exactly this."`
}

// ProposalDigest names a proposal.
type ProposalDigest struct {
	Digest string `json:"digest" maxLength:"64" doc:"The digest of the proposal that you have reviewed."`
}

// NewAccess are access rules to put in force.
type NewAccess struct {
	Version  *int64   `json:"version,omitempty" minimum:"0" doc:"The version to replace. Required without If-Match."`
	Groups   []Grant  `json:"groups" maxItems:"100" doc:"All groups that have permissions, including those that do not change."`
	FourEyes FourEyes `json:"fourEyes"`

	AdminGroup string   `json:"adminGroup,omitempty" readOnly:"true" doc:"Ignored: the answer of GET can be sent back with changes."`
	Changed    *Changed `json:"changed,omitempty" readOnly:"true" doc:"Ignored, as adminGroup is."`

	Proposal *Proposal `json:"proposal,omitempty" readOnly:"true" doc:"Ignored, as adminGroup is."`
}

// Grant says what the members of a group may do.
type Grant struct {
	Group       string   `json:"group" minLength:"1" maxLength:"128" doc:"The name of the group at the identity provider, without spaces, commas and brackets." example:"privacy"`
	Permissions []string `json:"permissions" maxItems:"13" enum:"customers.read,customers.write,delete,restore,purge,bulk,export,message,impersonate,hold,settings,audit,approve" doc:"None includes another. bulk is for operations, with the permission of the action itself."`
}

// FourEyes says what needs a second administrator.
type FourEyes struct {
	DeleteAbove *int `json:"deleteAbove,omitempty" minimum:"0" maximum:"1000000000" doc:"Deletions of more customers than this need a second administrator. If absent, none does." example:"100"`
	Purges      bool `json:"purges" doc:"Whether every purge needs a second administrator, and every other way to erase customers earlier."`
}

func grantOf(g admin.Grant) Grant {
	return Grant{g.Group, documents(g.Permissions, func(p admin.Permission) string { return string(p) })}
}

func (g Grant) grant() admin.Grant {
	grant := admin.Grant{Group: g.Group}
	for _, p := range g.Permissions {
		grant.Permissions = append(grant.Permissions, admin.Permission(p))
	}
	return grant
}

func (a *api) accessOf(r admin.Rules) Access {
	doc := Access{
		Version: r.Version, Groups: documents(r.Groups, grantOf), FourEyes: FourEyes(r.FourEyes), AdminGroup: a.admins.AdminGroup,
	}
	if r.Changed != (admin.Changed{}) {
		doc.Changed = &Changed{timeOf(r.Changed.At), r.Changed.By}
	}
	if p := r.Proposal; p != nil {
		doc.Proposal = &Proposal{documents(p.Groups, grantOf), FourEyes(p.FourEyes), timeOf(p.At), p.By, p.Digest()}
	}
	return doc
}

func (n NewAccess) rules() admin.Rules {
	rules := admin.Rules{FourEyes: admin.FourEyes(n.FourEyes)}
	for _, g := range n.Groups {
		rules.Groups = append(rules.Groups, g.grant())
	}
	return rules
}

type accessOutput struct {
	Status int
	ETag   string `header:"ETag" doc:"The version, for If-Match."`
	Body   Access
}

func (a *api) showAccess(ctx context.Context, _ *struct{}) (*accessOutput, error) {
	rules, err := a.admins.Rules(ctx)
	return a.answerAccess(rules, err)
}

func (a *api) answerAccess(rules admin.Rules, err error) (*accessOutput, error) {
	if err != nil {
		return nil, err
	}
	return &accessOutput{Status: http.StatusOK, ETag: etag(rules.Version), Body: a.accessOf(rules)}, nil
}

type proposalInput struct{ Body ProposalDigest }

func (a *api) approveAccess(ctx context.Context, in *proposalInput) (*accessOutput, error) {
	rules, err := a.admins.Approve(ctx, administratorOf(ctx), in.Body.Digest)
	return a.answerAccess(rules, err)
}

func (a *api) discardAccess(ctx context.Context, in *proposalInput) (*accessOutput, error) {
	rules, err := a.admins.Discard(ctx, administratorOf(ctx), in.Body.Digest)
	return a.answerAccess(rules, err)
}

type updateAccessInput struct {
	Conditional
	Body NewAccess
}

func (a *api) updateAccess(ctx context.Context, in *updateAccessInput) (*accessOutput, error) {
	wanted := in.Body.rules()
	var err error
	if wanted.Version, err = in.replaces(in.Body.Version, admin.ErrVersion); err != nil {
		return nil, err
	}
	rules, err := a.admins.Change(ctx, administratorOf(ctx), wanted)
	out, err := a.answerAccess(rules, err)
	if err == nil && rules.Proposal != nil {
		out.Status = http.StatusAccepted
	}
	return out, err
}
