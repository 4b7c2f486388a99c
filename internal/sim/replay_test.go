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
	for k, it := range w.photograph(t) {
		if k.table == w.Name {
			items = append(items, it)
		}
	}
	return items
}

// restore makes the main table what it was. The ledger stays as it is.
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

// The customers of a system that loses its table: at the time of the backup in every
// state, all but the last purged since.
const (
	wasActive  = "active" // with records that would block its deletion
	wasDeleted = "deleted"
	wasPurging = "purging"
	wasHeld    = "held"
	untouched  = "untouched"
)

var everybody = []string{wasActive, wasDeleted, wasPurging, wasHeld, untouched}

// lose makes such a system, and brings its backup back.
func lose(t *testing.T) *World {
	t.Helper()
	w := NewWorld(t, policies)
	s := w.Service(w.Config)
	for _, id := range everybody {
		create(t, s, id, "ticket~1", "ticket~1~line~1", "invoice~1")
	}
	add(t, s, wasActive, "contract~1", "contract~2")
	remove(t, s, wasDeleted)
	fence(t, s, wasPurging)
	must(t)(s.Hold(t.Context(), wasHeld, "case", admin))
	w.Clock.Move(day)
	kept := w.backup(t)

	must(t)(s.Lift(t.Context(), wasHeld, "case", admin))
	for _, contract := range []string{"contract~1", "contract~2"} {
		if err := s.RemoveRecord(t.Context(), wasActive, key(contract), admin); err != nil {
			t.Fatal(err)
		}
	}
	fence(t, s, wasActive)
	fence(t, s, wasHeld)
	must(t)(s.StartPurge(t.Context(), wasDeleted, customer.Fence{}, admin))
	work(t, w, s)
	for _, id := range everybody[:4] {
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

// look is how a plan sees those of the customers who are there.
func look(t *testing.T, s *customer.Service, ids ...string) (seen []customer.Seen) {
	t.Helper()
	roots, err := s.Roots(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range roots {
		seen = append(seen, c.See())
	}
	slices.SortFunc(seen, func(a, b customer.Seen) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	return seen
}

var replaying = customer.Change{ID: "replay00000000000000000000", By: "admin"}

func TestReplayPurgesAgain(t *testing.T) {
	t.Parallel()
	w := lose(t)
	s := w.Service(w.Config)
	seen := look(t, s, everybody[:4]...)
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
	must(t)(s.Lift(t.Context(), wasHeld, "case", admin))
	if changed := s.ReplayMany(t.Context(), seen[3:], policies.Freeze(), replaying); !errors.Is(changed[0], customer.ErrVersion) {
		t.Errorf("changed since: %v", changed)
	}
	if later := s.ReplayMany(t.Context(), look(t, s, wasHeld), policies.Freeze(), replaying); errors.Join(later...) != nil {
		t.Errorf("after its hold was lifted: %v", later)
	}
	gone(t, s, wasHeld, 2, 1)
	left(t, s)
}

// left makes sure that whom the ledger doesn't name is as it was.
func left(t *testing.T, s *customer.Service) {
	t.Helper()
	c, err := s.Get(t.Context(), untouched)
	if err != nil || c.State != customer.Active || c.Version != 1 || c.Records() != 3 {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestReplayStoppedAnywhere fails every request of it, undone or done, and all after it.
// Then it is run again, or the sweep goes on with what it left.
func TestReplayStoppedAnywhere(t *testing.T) {
	t.Parallel()
	for _, fault := range []Fault{Undone, Done} {
		for n := 1; ; n += unlessShort(3, 15) {
			w := lose(t)
			f := &Faults{}
			seen := look(t, w.Service(w.Config), everybody[:3]...)
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
			for _, id := range everybody[:3] {
				if _, err := s.Customer(t.Context(), id); !errors.Is(err, customer.ErrNotFound) {
					t.Errorf("request %d %v: %s is there, %v", n, fault, id, err)
				}
			}
			left(t, s)
			replayRest(t, s)
			if ended {
				break
			}
		}
	}
}

// TestTTLOfARestoredRoot is of a customer in the trash of a backup so old that TTL removes
// its root: the certificate that it has must not keep the rest.
func TestTTLOfARestoredRoot(t *testing.T) {
	t.Parallel()
	w := lose(t)
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
	if err := s.Expire(t.Context(), c); err != nil { // its stream record comes again
		t.Fatal(err)
	}
	if jobs := w.Queue.Take(); len(jobs) > 0 {
		t.Errorf("a purge that is done was queued again: %v", jobs)
	}
	replayRest(t, s)
}

// replayRest purges all that is left, for the final check to find nobody.
func replayRest(t *testing.T, s *customer.Service) {
	t.Helper()
	must(t)(s.Lift(t.Context(), wasHeld, "case", admin))
	if err := errors.Join(s.ReplayMany(t.Context(), look(t, s, everybody[:4]...), policies.Freeze(), replaying)...); err != nil {
		t.Fatal(err)
	}
}
