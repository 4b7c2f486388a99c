package sim

import (
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"lethe/internal/customer"
)

// backup is every item of the main table at a moment.
type backup []item

func (w *World) backup(t *testing.T) backup {
	t.Helper()
	var items backup
	for k, it := range w.snapshot(t) {
		if k.table == w.Name {
			items = append(items, it)
		}
	}
	return items
}

// restore writes a backup back to the main table. It does not change the ledger.
func (w *World) restore(t *testing.T, b backup) {
	t.Helper()
	client := dynamodb.NewFromConfig(w.Config)
	for _, it := range w.backup(t) {
		if _, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &w.Name, Key: item{"pk": it["pk"], "sk": it["sk"]}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, it := range b {
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &w.Name, Item: it}); err != nil {
			t.Fatal(err)
		}
	}
}

// The customers of a system that loses its table, one for each state at the time of the backup. All
// but the last are purged after the backup.
const (
	wasActive  = "active" // with records that would block its deletion
	wasDeleted = "deleted"
	wasPurging = "purging"
	wasHeld    = "held"
	untouched  = "untouched"
)

var allCustomers = []string{wasActive, wasDeleted, wasPurging, wasHeld, untouched}

// restoredWorld makes such a system and restores its backup.
func restoredWorld(t *testing.T) *World {
	t.Helper()
	w := NewWorld(t, policies)
	s := w.Service(w.Config)
	for _, id := range allCustomers {
		create(t, s, id, "ticket~1", "ticket~1~line~1", "invoice~1")
	}
	add(t, s, wasActive, "contract~1", "contract~2")
	remove(t, s, wasDeleted)
	fence(t, s, wasPurging)
	must(t)(s.Hold(t.Context(), wasHeld, "case", byAdmin))
	w.Clock.Move(day)
	kept := w.backup(t)

	must(t)(s.Lift(t.Context(), wasHeld, "case", byAdmin))
	for _, contract := range []string{"contract~1", "contract~2"} {
		if err := s.RemoveRecord(t.Context(), wasActive, key(contract), byAdmin); err != nil {
			t.Fatal(err)
		}
	}
	fence(t, s, wasActive)
	fence(t, s, wasHeld)
	must(t)(s.StartPurge(t.Context(), wasDeleted, customer.Fence{}, byAdmin))
	work(t, w, s)
	for _, id := range allCustomers[:4] {
		gone(t, s, id, 2, 1)
	}
	w.Clock.Move(day)
	w.restore(t, kept)
	return w
}

func must(t *testing.T) func(customer.Customer, error) {
	t.Helper()
	return func(_ customer.Customer, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
}

// see reads customers as a plan does. It leaves out those that do not exist.
func see(t *testing.T, s *customer.Service, ids ...string) (seen []customer.Seen) {
	t.Helper()
	roots, err := s.Roots(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range roots {
		seen = append(seen, c.Seen())
	}
	slices.SortFunc(seen, func(a, b customer.Seen) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	return seen
}

var replaying = customer.Change{ID: "replay00000000000000000000", By: "admin"}

func TestReplayPurgesAgain(t *testing.T) {
	t.Parallel()
	w := restoredWorld(t)
	s := w.Service(w.Config)
	seen := see(t, s, allCustomers[:4]...)
	results := s.ReplayMany(t.Context(), seen, policies.Freeze(), replaying)
	var held *customer.HoldError
	if err := errors.Join(results[:3]...); err != nil || !errors.As(results[3], &held) {
		t.Fatalf("%v", results)
	}
	gone(t, s, wasActive, 4, 1)
	gone(t, s, wasDeleted, 2, 1)
	gone(t, s, wasPurging, 2, 1)
	for id, generation := range map[string]string{wasActive: replaying.ID, wasDeleted: replaying.ID} {
		if c, err := s.Certificate(t.Context(), id); err != nil || c.DeletionID != generation || c.DeletedBy != "admin" {
			t.Errorf("%s is certified by %+v, %v", id, c, err)
		}
	}
	if again := s.ReplayMany(t.Context(), seen[:3], policies.Freeze(), replaying); errors.Join(again...) != nil {
		t.Errorf("again: %v", again)
	}
	must(t)(s.Lift(t.Context(), wasHeld, "case", byAdmin))
	if changed := s.ReplayMany(t.Context(), seen[3:], policies.Freeze(), replaying); !errors.Is(changed[0], customer.ErrVersion) {
		t.Errorf("changed since: %v", changed)
	}
	if later := s.ReplayMany(t.Context(), see(t, s, wasHeld), policies.Freeze(), replaying); errors.Join(later...) != nil {
		t.Errorf("after its hold was lifted: %v", later)
	}
	gone(t, s, wasHeld, 2, 1)
	checkUntouched(t, s)
}

// checkUntouched checks that the customer without a certificate has not changed.
func checkUntouched(t *testing.T, s *customer.Service) {
	t.Helper()
	c, err := s.Get(t.Context(), untouched)
	if err != nil || c.State != customer.Active || c.Version != 1 || c.Records() != 3 {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestReplayStoppedAnywhere stops a replay at every third request, undone or done. Then it runs the
// replay again, after every second stop with a sweep before it.
func TestReplayStoppedAnywhere(t *testing.T) {
	t.Parallel()
	for _, fault := range []Fault{Undone, Done} {
		for n := 1; ; n += unlessShort(3, 15) {
			w := restoredWorld(t)
			f := &Faults{}
			seen := see(t, w.Service(w.Config), allCustomers[:3]...)
			f.Fail(n, fault, true)
			crashed := w.Service(f.Attach(w.Config))
			_ = crashed.ReplayMany(t.Context(), seen, policies.Freeze(), replaying)
			ended := len(f.Plan(nil)) < n
			s := w.Service(w.Config)
			if n%2 == 0 {
				w.Clock.Move(customer.PurgeLease)
				if _, err := s.Sweep(t.Context()); err != nil {
					t.Fatal(err)
				}
				work(t, w, s)
			}
			if err := errors.Join(s.ReplayMany(t.Context(), seen, policies.Freeze(), replaying)...); err != nil {
				t.Fatalf("request %d %v: %v", n, fault, err)
			}
			for _, id := range allCustomers[:3] {
				if _, err := s.Customer(t.Context(), id); !errors.Is(err, customer.ErrNotFound) {
					t.Errorf("request %d %v: %s is there, %v", n, fault, id, err)
				}
			}
			checkUntouched(t, s)
			replayRest(t, s)
			if ended {
				break
			}
		}
	}
}

// TestTTLOfARestoredRoot restores a backup so old that TTL removes the root of a customer in the trash.
// The customer has a certificate already; its other items must be purged nevertheless.
func TestTTLOfARestoredRoot(t *testing.T) {
	t.Parallel()
	w := restoredWorld(t)
	s := w.Service(w.Config)
	w.Clock.Move(40 * day)
	c, err := s.Customer(t.Context(), wasDeleted)
	if err != nil {
		t.Fatal(err)
	}
	w.Expire(t, c.ID)
	if err := s.Expire(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	work(t, w, s)
	gone(t, s, wasDeleted, 2, 1)
	if err := s.Expire(t.Context(), c); err != nil { // the stream delivers the record again
		t.Fatal(err)
	}
	if jobs := w.Queue.Take(); len(jobs) > 0 {
		t.Errorf("a finished purge was queued again: %v", jobs)
	}
	replayRest(t, s)
}

// replayRest purges the rest, so that the final check finds nothing.
func replayRest(t *testing.T, s *customer.Service) {
	t.Helper()
	must(t)(s.Lift(t.Context(), wasHeld, "case", byAdmin))
	if err := errors.Join(s.ReplayMany(t.Context(), see(t, s, allCustomers[:4]...), policies.Freeze(), replaying)...); err != nil {
		t.Fatal(err)
	}
}
