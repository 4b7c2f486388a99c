package model

import (
	"context"

	"lethe/internal/access"
	"lethe/internal/audit"
)

// Rules reads the access rules.
func (t Table) Rules(ctx context.Context) (r access.Rules, err error) {
	err = t.request(ctx, "Rules", "", func(Verdict) { r = t.rules })
	return r, err
}

// PutRules replaces the access rules if their version has not changed since they were read, and logs it.
func (t Table) PutRules(ctx context.Context, r access.Rules, logged audit.Entry) (stored access.Rules, err error) {
	failed := t.request(ctx, "PutRules", "", func(Verdict) {
		if r.Version != t.rules.Version {
			stored, err = access.Rules{}, access.ErrVersion
			return
		}
		stored, err = r, nil
		stored.Version++
		t.rules = stored
		t.addEntry(logged)
	})
	if failed != nil {
		return access.Rules{}, failed
	}
	return stored, err
}
