// Package conform holds the checks that every store must pass: the table of internal/dynamo on a
// real engine, and the model of internal/sim/model that the histories run on. They keep the model
// true to the table, so that a simulated history says something about the real store.
package conform

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"lethe/internal/admin"
	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// World is a store under test, with the settings of [Settings] in force.
type World struct {
	customer.Store

	Access     admin.Store
	Ledger     customer.Ledger
	Operations bulk.Store
	Now        func() time.Time                        // in whole milliseconds
	Expiry     func(t testing.TB, id string) time.Time // from when on TTL may remove a customer's root; zero: never
	NameBy     func(rules func(customer.Profile) customer.Names)
}

const day = 24 * time.Hour

// Settings are the settings of a world: a kind of each policy, and "line" for child records.
var Settings = customer.Settings{
	Retention: customer.PeriodOf(30 * day),
	Kinds: []customer.Kind{
		{Name: "contract", Policy: customer.Restrict},
		{Name: "invoice", Policy: customer.Retain, Keep: []string{"number", "total"}, For: customer.PeriodOf(3650 * day)},
		{Name: "line", Policy: customer.Cascade},
		{Name: "ticket", Policy: customer.Cascade},
	},
}

// Test runs all checks at once, each in a world of its own: a real engine answers slowly, and the checks wait for it most of the time.
func Test(t *testing.T, world func(t testing.TB) World) {
	t.Helper()
	for _, check := range []struct {
		name string
		run  func(t *testing.T, w World)
	}{
		{"settings are stored with who changed them", checkSettings},
		{"access rules are replaced by version", checkRules},
		{"a customer is created once", checkCreate},
		{"a profile is revised only if it has not changed since it was read", checkRevise},
		{"each change does what its name says", checkChanges},
		{"a refused change says why and changes nothing", checkRefusals},
		{"a repeated change is made once", checkRepeats},
		{"records are counted", checkRecords},
		{"records of a customer in the trash are hidden and do not change", checkHiddenRecords},
		{"a page of records ends at its size limit", checkRecordPages},
		{"a purge erases everything between the fence and the root", checkPurge},
		{"policies frozen at the fence stay", checkFrozenPolicies},
		{"many purges are certified together, each once", checkCertificatesTogether},
		{"a purge erases all pages of records", checkPurgeOfManyPages},
		{"the trash is listed by purge time", checkTrash},
		{"a list has a part of each customer", checkListed},
		{"a root is put back only if it is missing", checkPutBack},
		{"TTL leaves the root of a purge for longer than a stream delivers records", checkExpiry},
		{"a transition requires the version that was seen", checkAdvance},
		{"a repeated transition is made once", checkAdvanceRepeats},
		{"many customers are restored by the same rules as one", checkRestoreMany},
		{"customers are restored despite changes since they were seen", checkRestoreAfterChanges},
		{"a customer restored among many can change like any other", checkLifeAfterRestore},
		{"an approval of a deletion stays with that deletion", checkApprover},
		{"leases are exclusive", checkLeases},
		{"operations are written by version", checkOperations},
		{"one worker at a time has a chunk", checkTake},
		{"a chunk that has ended can be reopened", checkReopen},
		{"operations are listed until they end", checkActiveOperations},
		{"customers are found by their names", checkSearch},
		{"claims and terms of older rules are removed as they were written", checkOldNames},
		{"lifting the last hold leaves a notice period", checkLift},
		{"concurrent holds do not conflict", checkConcurrentHolds},
		{"holds are placed and lifted", checkHolds},
		{"a change under a key returns what it wrote", checkConcurrentKeys},
		{"a key that changed nothing changes nothing later", checkUnchangedUnderKey},
		{"a change repeated after other changes does nothing", checkLateRepeats},
		{"a change of one deletion does not affect the next", checkLateFence},
		{"a transition repeated after other changes does nothing", checkLateAdvance},
		{"reasons in the audit log are reworded", checkReword},
		{"changes are logged and counted once, in whatever groups they come", checkObserve},
		{"a delta is counted with its own entry only", checkDeltas},
		{"an entry of what changes no customer is added once", checkAddEntry},
		{"all entries of a day are one list", checkDay},
		{"a day's list finds entries by who did what", checkDayByAction},
	} {
		t.Run(check.name, func(t *testing.T) {
			t.Parallel()
			check.run(t, world(t))
		})
	}
}

func (w World) change(a customer.Action) customer.Change {
	return customer.Change{ID: customer.NewID(), At: w.Now(), By: "admin", ApprovedBy: "second", Action: a, Reason: "a test", ReasonCode: customer.TestData}
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
	results, err := w.AddRecords(t.Context(), id, recordsOf(keys...), w.change(customer.ActionRecordsAdded))
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
	return customer.Deletion{ID: ch.ID, Time: ch.At, By: ch.By, ApprovedBy: ch.ApprovedBy, Reason: ch.Reason, ReasonCode: ch.ReasonCode, PurgeTime: retention.After(ch.At)}
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

// finish completes the purges of customers past the fence.
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

// Key parses a record's key. It panics if the key is not valid.
func Key(text string) customer.Key {
	key, err := customer.ParseKey(text)
	if err != nil {
		panic(err)
	}
	return key
}

func recordsOf(keys ...string) []customer.Record {
	records := make([]customer.Record, len(keys))
	for i, text := range keys {
		records[i] = customer.Record{
			Key: Key(text), Data: []byte(`{"buyer":"Maria Anders","number":"R-1"}`),
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
