package model

import (
	"context"
	"time"

	"lethe/internal/audit"
	"lethe/internal/customer"
)

// Settings reads the settings.
func (t Table) Settings(ctx context.Context) (s customer.Settings, err error) {
	err = t.request(ctx, "Settings", "", func(Verdict) { s = t.settings })
	return s, err
}

// PutSettings replaces the settings if their version has not changed since they were read, and logs it.
func (t Table) PutSettings(ctx context.Context, s customer.Settings, logged audit.Entry) (stored customer.Settings, err error) {
	failed := t.request(ctx, "PutSettings", "", func(Verdict) {
		if s.Version != t.settings.Version {
			stored, err = customer.Settings{}, customer.ErrVersion
			return
		}
		stored, err = s, nil
		stored.Version++
		t.settings = stored
		t.addEntry(logged)
		if t.WatchSettings != nil {
			t.WatchSettings(stored)
		}
	})
	if failed != nil {
		return customer.Settings{}, failed
	}
	return stored, err
}

type lease struct {
	holder string
	until  time.Time
}

// Acquire takes a lease.
func (t Table) Acquire(ctx context.Context, name, holder string, now, until time.Time) (err error) {
	failed := t.request(ctx, "Acquire", name, func(Verdict) {
		if err = nil; t.leases[name].holder != holder && !t.leases[name].until.Before(now) {
			err = customer.ErrLeased
			return
		}
		t.leases[name] = lease{holder, until}
	})
	if failed != nil {
		return failed
	}
	return err
}

// Release ends a lease of the holder.
func (t Table) Release(ctx context.Context, name, holder string) error {
	return t.request(ctx, "Release", name, func(Verdict) {
		if t.leases[name].holder == holder {
			delete(t.leases, name)
		}
	})
}
