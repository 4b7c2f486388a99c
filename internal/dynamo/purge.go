package dynamo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"lethe/internal/customer"
)

// Fence closes the way back. From then on the customer's place in the trash is the
// end of the lease, so that the sweep finds a purge that stopped.
func (t *Table) Fence(ctx context.Context, id string, f customer.Fence, ch customer.Change) (customer.Customer, error) {
	to := t.purgingPlace(id, f.Lease)
	when := stateIs(customer.Deleted).And(unheld())
	if f.Generation != "" {
		when = when.And(attrGen.Equal(expression.Value(f.Generation)))
	}
	if f.OnlyDue {
		when = when.And(attrDue.LessThanEqual(expression.Value(formatTime(ch.At))))
	}
	u := move(expression.Set(attrState, expression.Value(string(customer.Purging))), to)
	if f.Frozen != nil {
		u = u.Set(expression.Name("frozen"), expression.Value(newPolicies(f.Frozen)))
	}
	return t.apply(ctx, transition{
		id: id, update: u, when: when, change: ch,
		refused: func(c customer.Customer) error { return c.CanPurge(f, ch.At) },
		after: func(c customer.Customer) customer.Customer {
			c.State = customer.Purging
			if f.Frozen != nil {
				c.Frozen = f.Frozen
			}
			return c
		},
	})
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
	to := t.purgingPlace(id, until)
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

// Erase removes what hangs on customers past the fence.
func (t *Table) Erase(ctx context.Context, customers ...customer.Customer) error {
	err := t.eraseAll(ctx, customers)
	if err == nil {
		_, err = t.removeIf(ctx, t.pace, namesOf(customers).claims)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.Join(customer.ErrUnfinished, err)
	}
	return err
}

// eraseAll lets the customers share their batches, most of which are full then. Several
// customers are read at once, so that what is written at a time lies in many partitions.
func (t *Table) eraseAll(ctx context.Context, customers []customer.Customer) error {
	e := t.newErasure(ctx)
	for _, term := range namesOf(customers).terms {
		e.originals.delete(keyOf(term.pk, term.sk))
	}
	group, reading := errgroup.WithContext(e.copies.ctx)
	group.SetLimit(readers)
	for _, c := range customers {
		group.Go(func() error { return e.customer(reading, c) })
	}
	err := group.Wait()
	// What the batchers failed of comes first: it ends the context of the reading.
	if err := errors.Join(e.finish(), err); err != nil {
		return fmt.Errorf("dynamo: erase: %w", err)
	}
	return nil
}

// erasure removes what hangs on customers. What the law keeps of it is copied, stripped, to a
// place of its own, and removed when its copy is written: so each invocation goes on where
// the last one stopped, and wherever it stops a record is there, or its copy, or both. Copied
// twice is copied once.
type erasure struct {
	table     *Table
	originals *batcher
	copies    *batcher // ends with the other, which takes what it has copied
}

func (t *Table) newErasure(ctx context.Context) erasure {
	originals := t.newBatcher(ctx)
	return erasure{t, originals, t.newBatcher(originals.ctx)}
}

// finish waits for the copies first, since what they are copies of comes after them.
func (e erasure) finish() error {
	err := e.copies.finish()
	return errors.Join(e.originals.finish(), err)
}

func (e erasure) customer(ctx context.Context, c customer.Customer) error {
	if !c.Retains() {
		return e.table.dependents(ctx, c.ID, keysOnly, func(it item) error {
			e.originals.delete(it)
			return nil
		})
	}
	return e.table.dependents(ctx, c.ID, wholeRecords, func(it item) error {
		original := item{"pk": it["pk"], "sk": it["sk"]}
		copied, kept, err := e.table.retained(c, it)
		switch {
		case err != nil:
			return err
		case kept:
			e.copies.put(copied, func() { e.originals.delete(original) })
		default:
			e.originals.delete(original)
		}
		return nil
	})
}

// names are the search terms and the claims by which customers are found.
type names struct {
	terms  []removal // that go in batches with the records
	claims []removal // and terms, as far as there is room in the requests that these need anyway
}

// namesOf frees e-mail addresses unless they are somebody else's by now: a purge that is
// run again must not free what was taken meanwhile.
func namesOf(customers []customer.Customer) names {
	var n names
	for _, c := range customers {
		for _, term := range c.Terms {
			n.terms = append(n.terms, removal{pk: termPK(term), sk: termSK(term, c.ID)})
		}
		if identity := c.Claimed(); identity != "" {
			n.claims = append(n.claims, removal{claimPK(identity), rootSK, `"customer"=?`, c.ID})
		}
	}
	room := 0
	if full := len(n.claims) % maxStatements; full > 0 {
		room = min(maxStatements-full, len(n.terms))
	}
	n.claims, n.terms = append(n.claims, n.terms[:room]...), n.terms[room:]
	return n
}

// retained is the copy of a record that is kept.
func (t *Table) retained(c customer.Customer, it item) (copied item, kept bool, err error) {
	kind, ok := c.Policies().Kind(stringOf(it, "kind"))
	if !ok || kind.Policy != customer.Retain {
		return nil, false, nil
	}
	r, err := decodeRecord(it)
	if err != nil {
		return nil, false, err
	}
	kept = true
	out := newRecord(retainedPK(c.ID), r.Stripped(kind))
	if until := kind.For.After(t.clock.Now()); !until.IsZero() {
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

// Residue counts what is left of customers but their roots: of each up to one page of what
// hangs on it, its terms and its claim.
func (t *Table) Residue(ctx context.Context, customers ...customer.Customer) (int, error) {
	left := make([]int, len(customers)+1)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, c := range customers {
		group.Go(func() (err error) {
			left[i], err = t.hanging(ctx, c.ID)
			return err
		})
	}
	group.Go(func() (err error) {
		left[len(customers)], err = t.named(ctx, customers)
		return err
	})
	if err := group.Wait(); err != nil {
		return 0, fmt.Errorf("dynamo: read back: %w", err)
	}
	sum := 0
	for _, n := range left {
		sum += n
	}
	return sum, nil
}

const readers = 8 // customers read at once

// hanging counts a page of what hangs on a customer.
func (t *Table) hanging(ctx context.Context, id string) (int, error) {
	in := t.dependentsQuery(id)
	in.Select = types.SelectCount
	out, err := t.client.Query(ctx, in)
	if err != nil {
		return 0, err
	}
	return int(out.Count), nil
}

// named counts the terms and claims that are left of customers. An address that somebody else has by now is none.
func (t *Table) named(ctx context.Context, customers []customer.Customer) (int, error) {
	var keys []item
	claimed := map[string]string{}
	for _, c := range customers {
		for _, term := range c.Terms {
			keys = append(keys, keyOf(termPK(term), termSK(term, c.ID)))
		}
		if identity := c.Claimed(); identity != "" {
			keys = append(keys, keyOf(claimPK(identity), rootSK))
			claimed[claimPK(identity)] = c.ID
		}
	}
	n := 0
	for some := range slices.Chunk(keys, maxBatchGet) {
		found, err := t.batchGet(ctx, some, true)
		if err != nil {
			return 0, err
		}
		for _, it := range found {
			if owner := stringOf(it, "customer"); owner == "" || owner == claimed[stringOf(it, "pk")] {
				n++
			}
		}
	}
	return n, nil
}

// Remove removes the roots of purges that are done.
func (t *Table) Remove(ctx context.Context, customers ...customer.Customer) error {
	roots := make([]removal, len(customers))
	for i, c := range customers {
		roots[i] = removal{customerPK(c.ID), rootSK, `"state"='purging' AND "deletion"."id"=?`, c.Deletion.ID}
	}
	refused, err := t.removeIf(ctx, t.lists, roots)
	if err != nil || len(refused) == 0 {
		return err
	}
	var ids []string
	for _, i := range refused {
		ids = append(ids, customers[i].ID)
	}
	left, err := t.Roots(ctx, ids)
	if err == nil && len(left) > 0 {
		err = fmt.Errorf("dynamo: remove: customer %s is %s, by another deletion", left[0].ID, left[0].State)
	}
	return err
}
