package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"

	"lethe/internal/customer"
)

// A hold on an active customer is one conditional write of the hold's own attribute. One on
// a customer in the trash also decides where that stands in what falls due, and so depends
// on where it is: it is tried as if the customer were active, and again with what the
// refusal tells. No attempt is bound to a version, so that changes of other holds, or of
// anything else, don't refuse it.

// errMoved says that the rules allow a change, and that the customer was not where the
// change was meant for.
var errMoved = errors.New("dynamo: the customer is not where it was seen")

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

// placing places a hold on a customer in the state in which it was seen.
func (t *Table) placing(seen customer.Customer, name string, ch customer.Change) transition {
	entry, h := holdAttr(name), ch.Hold()
	u := expression.Set(entry, expression.Value(newHold(h)))
	if seen.State != customer.Active {
		u = move(u, t.heldPlace(seen.ID))
	}
	return transition{
		update: u,
		when:   stateIs(seen.State).And(entry.AttributeNotExists(), attrHolds.Size().LessThan(expression.Value(customer.MaxHolds))),
		after:  func(c customer.Customer) customer.Customer { return c.WithHold(name, h) },
	}
}

// lifting lifts a hold of a customer that stands where it was seen. When it is the last one,
// a customer in the trash falls due again, and not without notice.
func (t *Table) lifting(seen customer.Customer, name string, ch customer.Change) transition {
	entry := holdAttr(name)
	u, when := expression.Remove(entry), stateIs(seen.State).And(entry.AttributeExists())
	switch to := seen.WithoutHold(name, ch.At); {
	case seen.State == customer.Active:
	case len(to.Holds) > 0:
		when = when.And(attrHolds.Size().GreaterThan(expression.Value(1)))
	default:
		when = when.And(attrHolds.Size().Equal(expression.Value(1)), dueAsSeen(seen))
		if due := to.Deletion.PurgeTime; !due.Equal(seen.Deletion.PurgeTime) {
			u = u.Set(attrDue, expression.Value(formatTime(due)))
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
	return attrDue.Equal(expression.Value(formatTime(c.Deletion.PurgeTime)))
}

// flag is a change of a customer's holds.
type flag struct {
	id      string
	change  customer.Change
	refused func(customer.Customer) error
	// at is the change of a customer that is where it was seen: update, condition and what they make.
	at func(seen customer.Customer) transition
}

// flag makes the change wherever the customer is. If that changes each time that somebody
// looks, it is ErrBusy in the end.
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
			return c, fmt.Errorf("dynamo: %s: %w", f.change.Action, customer.ErrBusy)
		case attempt > 1: // the first miss is no contention: the customer is in the trash
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
