package dynamo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
)

// Fence closes the way back. From then on the customer's place in the trash is the
// end of the lease, so that the sweep finds a purge that stopped.
func (t *Table) Fence(ctx context.Context, id string, f customer.Fence, ch customer.Change) (customer.Customer, error) {
	to := t.place(customer.Customer{ID: id, State: customer.Purging}, f.Lease)
	when := stateIs(customer.Deleted).And(unheld())
	if f.Generation != "" {
		when = when.And(attrGen.Equal(expression.Value(f.Generation)))
	}
	if f.OnlyDue {
		when = when.And(attrDue.LessThanEqual(expression.Value(formatTime(ch.At))))
	}
	u := move(expression.Set(attrState, expression.Value(string(customer.Purging))), to)
	return t.apply(ctx, transition{id, u, when, ch, func(c customer.Customer) error { return c.CanPurge(f, ch.At) }})
}

// PutBack puts back a root that TTL removed.
func (t *Table) PutBack(ctx context.Context, c customer.Customer, lease time.Time) error {
	it, err := attributevalue.MarshalMap(t.newRoot(c, lease))
	if err != nil {
		return fmt.Errorf("dynamo: encode customer: %w", err)
	}
	_, err = t.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &t.Name, Item: it, ConditionExpression: aws.String("attribute_not_exists(pk)"),
	})
	if _, failed := failedCondition(err); failed {
		return nil
	}
	return err
}

// Lease moves the end of a purge's lease. It is no change of the customer: neither
// version nor audit log tell of it.
func (t *Table) Lease(ctx context.Context, id, generation string, until time.Time) error {
	to := t.place(customer.Customer{ID: id, State: customer.Purging}, until)
	expr, err := expression.NewBuilder().
		WithUpdate(move(expression.UpdateBuilder{}, to)).
		WithCondition(stateIs(customer.Purging).And(attrGen.Equal(expression.Value(generation)))).
		Build()
	if err != nil {
		return fmt.Errorf("dynamo: lease: %w", err)
	}
	_, err = t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &t.Name, Key: keyOf(customerPK(id), rootSK),
		UpdateExpression: expr.Update(), ConditionExpression: expr.Condition(),
		ExpressionAttributeNames: expr.Names(), ExpressionAttributeValues: expr.Values(),
	})
	if _, failed := failedCondition(err); failed {
		return customer.ErrNotFound
	}
	return err
}

// Erase removes what hangs on a customer past the fence.
func (t *Table) Erase(ctx context.Context, c customer.Customer, s customer.Settings) error {
	err := t.retain(ctx, c, s)
	if err == nil {
		err = t.eraseAll(ctx, c)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.Join(customer.ErrUnfinished, err)
	}
	return err
}

func (t *Table) eraseAll(ctx context.Context, c customer.Customer) error {
	b := t.newBatcher(ctx)
	for _, term := range c.Terms {
		b.delete(keyOf(termPK(term), termSK(term, c.ID)))
	}
	err := t.dependents(b.ctx, c.ID, keysOnly, func(it item) error {
		b.delete(it)
		return nil
	})
	// What the batcher failed of comes first: it ends the context of the reading.
	if err := errors.Join(b.finish(), err); err != nil {
		return fmt.Errorf("dynamo: erase: %w", err)
	}
	return t.unclaim(ctx, c)
}

// unclaim frees the e-mail address, unless it is somebody else's by now: a purge that
// is run again must not free what was taken meanwhile.
func (t *Table) unclaim(ctx context.Context, c customer.Customer) error {
	if c.Profile.Email == "" {
		return nil
	}
	_, err := t.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &t.Name, Key: keyOf(claimPK(c.Profile.Email), rootSK),
		ConditionExpression:       aws.String("attribute_not_exists(pk) OR customer = :id"),
		ExpressionAttributeValues: item{":id": &types.AttributeValueMemberS{Value: c.ID}},
	})
	if _, failed := failedCondition(err); failed {
		return nil
	}
	return err
}

// retain copies what the law keeps, stripped, to a place of its own, before anything
// is erased. Copied twice is copied once.
func (t *Table) retain(ctx context.Context, c customer.Customer, s customer.Settings) error {
	if !retains(c, s) {
		return nil
	}
	b := t.newBatcher(ctx)
	err := t.dependents(b.ctx, c.ID, wholeRecords, func(it item) error {
		copied, kept, err := t.retained(c, s, it)
		if kept && err == nil {
			b.put(copied)
		}
		return err
	})
	if err := errors.Join(b.finish(), err); err != nil {
		return fmt.Errorf("dynamo: retain: %w", err)
	}
	return nil
}

func retains(c customer.Customer, s customer.Settings) bool {
	for kind, n := range c.Counts {
		if n > 0 && s.Policy(kind) == customer.Retain {
			return true
		}
	}
	return false
}

func (t *Table) retained(c customer.Customer, s customer.Settings, it item) (copied item, kept bool, err error) {
	kind, ok := s.Kind(stringOf(it, "kind"))
	if !ok || kind.Policy != customer.Retain {
		return nil, false, nil
	}
	r, err := decodeRecord(it)
	if err != nil {
		return nil, false, err
	}
	kept = true
	out := newRecord(retainedPK(c.ID), r.Stripped(kind))
	if until := kind.For.After(t.now()); !until.IsZero() {
		out.TTL = until.Unix()
	}
	copied, err = attributevalue.MarshalMap(out)
	return copied, kept, err
}

type columns bool

const (
	keysOnly     columns = false
	wholeRecords columns = true
)

// dependents goes through all that hangs on a customer but its root, consistently.
func (t *Table) dependents(ctx context.Context, id string, cols columns, visit func(item) error) error {
	in := t.dependentsQuery(id)
	if cols == keysOnly {
		in.ProjectionExpression = aws.String("pk, sk")
	}
	for {
		out, err := t.bulk.Query(ctx, in)
		if err != nil {
			return err
		}
		for _, it := range out.Items {
			if err := visit(it); err != nil {
				return err
			}
		}
		if len(out.LastEvaluatedKey) == 0 {
			return nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

func (t *Table) dependentsQuery(id string) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		TableName: &t.Name, ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("pk = :pk AND sk > :root"), // the root's key is the first of all
		ExpressionAttributeValues: item{
			":pk":   &types.AttributeValueMemberS{Value: customerPK(id)},
			":root": &types.AttributeValueMemberS{Value: rootSK},
		},
	}
}

// Residue counts what is left of a customer but its root: up to one page of what hangs
// on it, its terms and its claim.
func (t *Table) Residue(ctx context.Context, c customer.Customer) (int, error) {
	in := t.dependentsQuery(c.ID)
	in.Select = types.SelectCount
	out, err := t.client.Query(ctx, in)
	if err != nil {
		return 0, fmt.Errorf("dynamo: read back: %w", err)
	}
	var keys []item
	for _, term := range c.Terms {
		keys = append(keys, keyOf(termPK(term), termSK(term, c.ID)))
	}
	if c.Profile.Email != "" {
		keys = append(keys, keyOf(claimPK(c.Profile.Email), rootSK))
	}
	left, err := t.batchGet(ctx, keys, true)
	if err != nil {
		return 0, fmt.Errorf("dynamo: read back: %w", err)
	}
	n := int(out.Count)
	for _, it := range left {
		if owner := stringOf(it, "customer"); owner == "" || owner == c.ID {
			n++
		}
	}
	return n, nil
}

// Remove removes the root of a purge that is done.
func (t *Table) Remove(ctx context.Context, c customer.Customer) error {
	expr, err := expression.NewBuilder().
		WithCondition(stateIs(customer.Purging).And(attrGen.Equal(expression.Value(c.Deletion.ID)))).Build()
	if err != nil {
		return fmt.Errorf("dynamo: remove: %w", err)
	}
	_, err = t.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &t.Name, Key: keyOf(customerPK(c.ID), rootSK), ConditionExpression: expr.Condition(),
		ExpressionAttributeNames: expr.Names(), ExpressionAttributeValues: expr.Values(),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if old, failed := failedCondition(err); failed && len(old) == 0 {
		return nil
	}
	return err
}
