package dynamo

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"

	"lethe/internal/customer"
)

// A hold on an active customer is one conditional write of the hold's own attribute. A hold on
// a customer in the trash also moves the customer in the list of what falls due, so that the
// write depends on the state. The first attempt assumes an active customer; if the table refuses it,
// the next one uses the state that the refusal returns. No attempt is bound to a version: a change of
// another hold, or of other attributes, does not refuse it.

// errMoved means that the rules allow a change, but the customer is in another state than the
// attempt assumed.
var errMoved = errors.New("dynamo: the customer is in another state than the attempt assumed")

// Hold places a legal hold.
func (t *Table) Hold(ctx context.Context, id, name string, ch customer.Change) (customer.Customer, error) {
	return t.flag(ctx, flag{
		id: id, change: ch,
		refused: func(c customer.Customer) error { return c.CanHold(name) },
		at:      func(seen customer.Customer) transition { return t.placing(seen, name, ch) },
	})
}

// Lift lifts a legal hold.
func (t *Table) Lift(ctx context.Context, id, name string, ch customer.Change) (customer.Customer, error) {
	return t.flag(ctx, flag{
		id: id, change: ch,
		refused: func(c customer.Customer) error { return c.CanLift(name) },
		at:      func(seen customer.Customer) transition { return t.lifting(seen, name, ch) },
	})
}

func holdAttr(name string) expression.NameBuilder {
	return attrHolds.AppendName(expression.NameNoDotSplit(name))
}

// placing returns the transition that places a hold on a customer in the state of seen.
func (t *Table) placing(seen customer.Customer, name string, ch customer.Change) transition {
	entry, h := holdAttr(name), ch.Hold()
	u := expression.Set(entry, expression.Value(newHold(h))).Add(attrNHolds, expression.Value(1))
	if seen.State != customer.Active {
		u = move(u, t.heldPlace(seen.ID))
	}
	return transition{
		update: u,
		when:   stateIs(seen.State).And(entry.AttributeNotExists(), attrHolds.Size().LessThan(expression.Value(customer.MaxHolds))),
		after:  func(c customer.Customer) customer.Customer { return c.WithHold(name, h) },
	}
}

// lifting returns the transition that lifts a hold of a customer in the state of seen. After the last
// hold is lifted, a customer in the trash falls due again, but not before [customer.LiftNotice] is over.
func (t *Table) lifting(seen customer.Customer, name string, ch customer.Change) transition {
	entry := holdAttr(name)
	u := expression.Remove(entry).Add(attrNHolds, expression.Value(-1))
	when := stateIs(seen.State).And(entry.AttributeExists())
	switch to := seen.WithoutHold(name, ch.At); {
	case seen.State == customer.Active:
	case len(to.Holds) > 0:
		when = when.And(attrHolds.Size().GreaterThan(expression.Value(1)))
	default:
		when = when.And(attrHolds.Size().Equal(expression.Value(1)), dueAsSeen(seen))
		if due := to.Deletion.PurgeTime; !due.Equal(seen.Deletion.PurgeTime) {
			u = u.Set(attrDue, expression.Value(newMillis(due)))
		}
		u = move(u, t.place(to, ch.At))
	}
	return transition{
		update: u, when: when,
		after: func(c customer.Customer) customer.Customer { return c.WithoutHold(name, ch.At) },
	}
}

func dueAsSeen(c customer.Customer) expression.ConditionBuilder {
	if c.Deletion.PurgeTime.IsZero() {
		return attrDue.AttributeNotExists()
	}
	return attrDue.Equal(expression.Value(newMillis(c.Deletion.PurgeTime)))
}

// flag is a change of a customer's holds.
type flag struct {
	id      string
	change  customer.Change
	refused func(customer.Customer) error
	// at returns the transition for a customer in the state of seen: update, condition and result.
	at func(seen customer.Customer) transition
}

// flag makes the change, whatever state the customer is in. It is [customer.ErrBusy] if the state changes
// before each of maxConflicts attempts.
func (t *Table) flag(ctx context.Context, f flag) (customer.Customer, error) {
	seen := customer.Customer{ID: f.id, State: customer.Active}
	for attempt := 1; ; attempt++ {
		tr := f.at(seen)
		tr.id, tr.change, tr.refused = f.id, f.change, f.refusal
		c, err := t.apply(ctx, tr)
		switch {
		case !errors.Is(err, errMoved):
			return c, err
		case attempt == maxConflicts:
			return c, errBusy(string(f.change.Action), attempt, errContended)
		case attempt > 1: // the first refusal is no contention: the customer is in the trash
			if err := afterFaster.Wait(ctx, attempt); err != nil {
				return c, err
			}
		}
		seen = c
	}
}

func (f flag) refusal(c customer.Customer) error {
	if err := f.refused(c); err != nil {
		return err
	}
	return errMoved
}
