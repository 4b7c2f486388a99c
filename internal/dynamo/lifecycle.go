package dynamo

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
)

var (
	attrState   = expression.Name("state")
	attrVersion = expression.Name("version")
	attrHolds   = expression.Name("holds")
	attrNHolds  = expression.Name("nholds")
	attrReason  = expression.Name("reason")
	attrSecond  = expression.Name("approver")
	attrTTL     = expression.Name("ttl")
	attrDue     = expression.Name("deletion.p")
	attrGen     = expression.Name("deletion.g")
	attrClaim   = expression.Name("claim")
)

func stateIs(s customer.State) expression.ConditionBuilder {
	return attrState.Equal(expression.Value(string(s)))
}

func exists() expression.ConditionBuilder { return expression.Name("pk").AttributeExists() }

func unheld() expression.ConditionBuilder { return attrHolds.Size().Equal(expression.Value(0)) }

// transition is one conditional change of a customer's item.
type transition struct {
	id     string
	update expression.UpdateBuilder
	when   expression.ConditionBuilder
	change customer.Change
	// refused returns why the customer fails the condition, nil if the rules allow the change.
	refused func(customer.Customer) error
	// after returns the customer after the update, without the fields that every transition sets.
	after func(customer.Customer) customer.Customer
}

// errAllowed means that the table refused a change that the rules allow. If the change is on condition that the
// customer has not changed since it was read, it has.
var errAllowed = errors.New("the table refused a change that the rules allow")

// apply makes the transition, adds 1 to the version and sets the last change. It returns the customer after it; with an
// error such as [customer.ErrUnchanged], the customer that refused it.
func (t *Table) apply(ctx context.Context, tr transition) (customer.Customer, error) {
	when := exists().And(tr.when, notRemembered(tr.change.ID))
	if tr.change.IfVersion != 0 {
		when = when.And(attrVersion.Equal(expression.Value(tr.change.IfVersion)))
	}
	update := withMark(tr.update.Set(attrVersion, attrVersion.Plus(expression.Value(1))), tr.change, tr.change.ID)
	if tr.change.Once != nil {
		return t.applyOnce(ctx, tr, update, when)
	}
	expr, err := expression.NewBuilder().WithUpdate(update).WithCondition(when).Build()
	if err != nil {
		return customer.Customer{}, fmt.Errorf("dynamo: %s: %w", tr.change.Action, err)
	}
	out, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &t.Name, Key: keyOf(customerPK(tr.id), rootSK),
		UpdateExpression: expr.Update(), ConditionExpression: expr.Condition(),
		ExpressionAttributeNames: expr.Names(), ExpressionAttributeValues: expr.Values(),
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if old, failed := failedCondition(err); failed {
		return tr.explain(old)
	}
	if err != nil {
		return customer.Customer{}, fmt.Errorf("dynamo: %s: %w", tr.change.Action, err)
	}
	return DecodeCustomer(out.Attributes)
}

// explain returns the customer of an item that failed the condition, and the reason; no error if the transition is
// already made.
func (tr transition) explain(old item) (customer.Customer, error) {
	if len(old) == 0 {
		return customer.Customer{}, customer.ErrNotFound
	}
	c, err := DecodeCustomer(old)
	if err != nil || c.Made(tr.change.ID) {
		return c, err
	}
	reason := tr.refused(c)
	versioned := tr.change.IfVersion != 0 && tr.change.IfVersion != c.Version
	switch {
	case versioned && !errors.Is(reason, customer.ErrUnchanged):
		return c, customer.ErrVersion
	case reason == nil:
		return c, fmt.Errorf("dynamo: %s: %w", tr.change.Action, errAllowed)
	}
	return c, reason
}

// move sets a customer's place in the lists.
func move(u expression.UpdateBuilder, p place) expression.UpdateBuilder {
	u = u.Set(expression.Name("ipk"), expression.Value(p.ipk)).Set(expression.Name("isk"), expression.Value(p.isk))
	if p.ttl == 0 {
		return u.Remove(attrTTL)
	}
	return u.Set(attrTTL, expression.Value(p.ttl))
}

// Delete moves a customer to the trash.
func (t *Table) Delete(ctx context.Context, id string, d customer.Deletion, s customer.Settings, ch customer.Change) (customer.Customer, error) {
	to := t.deletedPlace(id, d)
	when := stateIs(customer.Active).And(unheld())
	for _, kind := range s.Restricting() {
		count := expression.Name("counts").AppendName(expression.NameNoDotSplit(kind))
		when = when.And(count.AttributeNotExists().Or(count.Equal(expression.Value(0))))
	}
	u := expression.
		Set(attrState, expression.Value(string(customer.Deleted))).
		Set(expression.Name("deletion"), expression.Value(newDeletion(d))).
		Set(expression.Name("epoch"), expression.Name("epoch").Plus(expression.Value(1)))
	return t.apply(ctx, transition{
		id: id, update: withWords(move(u, to), d), when: when, change: ch,
		refused: func(c customer.Customer) error { return c.CanDelete(s) },
		after: func(c customer.Customer) customer.Customer {
			c.State, c.Deletion = customer.Deleted, &d
			c.Epoch++
			return c
		},
	})
}

// withWords sets what no list shows of a deletion: the reason in words, and who approved it.
func withWords(u expression.UpdateBuilder, d customer.Deletion) expression.UpdateBuilder {
	return setOrRemove(setOrRemove(u, attrReason, d.Reason), attrSecond, d.ApprovedBy)
}

func setOrRemove(u expression.UpdateBuilder, name expression.NameBuilder, value string) expression.UpdateBuilder {
	if value == "" {
		return u.Remove(name)
	}
	return u.Set(name, expression.Value(value))
}

// Restore moves a customer from the trash back to its former place in the list of active customers.
func (t *Table) Restore(ctx context.Context, id, generation string, ch customer.Change) (customer.Customer, error) {
	when := stateIs(customer.Deleted).And(
		attrDue.AttributeNotExists().Or(attrDue.GreaterThan(expression.Value(newMillis(ch.At))), attrHolds.Size().GreaterThan(expression.Value(0))))
	if generation != "" {
		when = when.And(attrGen.Equal(expression.Value(generation)))
	}
	u := expression.
		Set(attrState, expression.Value(string(customer.Active))).
		Set(expression.Name("ipk"), expression.Value(listPK(live, shardOf(id, t.Shards)))).
		Set(expression.Name("isk"), expression.Name("created")).
		Remove(expression.Name("deletion")).
		Remove(attrReason).
		Remove(attrSecond).
		Remove(attrTTL)
	return t.apply(ctx, transition{
		id: id, update: u, when: when, change: ch,
		refused: func(c customer.Customer) error { return c.CanRestore(generation, ch.At) },
		after: func(c customer.Customer) customer.Customer {
			c.State, c.Deletion = customer.Active, nil
			return c
		},
	})
}

// SetBlocked sets or clears the blocked flag. Blocking ends all access at once.
func (t *Table) SetBlocked(ctx context.Context, id string, blocked bool, ch customer.Change) (customer.Customer, error) {
	attr := expression.Name("blocked")
	tr := transition{
		id: id, change: ch,
		update: expression.Remove(attr), when: stateIs(customer.Purging).Not().And(attr.AttributeExists()),
		refused: func(c customer.Customer) error { return c.CanBlock(blocked) },
		after: func(c customer.Customer) customer.Customer {
			if c.Blocked = blocked; blocked {
				c.Epoch++
			}
			return c
		},
	}
	if blocked {
		tr.when = stateIs(customer.Purging).Not().And(attr.AttributeNotExists())
		tr.update = expression.
			Set(attr, expression.Value(true)).
			Set(expression.Name("epoch"), expression.Name("epoch").Plus(expression.Value(1)))
	}
	return t.apply(ctx, tr)
}
