package dynamo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/repair"
)

const maxRemovals = maxTransaction - 1 // one more is the condition on the operation

// RepairOperation makes a repair, if the operation still has the version that was seen, or is still missing; if not,
// the error is [repair.ErrChanged]. It returns the write units consumed.
func (t *Table) RepairOperation(ctx context.Context, seen repair.Seen, r repair.OfOperation) (units float64, err error) {
	if _, all := r.(repair.RemoveOperation); all {
		return t.removeParts(ctx, seen)
	}
	m := t.newRepair(seen, customer.Change{})
	switch r := r.(type) {
	case repair.RelistOperation:
		err = m.relistOperation()
	case repair.RemoveSelection:
		err = m.removeParts(selectionSK)
	case repair.RemoveChunk:
		err = m.removeParts(chunkSK(frozenSK, r.Seq), chunkSK(endedSK, r.Seq), chunkSK(pendingSK, r.Seq))
	case repair.RemovePending:
		err = m.removeParts(chunkSK(pendingSK, r.Seq))
	case repair.ReopenChunk:
		err = m.reopenChunk(ctx, r.Seq)
	}
	if err != nil {
		return 0, fmt.Errorf("dynamo: repair %T: %w", r, err)
	}
	return m.finish(ctx)
}

func (m *repairing) operationUnchanged() expression.ConditionBuilder {
	if m.seen.Root == nil {
		return absent()
	}
	return unchanged(m.seen.Root, "version")
}

func (m *repairing) checkOperation() error {
	return m.check(keyOf(operationPK(m.seen.ID), rootSK), m.operationUnchanged())
}

// relistOperation moves the operation to the list of its state.
func (m *repairing) relistOperation() error {
	op, err := decodeOperation(m.seen.Root)
	if err != nil {
		return errors.Join(repair.ErrChanged, err)
	}
	want := m.table.Operations().encode(op)
	u := expression.Set(expression.Name("ipk"), expression.Value(want.IPK)).Set(expression.Name("isk"), expression.Value(want.ISK))
	return m.update(m.seen.Root, u, m.operationUnchanged())
}

// removeParts removes the items of the operation with these sort keys. A missing one is no error.
func (m *repairing) removeParts(sks ...string) error {
	for _, sk := range sks {
		m.add(types.TransactWriteItem{Delete: &types.Delete{TableName: &m.table.Name, Key: keyOf(operationPK(m.seen.ID), sk)}}, refusedRepair)
	}
	return m.checkOperation()
}

// removeParts removes all items of an operation that has no root.
func (t *Table) removeParts(ctx context.Context, seen repair.Seen) (units float64, err error) {
	sks, err := t.partsOf(ctx, seen.ID)
	if slices.Contains(sks, rootSK) {
		return 0, repair.ErrChanged
	}
	for some := range slices.Chunk(sks, maxRemovals) {
		m := t.newRepair(seen, customer.Change{})
		if err := m.removeParts(some...); err != nil {
			return units, err
		}
		more, err := m.finish(ctx)
		units += more
		if err != nil {
			return units, err
		}
	}
	return units, err
}

// partsOf returns the sort keys of all items of an operation.
func (t *Table) partsOf(ctx context.Context, id string) (sks []string, err error) {
	pages := dynamodb.NewQueryPaginator(t.client, &dynamodb.QueryInput{
		TableName: &t.Name, KeyConditionExpression: aws.String("pk = :pk"), ProjectionExpression: aws.String("sk"),
		ExpressionAttributeValues: item{":pk": &types.AttributeValueMemberS{Value: operationPK(id)}}, ConsistentRead: aws.Bool(true),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("dynamo: read operation: %w", err)
		}
		for _, it := range page.Items {
			sks = append(sks, stringOf(it, "sk"))
		}
	}
	return sks, nil
}

// reopenChunk adds the missing progress of a chunk, with no subject begun.
func (m *repairing) reopenChunk(ctx context.Context, seq int) error {
	it, err := m.table.get(ctx, operationPK(m.seen.ID), chunkSK(frozenSK, seq))
	if err != nil {
		return err
	}
	subjects, err := decodeSubjects(it)
	var stored frozen
	err = errors.Join(err, attributevalue.UnmarshalMap(it, &stored))
	if err != nil || len(subjects) == 0 {
		return errors.Join(repair.ErrChanged, err)
	}
	p := progress{PK: operationPK(m.seen.ID), SK: chunkSK(pendingSK, seq), TTL: stored.TTL, Outcomes: writeOutcomes(bulk.NewChunk(seq, subjects).Outcomes)}
	return errors.Join(
		m.putNew(p),
		m.check(keyOf(operationPK(m.seen.ID), chunkSK(endedSK, seq)), absent()),
		m.checkOperation(),
	)
}
