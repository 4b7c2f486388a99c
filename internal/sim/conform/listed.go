package conform

import (
	"testing"
	"time"

	"lethe/internal/customer"
)

// checkListed compares customers in every state with what the lists show of them. It does so again after each change of the
// holds: their number in the list must follow.
func checkListed(t *testing.T, w World) {
	ctx, active := t.Context(), w.active(t, "ticket~1")
	w.isListed(t, active.ID)
	_, err := w.SetBlocked(ctx, active.ID, true, w.change(customer.ActionBlocked))
	must(t, err)
	w.isListed(t, active.ID)
	for _, name := range []string{"one", "two"} {
		_, err := w.Hold(ctx, active.ID, name, w.change(customer.ActionHoldPlaced))
		must(t, err)
		w.isListed(t, active.ID)
	}
	for _, name := range []string{"two", "one"} {
		_, err := w.Lift(ctx, active.ID, name, w.change(customer.ActionHoldLifted))
		must(t, err)
		w.isListed(t, active.ID)
	}
	for _, period := range []customer.Period{customer.PeriodOf(day), customer.Never} {
		w.isListed(t, w.delete(t, w.active(t).ID, period).ID)
	}
	held := w.heldInTrash(t)
	w.isListed(t, held.ID)
	_, err = w.Lift(ctx, held.ID, "case", w.change(customer.ActionHoldLifted))
	must(t, err)
	w.isListed(t, held.ID)
	w.isListed(t, w.fenced(t).ID)
	w.checkListedInBulk(t)
}

// checkListedInBulk does the same for what many customers can undergo together.
func (w World) checkListedInBulk(t *testing.T) {
	t.Helper()
	ctx, c := t.Context(), w.active(t)
	must(t, w.Advance(ctx, []customer.Transition{w.transition(c, customer.ActionDeleted)}, Settings)[0])
	w.isListed(t, c.ID)
	c = w.read(t, c.ID)
	same(t, "reason", c.Deletion.Reason, "a test")
	must(t, w.service(0).RestoreMany(ctx, []customer.Seen{c.Seen()}, []string{c.Deletion.ID}, w.change(customer.ActionRestored))[0])
	w.isListed(t, c.ID)
	ch := w.change(customer.ActionDeleted)
	d := deletionBy(ch, Settings.Retention)
	d.Reason, d.ReasonCode, ch.Reason, ch.ReasonCode = "", "", "", ""
	deleted, err := w.Delete(ctx, c.ID, d, Settings, ch)
	must(t, err)
	same(t, "deletion without a reason", deleted.Deletion, &d)
	w.isListed(t, c.ID)
}

// isListed checks that a customer is in the list of its state, and in no other, with the fields that [customer.Page] names.
func (w World) isListed(t *testing.T, id string) {
	t.Helper()
	whole := w.read(t, id)
	want := customer.Customer{
		ID: whole.ID, Version: whole.Version, State: whole.State, Blocked: whole.Blocked, Profile: whole.Profile,
		HoldCount: len(whole.Holds), Deletion: whole.Deletion,
	}
	if whole.State == customer.Active {
		want.Created = whole.Created
	} else {
		want.Deletion.Reason, want.Deletion.ApprovedBy = "", ""
	}
	var found []customer.Customer
	for _, state := range []customer.State{customer.Active, customer.Deleted} {
		page, err := w.Customers(t.Context(), customer.Query{State: state, Limit: 50})
		must(t, err)
		found = append(found, page.Customers...)
	}
	for c, err := range w.Trash(t.Context(), time.Time{}) {
		must(t, err)
		if c.ID == id {
			same(t, "in the trash, for the sweep", c, want)
		}
	}
	times := 0
	for _, c := range found {
		if c.ID == id {
			times++
			same(t, "listed", c, want)
		}
	}
	same(t, "times that it is listed", times, 1)
}
