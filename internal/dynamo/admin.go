package dynamo

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"

	"lethe/internal/admin"
	"lethe/internal/audit"
)

type accessRules struct {
	PK        string       `dynamodbav:"pk"`
	SK        string       `dynamodbav:"sk"`
	Version   int64        `dynamodbav:"version"`
	Groups    []grant      `dynamodbav:"groups"`
	FourEyes  fourEyes     `dynamodbav:"fourEyes"`
	Suspended []suspension `dynamodbav:"suspended"`
	Proposal  *proposal    `dynamodbav:"proposal,omitempty"`
	ChangedAt string       `dynamodbav:"changedAt,omitempty"`
	ChangedBy string       `dynamodbav:"changedBy,omitempty"`
}

type grant struct {
	Group       string             `dynamodbav:"group"`
	Permissions []admin.Permission `dynamodbav:"permissions,omitempty"`
}

type fourEyes struct {
	DeleteAbove *int `dynamodbav:"deleteAbove,omitempty"`
	Purges      bool `dynamodbav:"purges"`
}

type proposal struct {
	Groups   []grant  `dynamodbav:"groups"`
	FourEyes fourEyes `dynamodbav:"fourEyes"`
	At       string   `dynamodbav:"at"`
	By       string   `dynamodbav:"by"`
}

type suspension struct {
	Subject string `dynamodbav:"subject"`
	Since   string `dynamodbav:"since"`
	By      string `dynamodbav:"by"`
}

// Rules reads the access rules. Version 0 means that none are stored.
func (t *Table) Rules(ctx context.Context) (admin.Rules, error) {
	it, err := t.get(ctx, settingsPK, accessSK)
	if err != nil {
		return admin.Rules{}, fmt.Errorf("dynamo: read access rules: %w", err)
	}
	if it == nil {
		return admin.Rules{}, nil
	}
	var stored accessRules
	if err := attributevalue.UnmarshalMap(it, &stored); err != nil {
		return admin.Rules{}, fmt.Errorf("dynamo: decode access rules: %w", err)
	}
	rules, err := stored.decode()
	if err != nil {
		return admin.Rules{}, fmt.Errorf("dynamo: decode access rules: %w", err)
	}
	return rules, nil
}

// PutRules replaces the access rules of this version and logs it; [admin.ErrVersion] if the stored version is another.
func (t *Table) PutRules(ctx context.Context, r admin.Rules, logged audit.Entry) (admin.Rules, error) {
	was := r.Version
	r.Version++
	change, err := replacement(t.Name, encodeRules(r), was)
	if err != nil {
		return admin.Rules{}, fmt.Errorf("dynamo: encode access rules: %w", err)
	}
	made, err := t.commitLogged(ctx, change, logged)
	if err != nil {
		return admin.Rules{}, fmt.Errorf("dynamo: write access rules: %w", err)
	}
	if !made {
		return admin.Rules{}, admin.ErrVersion
	}
	return r, nil
}

func encodeRules(r admin.Rules) accessRules {
	out := accessRules{
		PK: settingsPK, SK: accessSK, Version: r.Version, Groups: []grant{}, FourEyes: fourEyes(r.FourEyes),
		Suspended: []suspension{}, ChangedBy: r.Changed.By,
	}
	if !r.Changed.At.IsZero() {
		out.ChangedAt = formatTime(r.Changed.At)
	}
	for _, g := range r.Groups {
		out.Groups = append(out.Groups, grant(g))
	}
	for _, s := range r.Suspended {
		out.Suspended = append(out.Suspended, suspension{s.Subject, formatTime(s.Since), s.By})
	}
	if p := r.Proposal; p != nil {
		out.Proposal = &proposal{Groups: []grant{}, FourEyes: fourEyes(p.FourEyes), At: formatTime(p.At), By: p.By}
		for _, g := range p.Groups {
			out.Proposal.Groups = append(out.Proposal.Groups, grant(g))
		}
	}
	return out
}

func (p proposal) decode() (*admin.Proposal, error) {
	at, err := parseTime(p.At)
	out := &admin.Proposal{FourEyes: admin.FourEyes(p.FourEyes), At: at, By: p.By}
	for _, g := range p.Groups {
		out.Groups = append(out.Groups, admin.Grant(g))
	}
	return out, err
}

func (stored accessRules) decode() (admin.Rules, error) {
	at, err := parseTime(stored.ChangedAt)
	if err != nil {
		return admin.Rules{}, err
	}
	r := admin.Rules{
		Version: stored.Version, FourEyes: admin.FourEyes(stored.FourEyes), Changed: admin.Changed{At: at, By: stored.ChangedBy},
	}
	for _, g := range stored.Groups {
		r.Groups = append(r.Groups, admin.Grant(g))
	}
	for _, s := range stored.Suspended {
		since, err := parseTime(s.Since)
		if err != nil {
			return admin.Rules{}, err
		}
		r.Suspended = append(r.Suspended, admin.Suspension{Subject: s.Subject, Since: since, By: s.By})
	}
	if stored.Proposal != nil {
		r.Proposal, err = stored.Proposal.decode()
	}
	return r, err
}
