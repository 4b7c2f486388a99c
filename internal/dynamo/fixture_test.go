package dynamo_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"lethe/internal/customer"
	"lethe/internal/dynamo"
	"lethe/internal/sim"
	"lethe/internal/sim/conform"
)

const day = 24 * time.Hour

// policies are the settings of the conformance checks, with a second kind that restricts.
var policies = withPermits(conform.Settings)

func withPermits(s customer.Settings) customer.Settings {
	s.Kinds = slices.Insert(slices.Clone(s.Kinds), 3, customer.Kind{Name: "permit", Policy: customer.Restrict})
	return s
}

var byAdmin = customer.Change{By: "admin"}

// key parses a record's key. It panics if the key is not valid.
var key = conform.Key

// suite is a store and a ledger under test. Their tables are checked at the end.
type suite struct {
	*dynamo.Table

	ledger *dynamo.Ledger
	world  *sim.World
}

func newSuite(t *testing.T) *suite {
	t.Helper()
	w := sim.NewWorld(t, policies)
	store, ledger := w.Open(w.Config)
	return &suite{store, ledger, w}
}

// change returns a new change at the time of the suite's clock.
func (s *suite) change(a customer.Action) customer.Change {
	return customer.Change{ID: customer.NewID(), At: s.world.Clock.Now(), By: "admin", Action: a, Reason: "a test"}
}

// fresh returns a customer that is not in the store yet.
func (s *suite) fresh() customer.Customer {
	ch, id := s.change(customer.ActionCreated), customer.NewID()
	return customer.Customer{
		ID: id, Version: 1, State: customer.Active, Created: ch.At, Counts: map[string]int64{}, Last: ch,
		Profile: customer.Profile{
			Organisation: "Alfreds Futterkiste", FirstName: "Maria", LastName: "Anders",
			Email: id + "@alfreds.example", Phone: "+49 30 0074321", Push: true, Consents: map[string]bool{"newsletter": true},
		},
	}
}

// active makes a customer with the given records.
func (s *suite) active(t testing.TB, keys ...string) customer.Customer {
	t.Helper()
	c := s.fresh()
	if err := s.Create(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if len(keys) > 0 {
		s.add(t, c.ID, keys...)
	}
	return s.read(t, c.ID)
}

func (s *suite) add(t testing.TB, id string, keys ...string) {
	t.Helper()
	results, err := s.AddRecords(t.Context(), id, records(keys...), s.change(customer.ActionRecordsAdded))
	if err := errors.Join(append(results, err)...); err != nil {
		t.Fatal(err)
	}
}

// deleted makes a customer in the trash, with the given records.
func (s *suite) deleted(t testing.TB, keys ...string) customer.Customer {
	t.Helper()
	return s.delete(t, s.active(t, keys...).ID, 30*day)
}

func (s *suite) delete(t testing.TB, id string, retention time.Duration) customer.Customer {
	t.Helper()
	ch := s.change(customer.ActionDeleted)
	c, err := s.Delete(t.Context(), id, deletionBy(ch, customer.PeriodOf(retention)), policies, ch)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func deletionBy(ch customer.Change, retention customer.Period) customer.Deletion {
	return customer.Deletion{ID: ch.ID, Time: ch.At, By: ch.By, Reason: ch.Reason, PurgeTime: retention.After(ch.At)}
}

// fenced makes a customer past the fence, with the given records.
func (s *suite) fenced(t testing.TB, keys ...string) customer.Customer {
	t.Helper()
	return s.fence(t, s.deleted(t, keys...).ID)
}

func (s *suite) fence(t testing.TB, id string) customer.Customer {
	t.Helper()
	lease := s.world.Clock.Now().Add(customer.PurgeLease)
	c, err := s.Fence(t.Context(), id, customer.Fence{Lease: lease, Frozen: policies.Freeze()}, s.change(customer.ActionPurgeStarted))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// held makes a customer with the given holds.
func (s *suite) held(t testing.TB, holds ...string) customer.Customer {
	t.Helper()
	c := s.active(t)
	for _, h := range holds {
		s.hold(t, c.ID, h)
	}
	return s.read(t, c.ID)
}

func (s *suite) hold(t testing.TB, id, hold string) customer.Customer {
	t.Helper()
	c, err := s.Hold(t.Context(), id, hold, s.change(customer.ActionHoldPlaced))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *suite) read(t testing.TB, id string) customer.Customer {
	t.Helper()
	c, err := s.Customer(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// trashed returns the customer's position in the trash up to a time, -1 if it is not
// there.
func (s *suite) trashed(t testing.TB, id string, until time.Time) int {
	t.Helper()
	at := 0
	for c, err := range s.Trash(t.Context(), until) {
		if err != nil {
			t.Fatal(err)
		}
		if c.ID == id {
			return at
		}
		at++
	}
	return -1
}

func records(keys ...string) []customer.Record {
	made := make([]customer.Record, len(keys))
	for i, k := range keys {
		made[i] = customer.Record{
			Key: key(k), Data: []byte(`{"number":"R-1","total":12.5,"buyer":"Maria Anders"}`),
			Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), By: "admin",
		}
	}
	return made
}

// numbered returns n keys that differ in their last part.
func numbered(prefix string, n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("%s%d", prefix, i)
	}
	return keys
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// refuses fails the test unless err is want or, if want is a pointer to an error type, an equal error of
// that type.
func refuses(t testing.TB, err, want error) {
	t.Helper()
	if errors.Is(err, want) || err != nil && reflect.DeepEqual(err, want) {
		return
	}
	t.Errorf("got error %v, want %v", err, want)
}
