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
	u := expression.Set(entry, expression.Value(hold{By: ch.By, Reason: ch.Reason, Time: formatTime(ch.At)}))
	when := entry.AttributeNotExists().And(attrHolds.Size().LessThan(expression.Value(customer.MaxHolds)))
	after := func(c *customer.Customer) { c.Holds = map[string]customer.Hold{name: {}} }
	return t.flag(ctx, transition{id, u, when, ch, func(c customer.Customer) error { return c.CanHold(name) }}, after)
}

// Lift lifts a legal hold.
func (t *Table) Lift(ctx context.Context, id, name string, ch customer.Change) (customer.Customer, error) {
	entry := holdAttr(name)
	after := func(c *customer.Customer) { delete(c.Holds, name) }
	tr := transition{id, expression.Remove(entry), entry.AttributeExists(), ch, func(c customer.Customer) error { return c.CanLift(name) }}
	return t.flag(ctx, tr, after)
}

func holdAttr(name string) expression.NameBuilder {
	return attrHolds.AppendName(expression.NameNoDotSplit(name))
}

const maxRevisions = 5 // of a transition by somebody else's changes

// flag changes a customer's holds; after does to a copy of it what the transition does,
// so that its place in the lists can be told.
func (t *Table) flag(ctx context.Context, tr transition, after func(*customer.Customer)) (customer.Customer, error) {
	next := tr
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
		next = tr
		next.when = tr.when.And(stateIs(c.State))
		next.change.IfVersion = c.Version
		after(&c)
		next.update = move(tr.update, t.place(c, time.Time{}))
	}
}
