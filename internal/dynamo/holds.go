package dynamo

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"

	"lethe/internal/customer"
)

// A hold on an active customer is one conditional write. One on a customer in the
// trash also takes it out of what falls due, and so needs to know where that is: it is
// tried as if the customer were active, and again with what the refusal tells of it.

// errElsewhere says that the customer is in the trash.
var errElsewhere = errors.New("in the trash")

// Hold places a legal hold.
func (t *Table) Hold(ctx context.Context, id, name string, ch customer.Change) (customer.Customer, error) {
	entry := holdAttr(name)
	place := func() expression.UpdateBuilder {
		return expression.Set(entry, expression.Value(newHold(ch.Hold())))
	}
	when := entry.AttributeNotExists().And(attrHolds.Size().LessThan(expression.Value(customer.MaxHolds)))
	after := func(c *customer.Customer) { c.Holds = map[string]customer.Hold{name: {}} }
	tr := transition{id: id, when: when, change: ch, refused: func(c customer.Customer) error { return c.CanHold(name) }}
	return t.flag(ctx, tr, place, after)
}

// Lift lifts a legal hold.
func (t *Table) Lift(ctx context.Context, id, name string, ch customer.Change) (customer.Customer, error) {
	entry := holdAttr(name)
	after := func(c *customer.Customer) { delete(c.Holds, name) }
	lift := func() expression.UpdateBuilder { return expression.Remove(entry) }
	tr := transition{id: id, when: entry.AttributeExists(), change: ch, refused: func(c customer.Customer) error { return c.CanLift(name) }}
	return t.flag(ctx, tr, lift, after)
}

func holdAttr(name string) expression.NameBuilder {
	return attrHolds.AppendName(expression.NameNoDotSplit(name))
}

const maxRevisions = 5 // of a transition by somebody else's changes

// flag changes a customer's holds by an update, made anew for each attempt as the
// builder keeps what is added to it. after does to a copy of the customer what the
// update does, so that its place in the lists can be told.
func (t *Table) flag(ctx context.Context, tr transition, update func() expression.UpdateBuilder, after func(*customer.Customer)) (customer.Customer, error) {
	next := tr
	next.update = update()
	next.when = tr.when.And(stateIs(customer.Active))
	next.refused = func(c customer.Customer) error {
		if err := tr.refused(c); err != nil || c.State == customer.Active {
			return err
		}
		return errElsewhere
	}
	for attempt := 1; ; attempt++ {
		c, err := t.apply(ctx, next)
		moved := errors.Is(err, customer.ErrVersion) && tr.change.IfVersion == 0
		if attempt == maxRevisions || !moved && !errors.Is(err, errElsewhere) {
			return c, err
		}
		if reason := tr.refused(c); reason != nil {
			return c, reason
		}
		next = tr
		next.when = tr.when.And(stateIs(c.State))
		next.change.IfVersion = c.Version
		after(&c)
		next.update = move(update(), t.place(c, time.Time{}))
	}
}
