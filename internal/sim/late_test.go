package sim

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lethe/internal/customer"
)

// lateChange is a change. Its requests arrive a second time, after other changes of the customer.
type lateChange struct {
	name    string
	prepare func(c *crash)
	act     func(c *crash, ch customer.Change) error
	once    bool                 // it can have an idempotency key
	since   func(c *crash) error // the other changes
}

func (c *crash) seen() []customer.Seen {
	c.Helper()
	now, err := c.safe.Get(c.Context(), c.id)
	if err != nil {
		c.Fatal(err)
	}
	c.found = now
	return []customer.Seen{now.Seen()}
}

func (c *crash) deletes() error { _, err := c.safe.Delete(c.Context(), c.id, byAdmin); return err }
func (c *crash) restores() error {
	_, err := c.safe.Restore(c.Context(), c.id, "", byAdmin)
	return err
}
func (c *crash) blocks() error   { _, err := c.safe.Block(c.Context(), c.id, byAdmin); return err }
func (c *crash) unblocks() error { _, err := c.safe.Unblock(c.Context(), c.id, byAdmin); return err }
func (c *crash) holds() error    { _, err := c.safe.Hold(c.Context(), c.id, "case", byAdmin); return err }
func (c *crash) lifts() error    { _, err := c.safe.Lift(c.Context(), c.id, "case", byAdmin); return err }

func (c *crash) adds(key string) error {
	results, err := c.safe.AddRecords(c.Context(), c.id, records(key), byAdmin)
	return errors.Join(append(results, err)...)
}

func (c *crash) removes(text string) error {
	return c.safe.RemoveRecord(c.Context(), c.id, key(text), byAdmin)
}

// prepared creates a customer with two records and makes the steps.
func prepared(steps ...func(*crash) error) func(*crash) {
	return func(c *crash) {
		create(c, c.safe, c.id, "ticket~1", "ticket~1~line~1")
		if err := c.all(steps...); err != nil {
			c.Fatal(err)
		}
	}
}

func (c *crash) all(steps ...func(*crash) error) error {
	for _, step := range steps {
		if err := step(c); err != nil {
			return err
		}
	}
	return nil
}

func then(steps ...func(*crash) error) func(*crash) error {
	return func(c *crash) error { return c.all(steps...) }
}

var lateChanges = []lateChange{
	{"delete", prepared(), func(c *crash, ch customer.Change) error {
		_, err := c.service.Delete(c.Context(), c.id, ch)
		return err
	}, true, (*crash).restores},
	{"delete, restored and changed", prepared(), func(c *crash, ch customer.Change) error {
		_, err := c.service.Delete(c.Context(), c.id, ch)
		return err
	}, true, then((*crash).restores, (*crash).blocks, (*crash).unblocks, func(c *crash) error { return c.adds("ticket~2") }, func(c *crash) error { return c.removes("ticket~2") })},
	{"restore", prepared((*crash).deletes), func(c *crash, ch customer.Change) error {
		_, err := c.service.Restore(c.Context(), c.id, "", ch)
		return err
	}, true, (*crash).deletes},
	{"block", prepared(), func(c *crash, ch customer.Change) error {
		_, err := c.service.Block(c.Context(), c.id, ch)
		return err
	}, true, (*crash).unblocks},
	{"unblock", prepared((*crash).blocks), func(c *crash, ch customer.Change) error {
		_, err := c.service.Unblock(c.Context(), c.id, ch)
		return err
	}, true, (*crash).blocks},
	{"hold", prepared(), func(c *crash, ch customer.Change) error {
		_, err := c.service.Hold(c.Context(), c.id, "case", ch)
		return err
	}, true, (*crash).lifts},
	{"hold in the trash", prepared((*crash).deletes), func(c *crash, ch customer.Change) error {
		_, err := c.service.Hold(c.Context(), c.id, "case", ch)
		return err
	}, true, (*crash).lifts},
	{"lift", prepared((*crash).holds), func(c *crash, ch customer.Change) error {
		_, err := c.service.Lift(c.Context(), c.id, "case", ch)
		return err
	}, true, (*crash).holds},
	{"lift in the trash", prepared((*crash).deletes, (*crash).holds), func(c *crash, ch customer.Change) error {
		_, err := c.service.Lift(c.Context(), c.id, "case", ch)
		return err
	}, true, (*crash).holds},
	{"update", prepared(), func(c *crash, ch customer.Change) error {
		_, err := c.service.Update(c.Context(), c.id, func(p customer.Profile) customer.Profile { p.LastName = "Berglund"; return p }, ch)
		return err
	}, true, func(c *crash) error {
		_, err := c.safe.Update(c.Context(), c.id, func(p customer.Profile) customer.Profile { p.LastName = "Chang"; return p }, byAdmin)
		return err
	}},
	{"start a purge", prepared((*crash).deletes), func(c *crash, ch customer.Change) error {
		_, err := c.service.StartPurge(c.Context(), c.id, customer.Fence{}, ch)
		return err
	}, true, func(c *crash) error { c.work(); return nil }},
	{"add a record", prepared(), func(c *crash, ch customer.Change) error {
		_, err := c.service.AddRecords(c.Context(), c.id, records("ticket~2"), ch)
		return err
	}, true, func(c *crash) error { return c.removes("ticket~2") }},
	{"remove records", prepared(), func(c *crash, ch customer.Change) error {
		return c.service.RemoveRecord(c.Context(), c.id, key("ticket~1"), ch)
	}, false, then(func(c *crash) error { return c.adds("ticket~1") }, func(c *crash) error { return c.adds("ticket~1~line~1") })},
	{"delete many", prepared(), func(c *crash, ch customer.Change) error {
		return c.service.DeleteMany(c.Context(), c.seen(), policies, ch)[0]
	}, false, (*crash).restores},
	{"restore many", prepared((*crash).deletes), func(c *crash, ch customer.Change) error {
		seen := c.seen()
		return c.service.RestoreMany(c.Context(), seen, []string{c.found.Deletion.ID}, ch)[0]
	}, false, (*crash).deletes},
	{"block many", prepared(), func(c *crash, ch customer.Change) error {
		return c.service.BlockMany(c.Context(), c.seen(), true, ch)[0]
	}, false, (*crash).unblocks},
	{"redate many", prepared((*crash).deletes), func(c *crash, ch customer.Change) error {
		return c.service.RedateMany(c.Context(), c.seen(), customer.PeriodOf(40*day), time.Time{}, ch)[0]
	}, false, then((*crash).restores, (*crash).deletes)},
	{"purge many", prepared((*crash).deletes), func(c *crash, ch customer.Change) error {
		seen := c.seen()
		return c.service.PurgeMany(c.Context(), seen, []string{c.found.Deletion.ID}, policies.Freeze(), ch)[0]
	}, false, func(*crash) error { return nil }},
}

// TestARequestThatArrivesLateChangesNothing sends each request of a change a second time after other
// changes were acknowledged. Neither table changes.
func TestARequestThatArrivesLateChangesNothing(t *testing.T) {
	t.Parallel()
	w, jobs := NewWorld(t, policies), newMessages(t)
	for i, l := range lateChanges {
		for _, once := range []bool{false, true} {
			if once && !l.once || testing.Short() && l.once && once != (i%2 == 0) {
				continue
			}
			t.Run(fmt.Sprint(l.name, ", once ", once), func(t *testing.T) {
				faults := &Faults{}
				c := &crash{T: t, world: w, jobs: jobs, id: fmt.Sprint("late-", i, "-", once)}
				c.withServices(faults)
				l.prepare(c)
				ch := byAdmin
				if once {
					ch.Once = &customer.Once{Key: c.id, Fingerprint: "this"}
				}
				faults.Plan(func(Call) Fault { return Late })
				if err := l.act(c, ch); err != nil {
					t.Fatal(err)
				}
				faults.Plan(nil)
				if err := l.since(c); err != nil {
					t.Fatal(err)
				}
				before := w.snapshot(t)
				if n, err := faults.Deliver(); err != nil || n == 0 {
					t.Fatalf("%d requests were sent again: %v", n, err)
				}
				for k, it := range w.snapshot(t) {
					if diff := cmp.Diff(plain(before[k]), plain(it)); diff != "" {
						t.Errorf("%v has changed: %s", k, diff)
					}
				}
				if before, now := len(before), len(w.snapshot(t)); before != now {
					t.Errorf("items before and after: %d and %d", before, now)
				}
			})
		}
	}
}
