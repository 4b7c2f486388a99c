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

// applyOnce makes the transition and the note of its Idempotency-Key in one transaction. A
// transaction does not return what it has written, and a later read may show another change: so
// the customer is read first, and the transaction is on condition that it has not changed since.
// A request that changes nothing gets a note too: without one, a repeat could change something later.
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
		changed := now.Last.ID != seen.Last.ID && (errors.Is(err, errAllowed) || errors.Is(err, customer.ErrUnchanged))
		switch {
		case !changed:
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

// tryOnce makes the transition if the customer has not changed since it was seen, or notes that there is
// nothing to change. It returns the customer after the transition or, with an error, the customer
// that refused it.
func (t *Table) tryOnce(ctx context.Context, tr transition, update expression.UpdateBuilder, when expression.ConditionBuilder, seen customer.Customer) (customer.Customer, error) {
	if seen.ID != "" && errors.Is(tr.refused(seen), customer.ErrUnchanged) {
		return t.noteUnchanged(ctx, tr, seen)
	}
	result := tr.result(seen)
	if seen.ID != "" {
		when = when.And(expression.Name("last.id").Equal(expression.Value(seen.Last.ID)))
	}
	expr, err := expression.NewBuilder().WithUpdate(update).WithCondition(when).Build()
	if err != nil {
		return customer.Customer{}, fmt.Errorf("dynamo: %s: %w", tr.change.Action, err)
	}
	tx := t.newTransaction()
	if err := tx.addOnce(tr.change, tr.id, result.Trace()); err != nil {
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
	return result, nil
}

// noteUnchanged notes that there is nothing to change, if the customer has not changed since it was seen. It returns the
// customer with [customer.ErrUnchanged].
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

// result returns the customer after the transition.
func (tr transition) result(seen customer.Customer) customer.Customer {
	c := tr.after(seen)
	c.Version++
	c.Last, c.Recent = tr.change, c.Recent.With(tr.change.ID)
	c.Last.Once, c.Last.IfVersion = nil, 0
	return c
}
