package model

import (
	"context"

	"lethe/internal/admin"
	"lethe/internal/audit"
)

// Rules reads the access rules.
func (t Table) Rules(ctx context.Context) (r admin.Rules, err error) {
	err = t.request(ctx, "Rules", "", func(Verdict) { r = t.rules })
	return r, err
}

// PutRules replaces the access rules if their version has not changed since they were read, and logs it.
func (t Table) PutRules(ctx context.Context, r admin.Rules, logged audit.Entry) (stored admin.Rules, err error) {
	failed := t.request(ctx, "PutRules", "", func(Verdict) {
		if r.Version != t.rules.Version {
			stored, err = admin.Rules{}, admin.ErrVersion
			return
		}
		stored, err = r, nil
		stored.Version++
		t.rules = stored
		t.addEntry(logged)
	})
	if failed != nil {
		return admin.Rules{}, failed
	}
	return stored, err
}
