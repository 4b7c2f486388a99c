package dynamo

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
)

// applyOnce makes the transition in one transaction with the note that it was made under the
// client's key. A transaction does not return what it has written, and what is read after it
// may be of others: so the customer is read before, and the transaction bound to what was seen.
// A request that changes nothing is noted too: by the time of its repeat, it could change something.
func (t *Table) applyOnce(ctx context.Context, tr transition, update expression.UpdateBuilder, when expression.ConditionBuilder) (customer.Customer, error) {
	seen, err := t.Customer(ctx, tr.id)
	if err != nil && !errors.Is(err, customer.ErrNotFound) {
		return customer.Customer{}, err
	}
	for attempt := 1; ; attempt++ {
		if seen.Made(tr.change.ID) {
			return seen, nil
		}
		now, err := t.tryOnce(ctx, tr, update, when, seen)
		outrun := now.Last.ID != seen.Last.ID && (errors.Is(err, errAllowed) || errors.Is(err, customer.ErrUnchanged))
		switch {
		case !outrun:
			return now, err
		case attempt == maxConflicts:
			return now, errBusy(string(tr.change.Action), attempt, errContended)
		}
		if err := afterFaster.Wait(ctx, attempt); err != nil {
			return now, err
		}
		seen = now
	}
}

// tryOnce makes the transition of a customer that is as it was seen, or notes that there is
// nothing to change. It returns what it has made of the customer or, beside an error, the one
// that refused it.
func (t *Table) tryOnce(ctx context.Context, tr transition, update expression.UpdateBuilder, when expression.ConditionBuilder, seen customer.Customer) (customer.Customer, error) {
	if seen.ID != "" && errors.Is(tr.refused(seen), customer.ErrUnchanged) {
		return t.noteUnchanged(ctx, tr, seen)
	}
	left := tr.leaves(seen)
	if seen.ID != "" {
		when = when.And(expression.Name("last.id").Equal(expression.Value(seen.Last.ID)))
	}
	expr, err := expression.NewBuilder().WithUpdate(update).WithCondition(when).Build()
	if err != nil {
		return customer.Customer{}, fmt.Errorf("dynamo: %s: %w", tr.change.Action, err)
	}
	tx := t.newTransaction()
	if err := tx.addOnce(tr.change, tr.id, left.Trace()); err != nil {
		return customer.Customer{}, err
	}
	var refused customer.Customer
	tx.add(types.TransactWriteItem{Update: &types.Update{
		TableName: &t.Name, Key: keyOf(customerPK(tr.id), rootSK),
		UpdateExpression: expr.Update(), ConditionExpression: expr.Condition(),
		ExpressionAttributeNames: expr.Names(), ExpressionAttributeValues: expr.Values(),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}, func(old item) (err error) {
		refused, err = tr.explain(old)
		return err
	})
	if err := tx.commit(ctx); err != nil {
		return refused, err
	}
	return left, nil
}

// noteUnchanged notes that there was nothing to change of a customer, on condition that it is still as it was seen, and returns it
// beside ErrUnchanged.
func (t *Table) noteUnchanged(ctx context.Context, tr transition, seen customer.Customer) (customer.Customer, error) {
	tx := t.newTransaction()
	note := newOnce(tr.change, tr.id, seen.TraceAt(tr.change.At))
	err := tx.put(note, func(old item) error { return cmp.Or(replayed(old, tr.change), errDone) })
	if err != nil {
		return customer.Customer{}, err
	}
	now := seen
	tx.add(types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: &t.Name, Key: keyOf(customerPK(tr.id), rootSK),
		ConditionExpression:                 aws.String("#last.id = :seen"), // "last" is a reserved word
		ExpressionAttributeNames:            map[string]string{"#last": "last"},
		ExpressionAttributeValues:           item{":seen": &types.AttributeValueMemberS{Value: seen.Last.ID}},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}, func(old item) (err error) {
		if len(old) == 0 {
			return customer.ErrNotFound
		}
		if now, err = DecodeCustomer(old); err != nil {
			return err
		}
		return errAllowed
	})
	if err := tx.commit(ctx); err != nil {
		return now, err
	}
	return seen, customer.ErrUnchanged
}

// leaves is the customer as the transition leaves one that is as it was seen.
func (tr transition) leaves(seen customer.Customer) customer.Customer {
	c := tr.after(seen)
	c.Version++
	c.Last, c.Recent = tr.change, c.Recent.With(tr.change.ID)
	c.Last.Once, c.Last.IfVersion = nil, 0
	return c
}
