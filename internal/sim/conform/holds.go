package conform

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"lethe/internal/customer"
)

// checkLift lifts the holds of customers in the trash one by one. The last lift postpones the purge
// time so that at least [customer.LiftNotice] remains.
func checkLift(t *testing.T, w World) {
	for _, test := range []struct {
		name      string
		retention customer.Period
		late      time.Duration // from the deletion to the lifts
		want      time.Duration // from the lifts to the purge time
	}{
		{"purge time in the past", Settings.Retention, 40 * day, customer.LiftNotice},
		{"purge time now", Settings.Retention, 30 * day, customer.LiftNotice},
		{"purge time within the notice period", Settings.Retention, 30*day - time.Hour, customer.LiftNotice},
		{"purge time in a day", Settings.Retention, 29 * day, day},
		{"purge time later", Settings.Retention, 0, 30 * day},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := w.delete(t, w.active(t).ID, test.retention)
			now := w.liftAll(t, before, test.late)
			due := before.Deletion.PurgeTime.Add(test.late - 30*day + test.want)
			same(t, "purge time", now.Deletion.PurgeTime, due)
			same(t, "due a moment before", w.inTrash(t, now.ID, due.Add(-time.Millisecond)), false)
			same(t, "due then", w.inTrash(t, now.ID, due), true)
			early := w.change(customer.ActionPurgeStarted)
			early.At = due.Add(-time.Millisecond)
			_, err := w.Fence(t.Context(), now.ID, customer.Fence{OnlyDue: true, Lease: due}, early)
			refuses(t, err, customer.ErrNotDue)
		})
	}
	t.Run("never due", func(t *testing.T) {
		now := w.liftAll(t, w.delete(t, w.active(t).ID, customer.Never), 40*day)
		same(t, "purge time", now.Deletion.PurgeTime, time.Time{})
		same(t, "due", w.inTrash(t, now.ID, w.Now().Add(400*day)), false)
	})
}

// liftAll places two holds on a customer in the trash, and lifts them the given time after its
// deletion.
func (w World) liftAll(t *testing.T, c customer.Customer, late time.Duration) customer.Customer {
	t.Helper()
	for _, name := range []string{"a", "b"} {
		_, err := w.Hold(t.Context(), c.ID, name, w.change(customer.ActionHoldPlaced))
		must(t, err)
	}
	for _, name := range []string{"a", "b"} {
		same(t, "due while it is held", w.inTrash(t, c.ID, w.Now().Add(400*day)), false)
		same(t, "deletion while it is held", w.read(t, c.ID).Deletion, c.Deletion)
		ch := w.change(customer.ActionHoldLifted)
		ch.At = c.Deletion.Time.Add(late)
		got, err := w.Lift(t.Context(), c.ID, name, ch)
		must(t, err)
		same(t, "lifted, as it is read", w.read(t, c.ID), got)
		same(t, "held", len(got.Holds) > 0, name == "a")
	}
	return w.read(t, c.ID)
}

// inTrash reports whether the trash lists the customer up to a time.
func (w World) inTrash(t *testing.T, id string, until time.Time) bool {
	t.Helper()
	for c, err := range w.Trash(t.Context(), until) {
		must(t, err)
		if c.ID == id {
			return true
		}
	}
	return false
}

// checkConcurrentHolds lets ten clients place and lift holds of one customer at once, each a hold of its
// own. None fails.
func checkConcurrentHolds(t *testing.T, w World) {
	for name, c := range map[string]customer.Customer{"active": w.active(t), "in the trash": w.deleted(t)} {
		t.Run(name, func(t *testing.T) {
			var clients sync.WaitGroup
			errs := make([]error, 10)
			for i := range errs {
				clients.Go(func() { errs[i] = w.holdAndLift(t, c.ID, fmt.Sprint("case-", i)) })
			}
			clients.Wait()
			must(t, errors.Join(errs...))
			now := w.read(t, c.ID)
			same(t, "version", now.Version, c.Version+int64(2*10*len(errs)))
			same(t, "holds", len(now.Holds), 0)
			same(t, "deletion", now.Deletion, c.Deletion)
			same(t, "due in the end", w.inTrash(t, c.ID, w.Now().Add(31*day)), c.State == customer.Deleted)
		})
	}
}

func (w World) holdAndLift(t *testing.T, id, name string) error {
	for range 10 {
		c, err := w.Hold(t.Context(), id, name, w.change(customer.ActionHoldPlaced))
		if _, held := c.Holds[name]; err != nil || !held {
			return fmt.Errorf("place %s: held %t, %w", name, held, err)
		}
		c, err = w.Lift(t.Context(), id, name, w.change(customer.ActionHoldLifted))
		if _, held := c.Holds[name]; err != nil || held {
			return fmt.Errorf("lift %s: held %t, %w", name, held, err)
		}
	}
	return nil
}

// checkConcurrentKeys lets ten clients change one customer at once, each under a key of its own. Each, and
// the repeat of each, gets the version that this client wrote.
func checkConcurrentKeys(t *testing.T, w World) {
	c := w.active(t)
	change := func(i int) customer.Change {
		ch := w.change(customer.ActionHoldPlaced)
		ch.Once = &customer.Once{Key: fmt.Sprint(c.ID, i), Fingerprint: "this"}
		return ch
	}
	var clients sync.WaitGroup
	left, errs := make([]customer.Customer, 10), make([]error, 10)
	for i := range left {
		clients.Go(func() { left[i], errs[i] = w.Hold(t.Context(), c.ID, fmt.Sprint("case-", i), change(i)) })
	}
	clients.Wait()
	must(t, errors.Join(errs...))
	versions := map[int64]bool{}
	for i, got := range left {
		versions[got.Version] = true
		if _, held := got.Holds[fmt.Sprint("case-", i)]; !held || int64(len(got.Holds)) != got.Version-c.Version {
			t.Errorf("placing case-%d on version %d returned version %d with the holds %v", i, c.Version, got.Version, got.Holds)
		}
		_, err := w.Hold(t.Context(), c.ID, fmt.Sprint("case-", i), change(i))
		refuses(t, err, &customer.ReplayError{Subject: c.ID, Same: true, Trace: got.Trace()})
	}
	same(t, "versions", len(versions), len(left))
}
