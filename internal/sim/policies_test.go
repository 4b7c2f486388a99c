package sim

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"lethe/internal/customer"
)

// inverted returns settings that retain what s erases, and erase what s retains.
func inverted(s customer.Settings) customer.Settings {
	s.Kinds = slices.Clone(s.Kinds)
	for i, k := range s.Kinds {
		switch k.Policy {
		case customer.Cascade:
			k.Policy, k.Keep, k.For = customer.Retain, []string{"number"}, customer.PeriodOf(3650*day)
		case customer.Retain:
			k.Policy, k.Keep, k.For = customer.Cascade, nil, customer.Period{}
		case customer.Restrict:
		}
		s.Kinds[i] = k
	}
	return s
}

// retainAll returns settings that retain every kind.
func retainAll(s customer.Settings) customer.Settings {
	s.Kinds = slices.Clone(s.Kinds)
	for i := range s.Kinds {
		s.Kinds[i].Policy, s.Kinds[i].Keep, s.Kinds[i].For = customer.Retain, []string{"number", "total"}, customer.PeriodOf(3650*day)
	}
	return s
}

// change changes the settings without the waiting time: no process of the test caches them.
func change(t *testing.T, s *customer.Service, to func(customer.Settings) customer.Settings) {
	t.Helper()
	settings, err := s.Settings(t.Context())
	if err == nil {
		_, err = s.UpdateSettings(t.Context(), to(settings), true, "admin")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// purgePaths are the ways to purge a customer.
var purgePaths = []struct {
	name string
	pass func(ctx context.Context, s *customer.Service, c customer.Customer) error
}{
	{"on request", func(ctx context.Context, s *customer.Service, c customer.Customer) error {
		c, err := s.StartPurge(ctx, c.ID, customer.Fence{}, byAdmin)
		if err == nil {
			err = s.Purge(ctx, customer.Job{Customer: c.ID, Generation: c.Deletion.ID})
		}
		return err
	}},
	{"of the schedule", func(ctx context.Context, s *customer.Service, c customer.Customer) error {
		_, err := s.Sweep(ctx)
		if err == nil {
			err = s.Purge(ctx, customer.Job{Customer: c.ID, Generation: c.Deletion.ID})
		}
		return err
	}},
	{"of an operation", func(ctx context.Context, s *customer.Service, c customer.Customer) error {
		settings, err := s.Settings(ctx)
		if err != nil {
			return err
		}
		return errors.Join(s.PurgeMany(ctx, []customer.Seen{c.Seen()}, []string{c.Deletion.ID}, settings.Freeze(), customer.Change{ID: customer.NewID(), By: "admin"})...)
	}},
	{"of a replay", func(ctx context.Context, s *customer.Service, c customer.Customer) error {
		settings, err := s.Settings(ctx)
		if err != nil {
			return err
		}
		return errors.Join(s.ReplayMany(ctx, []customer.Seen{c.Seen()}, settings.Freeze(), customer.Change{ID: customer.NewID(), By: "admin"})...)
	}},
	{"of TTL", func(ctx context.Context, s *customer.Service, c customer.Customer) error {
		err := s.Expire(ctx, c)
		if err == nil {
			err = s.Purge(ctx, customer.Job{Customer: c.ID, Generation: c.Deletion.ID})
		}
		return err
	}},
}

// TestAPurgeGoesByThePoliciesAtItsFence stops a purge at each of its requests, inverts all policies,
// and lets another purge finish it. The certificate must match the records.
func TestAPurgeGoesByThePoliciesAtItsFence(t *testing.T) {
	t.Parallel()
	const each = 30 // more than one request holds
	var keys []string
	for i := range each {
		keys = append(keys, fmt.Sprint("invoice~", i), fmt.Sprint("ticket~", i))
	}
	for _, way := range purgePaths {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			w := NewWorld(t, policies)
			safe := w.Service(w.Config)
			for n, ended := 1, false; !ended; n += unlessShort(1, 4) {
				id := name("request", n)
				create(t, safe, id, keys...)
				c := remove(t, safe, id)
				w.Clock.Move(31 * day)
				if way.name == "of TTL" {
					w.Expire(t, id)
				}
				ctx := newDeadline(t.Context(), n)
				if ended = way.pass(ctx, w.Service(ctx.attach(w.Config)), c) == nil; !ended && ctx.Err() == nil {
					t.Fatalf("request %d: the purge failed without a fault", n)
				}
				change(t, safe, inverted)
				if way.name == "of TTL" {
					must(t)(c, safe.Expire(t.Context(), c))
				}
				w.Clock.Move(customer.PurgeLease)
				if _, err := safe.Sweep(t.Context()); err != nil {
					t.Fatal(err)
				}
				work(t, w, safe)
				w.checkCertificate(t, safe, id, each)
			}
			change(t, safe, retainAll) // fsck then expects every field of the copies
		})
	}
}

// checkCertificate fails the test unless the certificate matches the customer's records: each invoices
// and as many tickets.
func (w *World) checkCertificate(t *testing.T, s *customer.Service, id string, each int64) {
	t.Helper()
	var purged *customer.PurgedError
	if _, err := s.Get(t.Context(), id); !errors.As(err, &purged) {
		t.Fatalf("customer %s is not purged: %v", id, err)
	}
	retained := map[string]int64{}
	for k := range w.snapshot(t) {
		if k.pk == "X#"+id {
			retained[strings.Split(k.sk, "#")[1]]++
		}
	}
	cert := purged.Certificate
	if !maps.Equal(retained, cert.Retained) {
		t.Errorf("%s: the certificate says %v retained, the table has %v", id, cert.Retained, retained)
	}
	for _, kind := range []string{"invoice", "ticket"} {
		if n := cert.Erased[kind] + cert.Retained[kind]; n != each || (cert.Policies[kind] == string(customer.Retain)) != (cert.Retained[kind] == each) {
			t.Errorf("%s: %s of kind %s: %d erased, %d retained", id, cert.Policies[kind], kind, cert.Erased[kind], cert.Retained[kind])
		}
	}
}
