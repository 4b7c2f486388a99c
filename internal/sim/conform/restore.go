package conform

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"lethe/internal/customer"
)

// restoration is a customer to restore and the expected result.
type restoration struct {
	name string
	make func(t *testing.T) customer.Customer
	undo string        // the generation to restore, if it is not the customer's own
	late time.Duration // from now to the restore
	want error
}

func (w World) restorations() []restoration {
	deleted := func(t *testing.T) customer.Customer { return w.deleted(t, "ticket~1") }
	blocked := func(t *testing.T) customer.Customer { return w.delete(t, w.blocked(t).ID, Settings.Retention) }
	never := func(t *testing.T) customer.Customer { return w.delete(t, w.active(t).ID, customer.Never) }
	active := func(t *testing.T) customer.Customer { return w.active(t) }
	fenced := func(t *testing.T) customer.Customer { return w.fenced(t) }
	nobody := func(*testing.T) customer.Customer { return customer.Customer{ID: "nobody"} }
	return []restoration{
		{"in the trash", deleted, "", 0, nil},
		{"a minute before its purge time", deleted, "", 30*day - time.Minute, nil},
		{"due", deleted, "", 30 * day, customer.ErrPurgeStarted},
		{"due, but held", w.heldInTrash, "", 30 * day, nil},
		{"held", w.heldInTrash, "", 0, nil},
		{"blocked", blocked, "", 0, nil},
		{"never due", never, "", 10000 * day, nil},
		{"another generation", deleted, "another", 0, customer.ErrNotDeleted},
		{"active", active, "another", 0, customer.ErrNotDeleted},
		{"active, without a generation", active, "", 0, nil},
		{"past the fence", fenced, "", 0, customer.ErrPurgeStarted},
		{"unknown customer", nobody, "", 0, customer.ErrNotFound},
	}
}

// checkRestoreMany restores one customer of each kind alone, and one together with a bystander that stays
// deleted.
func checkRestoreMany(t *testing.T, w World) {
	for _, r := range w.restorations() {
		t.Run(r.name, func(t *testing.T) {
			ctx, service, one := t.Context(), w.service(r.late), r.make(t)
			_, err := service.Restore(ctx, one.ID, r.generation(one), w.change(customer.ActionRestored))
			r.answers(t, err)

			c, bystander, ch := r.make(t), w.deleted(t), w.change(customer.ActionRestored)
			for range 2 { // the message comes twice
				results := service.RestoreMany(ctx, []customer.Seen{bystander.Seen(), c.Seen()}, []string{"another", r.generation(c)}, ch)
				r.answers(t, results[1])
				w.isRestored(t, c, r.want == nil && c.Deletion != nil, ch.ID)
				refuses(t, results[0], customer.ErrNotDeleted)
				same(t, "bystander", w.read(t, bystander.ID), bystander)
			}
		})
	}
	gone := w.fenced(t)
	w.finish(t, gone)
	cert, err := w.Ledger.Certificate(t.Context(), gone.ID)
	must(t, err)
	results := w.service(0).RestoreMany(t.Context(), []customer.Seen{gone.Seen()}, []string{gone.Deletion.ID}, w.change(customer.ActionRestored))
	refuses(t, results[0], &customer.PurgedError{Certificate: cert})
}

// isRestored checks that the customer is as the change has restored it or, unless yes, unchanged.
func (w World) isRestored(t *testing.T, before customer.Customer, yes bool, change string) {
	t.Helper()
	if before.Version == 0 {
		return // it never was
	}
	now, want := w.read(t, before.ID), before
	if yes {
		want.State, want.Deletion, want.Last = customer.Active, nil, now.Last
		want.Recent = want.Recent.WithMany(change)
		want.Version++
		same(t, "change", now.Last.ID, change)
	}
	same(t, "customer", now, want)
}

// checkRestoreAfterChanges restores customers that were changed in the trash since they were seen.
func checkRestoreAfterChanges(t *testing.T, w World) {
	ctx, before := t.Context(), []customer.Customer{w.deleted(t), w.deleted(t), w.deleted(t)}
	seen, generations := make([]customer.Seen, len(before)), make([]string, len(before))
	for i, c := range before {
		seen[i], generations[i] = c.Seen(), c.Deletion.ID
	}
	blocked, err := w.SetBlocked(ctx, before[0].ID, true, w.change(customer.ActionBlocked))
	must(t, err)
	held, err := w.Hold(ctx, before[1].ID, "case", w.change(customer.ActionHoldPlaced))
	must(t, err)
	_, err = w.Restore(ctx, before[2].ID, "", w.change(customer.ActionRestored))
	must(t, err)
	again := w.delete(t, before[2].ID, Settings.Retention)
	ch := w.change(customer.ActionRestored)
	results := w.service(0).RestoreMany(ctx, seen, generations, ch)
	must(t, errors.Join(results[:2]...))
	w.isRestored(t, blocked, true, ch.ID)
	w.isRestored(t, held, true, ch.ID)
	refuses(t, results[2], customer.ErrNotDeleted)
	w.isRestored(t, again, false, ch.ID)
}

// checkLifeAfterRestore makes every change that can follow a restore.
func checkLifeAfterRestore(t *testing.T, w World) {
	ctx, c := t.Context(), w.deleted(t, "ticket~1")
	undo := func() {
		ch := w.change(customer.ActionRestored)
		must(t, w.service(0).RestoreMany(ctx, []customer.Seen{c.Seen()}, []string{c.Deletion.ID}, ch)[0])
		w.isRestored(t, c, true, ch.ID)
	}
	undo()
	_, err := w.Restore(ctx, c.ID, c.Deletion.ID, w.change(customer.ActionRestored))
	refuses(t, err, customer.ErrNotDeleted)
	_, err = w.Fence(ctx, c.ID, customer.Fence{Lease: w.Now().Add(time.Minute)}, w.change(customer.ActionPurgeStarted))
	refuses(t, err, customer.ErrNotDeleted)
	page, err := w.Customers(ctx, customer.Query{State: customer.Active, Limit: 5})
	must(t, err)
	if len(page.Customers) != 1 || page.Customers[0].State != customer.Active || page.Customers[0].Deletion != nil {
		t.Errorf("the active customers are %+v", page.Customers)
	}
	w.add(t, c.ID, "ticket~2")
	c = w.delete(t, c.ID, Settings.Retention)
	undo()
	now := w.read(t, c.ID)
	tr := w.transition(now, customer.ActionDeleted)
	must(t, w.Advance(ctx, []customer.Transition{tr}, Settings)[0])
	c = w.read(t, c.ID)
	same(t, "deletion", c.Deletion, deletionOf(tr))
	fenced, err := w.Fence(ctx, c.ID, customer.Fence{Generation: c.Deletion.ID, Lease: w.Now().Add(time.Minute)}, w.change(customer.ActionPurgeStarted))
	must(t, err)
	w.finish(t, fenced)
	_, err = w.Customer(ctx, c.ID)
	refuses(t, err, customer.ErrNotFound)
}

// service returns a service with a clock that is ahead by late.
func (w World) service(late time.Duration) *customer.Service {
	s := customer.New(w.Store, w.Ledger, nil, slog.New(slog.DiscardHandler))
	s.Clock = func() time.Time { return w.Now().Add(late) }
	return s
}

func (r restoration) generation(c customer.Customer) string {
	if r.undo == "" && c.Deletion != nil {
		return c.Deletion.ID
	}
	return r.undo
}

func (r restoration) answers(t *testing.T, err error) {
	t.Helper()
	if r.want != nil {
		refuses(t, err, r.want)
	} else if err != nil {
		t.Error(err)
	}
}
