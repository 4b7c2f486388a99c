package dynamo_test

import (
	"slices"
	"testing"
	"time"

	"lethe/internal/audit"
	"lethe/internal/customer"
	"lethe/internal/dynamo/dynamotest"
	"lethe/internal/sim"
)

func TestSettingsReplaceThoseOfTheVersionBefore(t *testing.T) {
	t.Parallel()
	tables := dynamotest.New(t)
	t.Cleanup(func() { sim.Check(t, tables) })
	store, _ := tables.Open(tables.Config)
	ctx := t.Context()
	none, err := store.Settings(ctx)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "settings before the first", none, customer.Settings{})
	put := func(s customer.Settings) (customer.Settings, error) {
		return store.PutSettings(ctx, s, audit.New(ctx, time.Now(), "admin", audit.SettingsChanged))
	}
	first, err := put(policies)
	if err != nil || first.Version != 1 {
		t.Fatalf("version %d, %v", first.Version, err)
	}
	_, err = put(policies) // somebody who knows of no version either
	refuses(t, err, customer.ErrVersion)
	second := first
	second.Retention, second.Kinds = customer.Never, slices.Concat(first.Kinds, []customer.Kind{{Name: "website", Policy: customer.Cascade}})
	second.Changed = customer.Changed{At: time.Date(2026, 3, 1, 12, 0, 0, 7e6, time.UTC), By: "admin"}
	if second, err = put(second); err != nil || second.Version != 2 {
		t.Fatalf("version %d, %v", second.Version, err)
	}
	_, err = put(first)
	refuses(t, err, customer.ErrVersion)
	got, err := store.Settings(ctx)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "settings", got, second)
}

func TestALeaseIsOneHoldersUntilItEnds(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	ctx, now := t.Context(), s.world.Clock.Now()
	acquire := func(holder string, at time.Time) error {
		return s.Acquire(ctx, "job", holder, at, at.Add(time.Minute))
	}
	refuses(t, acquire("a", now), nil)
	refuses(t, acquire("a", now), nil) // a retry
	refuses(t, acquire("b", now), customer.ErrLeased)
	refuses(t, acquire("b", now.Add(time.Minute)), customer.ErrLeased)
	refuses(t, s.Acquire(ctx, "another job", "b", now, now.Add(time.Minute)), nil)
	refuses(t, acquire("b", now.Add(time.Minute+time.Millisecond)), nil)
	refuses(t, s.Release(ctx, "job", "a"), nil) // it has it no longer, and gives nothing back
	refuses(t, acquire("a", now.Add(time.Minute)), customer.ErrLeased)
	refuses(t, s.Release(ctx, "job", "b"), nil)
	refuses(t, s.Release(ctx, "job", "b"), nil)
	refuses(t, acquire("a", now), nil)
}
