package conform

import (
	"testing"

	"lethe/internal/customer"
)

// checkApprover deletes customers in bulk with a second person, takes them out of the trash in both ways, and deletes them
// again without one in both ways: the second person of the first deletion must be gone. Other changes in between keep it.
func checkApprover(t *testing.T, w World) {
	ctx := t.Context()
	many := func(c customer.Customer, a customer.Action, second string) customer.Customer {
		t.Helper()
		ch := w.change(a)
		ch.ApprovedBy = second
		must(t, w.Advance(ctx, []customer.Transition{customer.NewTransition(c.Seen(), ch, effect(c, ch))}, Settings)[0])
		return w.read(t, c.ID)
	}
	one := func(c customer.Customer) customer.Customer {
		t.Helper()
		ch := w.change(customer.ActionDeleted)
		ch.ApprovedBy = ""
		d := deletionBy(ch, Settings.Retention)
		_, err := w.Delete(ctx, c.ID, d, Settings, ch)
		must(t, err)
		return w.read(t, c.ID)
	}
	for i, again := range []func(customer.Customer) customer.Customer{
		one,
		func(c customer.Customer) customer.Customer { return many(c, customer.ActionDeleted, "") },
	} {
		for _, restore := range []func(customer.Customer) customer.Customer{
			func(c customer.Customer) customer.Customer { return many(c, customer.ActionRestored, "") },
			func(c customer.Customer) customer.Customer {
				c, err := w.Restore(ctx, c.ID, "", w.change(customer.ActionRestored))
				must(t, err)
				return c
			},
		} {
			c := many(w.active(t), customer.ActionDeleted, "cas")
			same(t, "who approved the deletion, and the last change", []string{c.Deletion.ApprovedBy, c.Last.ApprovedBy}, []string{"cas", "cas"})
			c = many(c, customer.ActionRedated, "dan")
			same(t, "the same after another change", []string{c.Deletion.ApprovedBy, c.Last.ApprovedBy}, []string{"cas", "dan"})
			c = again(restore(c))
			if c.Deletion.ApprovedBy != "" || c.Last.ApprovedBy != "" {
				t.Errorf("way %d to delete: approved by %q, the last change by %q, although nobody approved it", i, c.Deletion.ApprovedBy, c.Last.ApprovedBy)
			}
		}
	}
}
