package model

import (
	"context"

	"lethe/internal/access"
)

// Rules reads the access rules.
func (t Table) Rules(ctx context.Context) (r access.Rules, err error) {
	err = t.request(ctx, "Rules", "", func(Verdict) { r = t.rules })
	return r, err
}

// PutRules replaces the access rules if their version has not changed since they were read.
func (t Table) PutRules(ctx context.Context, r access.Rules) (stored access.Rules, err error) {
	failed := t.request(ctx, "PutRules", "", func(Verdict) {
		if r.Version != t.rules.Version {
			stored, err = access.Rules{}, access.ErrVersion
			return
		}
		stored, err = r, nil
		stored.Version++
		t.rules = stored
	})
	if failed != nil {
		return access.Rules{}, failed
	}
	return stored, err
}
