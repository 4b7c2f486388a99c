// Package conform holds the checks that every store must pass: the table of
// internal/dynamo on a real engine, and the model that histories are simulated on. What
// holds of the one and not of the other would make the simulation tell tales.
package conform

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// World is a store under test, with the settings of [Settings] in force.
type World struct {
	customer.Store

	Ledger     customer.Ledger
	Operations bulk.Store
	Now        func() time.Time // in whole milliseconds
	NameBy     func(rules func(customer.Profile) customer.Names)
}

const day = 24 * time.Hour

// Settings are those that a world is to be made with: a kind of each policy.
var Settings = customer.Settings{
	Retention: customer.PeriodOf(30 * day),
	Kinds: []customer.Kind{
		{Name: "contract", Policy: customer.Restrict},
		{Name: "invoice", Policy: customer.Retain, Keep: []string{"number", "total"}, For: customer.PeriodOf(3650 * day)},
		{Name: "line", Policy: customer.Cascade},
		{Name: "ticket", Policy: customer.Cascade},
	},
}

// Test runs all checks, each in a world of its own.
func Test(t *testing.T, world func(t testing.TB) World) {
	t.Helper()
	for _, check := range []struct {
		name string
		run  func(t *testing.T, w World)
	}{
		{"settings are kept as they were put, and by whom", settled},
		{"customers are created once", created},
		{"a profile is revised as it was read", revised},
		{"changes do what they say", changes},
		{"changes are refused for a reason", refusals},
		{"a change that is made again is made once", repeats},
		{"records are counted", counted},
		{"records of the trash are left alone", hidden},
		{"a page of records ends by its size", paged},
		{"a purge goes from the fence to the root", purged},
		{"what is frozen at the fence stays", frozen},
		{"a purge goes through all pages of what there is", purgedByPages},
		{"the trash is walked by what is due", walked},
		{"a root is put back unless it is there", putBack},
		{"transitions are bound to what was seen", advanced},
		{"transitions that are made again are made once", advancedAgain},
		{"many are restored as one is", restored},
		{"many are restored whatever came since they were seen", restoredLate},
		{"what is restored among many is as good as new", restoredAgain},
		{"leases are exclusive", leased},
		{"operations are written by version", written},
		{"a chunk is one worker's at a time", taken},
		{"a chunk that has ended can be reopened", reopened},
		{"operations are listed until they end", listed},
		{"customers are found by their names", found},
		{"names are those that were written", renamed},
		{"the last hold to be lifted gives notice", lifted},
		{"holds are in nobody's way", heldByMany},
		{"holds are placed and lifted", holds},
		{"a change under a key tells what it has written", keyedByMany},
		{"what changed nothing under a key changes nothing later", keyedUnchanged},
		{"a change that comes again after others changes nothing", delivered},
		{"a change of one deletion leaves the next alone", fencedLate},
		{"a change of many that comes again after others changes nothing", advancedLate},
		{"what was logged is reworded", reworded},
	} {
		t.Run(check.name, func(t *testing.T) { check.run(t, world(t)) })
	}
}

func (w World) change(a customer.Action) customer.Change {
	return customer.Change{ID: customer.NewID(), At: w.Now(), By: "admin", Action: a, Reason: "a test", ReasonCode: customer.TestData}
}

func (w World) fresh() customer.Customer {
	id, ch := customer.NewID(), w.change(customer.ActionCreated)
	return customer.Customer{
		ID: id, Version: 1, State: customer.Active, Created: ch.At, Counts: map[string]int64{}, Last: ch,
		Profile: customer.Profile{Organisation: "Alfreds Futterkiste", Email: id + "@alfreds.example"},
	}
}

func (w World) active(t *testing.T, keys ...string) customer.Customer {
	t.Helper()
	c := w.fresh()
	must(t, w.Create(t.Context(), c))
	if len(keys) > 0 {
		w.add(t, c.ID, keys...)
	}
	return w.read(t, c.ID)
}

func (w World) add(t *testing.T, id string, keys ...string) {
	t.Helper()
	results, err := w.AddRecords(t.Context(), id, recordsOf(t, keys...), w.change(customer.ActionRecordsAdded))
	must(t, errors.Join(append(results, err)...))
}

func (w World) deleted(t *testing.T, keys ...string) customer.Customer {
	t.Helper()
	return w.delete(t, w.active(t, keys...).ID, Settings.Retention)
}

func (w World) delete(t *testing.T, id string, retention customer.Period) customer.Customer {
	t.Helper()
	ch := w.change(customer.ActionDeleted)
	c, err := w.Delete(t.Context(), id, deletionBy(ch, retention), Settings, ch)
	must(t, err)
	return c
}

func deletionBy(ch customer.Change, retention customer.Period) customer.Deletion {
	return customer.Deletion{ID: ch.ID, Time: ch.At, By: ch.By, Reason: ch.Reason, ReasonCode: ch.ReasonCode, PurgeTime: retention.After(ch.At)}
}

func (w World) fenced(t *testing.T, keys ...string) customer.Customer {
	t.Helper()
	return w.fence(t, w.deleted(t, keys...).ID)
}

func (w World) fence(t *testing.T, id string) customer.Customer {
	t.Helper()
	c, err := w.Fence(t.Context(), id, customer.Fence{Lease: w.Now().Add(time.Minute), Frozen: Settings.Freeze()}, w.change(customer.ActionPurgeStarted))
	must(t, err)
	return c
}

func (w World) held(t *testing.T) customer.Customer {
	t.Helper()
	c, err := w.Hold(t.Context(), w.active(t).ID, "case", w.change(customer.ActionHoldPlaced))
	must(t, err)
	return c
}

func (w World) heldInTrash(t *testing.T) customer.Customer {
	t.Helper()
	c, err := w.Hold(t.Context(), w.deleted(t).ID, "case", w.change(customer.ActionHoldPlaced))
	must(t, err)
	return c
}

func (w World) blocked(t *testing.T) customer.Customer {
	t.Helper()
	c, err := w.SetBlocked(t.Context(), w.active(t).ID, true, w.change(customer.ActionBlocked))
	must(t, err)
	return c
}

func (w World) read(t *testing.T, id string) customer.Customer {
	t.Helper()
	c, err := w.Customer(t.Context(), id)
	must(t, err)
	return c
}

// finish purges customers past the fence, so that nothing of them is left.
func (w World) finish(t *testing.T, customers ...customer.Customer) {
	t.Helper()
	ctx := t.Context()
	must(t, w.Erase(ctx, customers...))
	for _, c := range customers {
		cert := customer.Certificate{
			Customer: c.ID, DeletionID: c.Deletion.ID, DeletedAt: c.Deletion.Time, DeletedBy: c.Deletion.By,
			PurgedAt: w.Now(), PurgedBy: "admin", Erased: map[string]int64{}, Retained: map[string]int64{},
		}
		for kind, n := range c.Counts {
			if cert.Erased[kind] = n; c.Policies().Policy(kind) == customer.Retain {
				cert.Retained[kind] = n
			}
		}
		must(t, w.Ledger.Certify(ctx, cert))
	}
	must(t, w.Remove(ctx, customers...))
}

func recordsOf(t *testing.T, keys ...string) []customer.Record {
	t.Helper()
	records := make([]customer.Record, len(keys))
	for i, text := range keys {
		key, err := customer.ParseKey(text)
		must(t, err)
		records[i] = customer.Record{
			Key: key, Data: []byte(`{"buyer":"Maria Anders","number":"R-1"}`),
			Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), By: "admin",
		}
	}
	return records
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func refuses(t *testing.T, err, want error) {
	t.Helper()
	if errors.Is(err, want) || err != nil && reflect.DeepEqual(err, want) {
		return
	}
	t.Errorf("got error %v, want %v", err, want)
}
