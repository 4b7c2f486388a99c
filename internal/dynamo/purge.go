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

// Fence starts a purge; there is no restore afterwards. The customer's place in the trash becomes the
// end of the lease, so that the sweep finds a purge that has stopped.
func (t *Table) Fence(ctx context.Context, id string, f customer.Fence, ch customer.Change) (customer.Customer, error) {
	to := t.purgingPlace(id, f.Lease)
	when := stateIs(customer.Deleted).And(unheld())
	if f.Generation != "" {
		when = when.And(attrGen.Equal(expression.Value(f.Generation)))
	}
	if f.OnlyDue {
		when = when.And(attrDue.LessThanEqual(expression.Value(newMillis(ch.At))))
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

// PutBack restores a root that TTL has deleted. It does nothing if the root exists.
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

// Lease sets the end of a purge's lease; [customer.ErrNotFound] if there is no purge of this generation. It is no change of
// the customer: the version stays, and there is no audit entry.
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

// Erase removes all items of customers past the fence, except their roots and the records to keep. It is
// [customer.ErrUnfinished] if the time is over before all are removed.
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

// eraseAll lets the customers share their batches, so that most are full. It reads several
// customers at once, so that concurrent writes go to many partitions.
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
	// The batchers' error comes first: it cancels the reads, which then fail too.
	if err := errors.Join(e.finish(), err); err != nil {
		return fmt.Errorf("dynamo: erase: %w", err)
	}
	return nil
}

// erasure removes the items of customers. A record to keep is copied, with the fields to keep, to a partition of
// its own, and removed once its copy is written. So at any time the record exists, or its copy, or both, and an
// invocation continues where the last one stopped. A second copy of the same record replaces the first.
type erasure struct {
	table     *Table
	originals *batcher
	copies    *batcher // uses the context of originals, and fills it with the copied records
}

func (t *Table) newErasure(ctx context.Context) erasure {
	originals := t.newBatcher(ctx)
	return erasure{t, originals, t.newBatcher(originals.ctx)}
}

// finish waits for the copies first: originals are removed after them.
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

// names are the removals of customers' search terms and claims.
type names struct {
	terms  []removal // written in batches with the records
	claims []removal // and as many terms as fit into the same number of requests
}

// namesOf frees an e-mail address only if the claim is still the customer's: another customer may have
// taken the address before a purge runs again.
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

// retained returns the copy of a record, if its kind is to be kept.
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

// dependents visits all items in a customer's partition except its root, by consistent reads.
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
		KeyConditionExpression: aws.String("pk = :pk AND sk > :root"), // the root's sort key is the first
		ExpressionAttributeValues: item{
			":pk":   &types.AttributeValueMemberS{Value: customerPK(id)},
			":root": &types.AttributeValueMemberS{Value: rootSK},
		},
	}
}

// Residue counts the items that are left of customers, except their roots. Of the items in a customer's
// partition it counts one page at most.
func (t *Table) Residue(ctx context.Context, customers ...customer.Customer) (int, error) {
	left := make([]int, len(customers)+1)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, c := range customers {
		group.Go(func() (err error) {
			left[i], err = t.countItems(ctx, c.ID)
			return err
		})
	}
	group.Go(func() (err error) {
		left[len(customers)], err = t.countNames(ctx, customers)
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

const readers = 8 // customers read concurrently

// countItems counts a page of the items in a customer's partition, without the root.
func (t *Table) countItems(ctx context.Context, id string) (int, error) {
	in := t.dependentsQuery(id)
	in.Select = types.SelectCount
	out, err := t.client.Query(ctx, in)
	if err != nil {
		return 0, err
	}
	return int(out.Count), nil
}

// countNames counts the terms and claims that are left of customers. A claim of another customer does not count.
func (t *Table) countNames(ctx context.Context, customers []customer.Customer) (int, error) {
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

// Remove removes the roots of completed purges. A missing root is no error.
func (t *Table) Remove(ctx context.Context, customers ...customer.Customer) error {
	roots := make([]removal, len(customers))
	for i, c := range customers {
		roots[i] = removal{customerPK(c.ID), rootSK, `"state"='purging' AND "deletion"."g"=?`, c.Deletion.ID}
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
		err = fmt.Errorf("dynamo: remove: customer %s has another deletion and is %s", left[0].ID, left[0].State)
	}
	return err
}
