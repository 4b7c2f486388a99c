package dynamo

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/bulk"
)

// Operations is a [bulk.Store] in the table of a [Table].
type Operations struct{ table *Table }

var _ bulk.Store = Operations{}

// Operations returns the store of operations in the table.
func (t *Table) Operations() Operations { return Operations{t} }

// Create adds an operation and its selection.
func (o Operations) Create(ctx context.Context, op bulk.Operation, chosen []byte) error {
	tx := o.table.newTransaction()
	if err := tx.put(o.encode(op), func(item) error { return bulk.ErrExists }); err != nil {
		return err
	}
	if err := tx.put(selection{operationPK(op.ID), selectionSK, chosen}, nil); err != nil {
		return err
	}
	return tx.commit(ctx)
}

// Operation reads an operation by its id; [bulk.ErrNotFound] if it does not exist.
func (o Operations) Operation(ctx context.Context, id string) (bulk.Operation, error) {
	it, err := o.table.get(ctx, operationPK(id), rootSK)
	if err != nil {
		return bulk.Operation{}, fmt.Errorf("dynamo: read operation: %w", err)
	}
	if it == nil {
		return bulk.Operation{}, bulk.ErrNotFound
	}
	return decodeOperation(it)
}

// Selection reads the selection of an operation that is not planned yet.
func (o Operations) Selection(ctx context.Context, id string) ([]byte, error) {
	it, err := o.table.get(ctx, operationPK(id), selectionSK)
	if err != nil {
		return nil, fmt.Errorf("dynamo: read selection: %w", err)
	}
	var s selection
	return s.Data, attributevalue.UnmarshalMap(it, &s)
}

// replace returns the write of an operation, on condition that the stored version is the one before.
func (o Operations) replace(op bulk.Operation) (*types.Put, error) {
	it, err := attributevalue.MarshalMap(o.encode(op))
	if err != nil {
		return nil, fmt.Errorf("dynamo: encode operation: %w", err)
	}
	return &types.Put{
		TableName: &o.table.Name, Item: it, ConditionExpression: aws.String("version = :read"),
		ExpressionAttributeValues:           item{":read": number(op.Version - 1)},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}, nil
}

// outdated explains why an operation could not be replaced. It returns nil if the stored operation is the written one: an
// earlier request succeeded and its answer was lost. The sweep's mark is not compared.
func outdated(written, found item) error {
	if found == nil {
		return bulk.ErrVersion
	}
	mine, err := decodeOperation(written)
	now, otherErr := decodeOperation(found)
	if err := errors.Join(err, otherErr); err != nil {
		return err
	}
	mine.Swept, now.Swept = bulk.SweepMark{}, bulk.SweepMark{}
	if !reflect.DeepEqual(mine, now) {
		return bulk.ErrVersion
	}
	return nil
}

// Save replaces an operation; [bulk.ErrVersion] if it has changed since it was read.
func (o Operations) Save(ctx context.Context, op bulk.Operation) error {
	put, err := o.replace(op)
	if err != nil {
		return err
	}
	_, err = o.table.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: put.TableName, Item: put.Item, ConditionExpression: put.ConditionExpression,
		ExpressionAttributeValues:           put.ExpressionAttributeValues,
		ReturnValuesOnConditionCheckFailure: put.ReturnValuesOnConditionCheckFailure,
	})
	if found, failed := failedCondition(err); failed {
		return outdated(put.Item, found)
	}
	return err
}

// Freeze replaces an operation and adds its new chunks, in one transaction. Once planning ends, it deletes the selection.
func (o Operations) Freeze(ctx context.Context, op bulk.Operation, chunks []bulk.Chunk) error {
	put, err := o.replace(op)
	if err != nil {
		return err
	}
	tx := o.table.newTransaction()
	tx.add(types.TransactWriteItem{Put: put}, func(found item) error { return outdated(put.Item, found) })
	for _, c := range chunks {
		if err := o.addChunk(tx, op, c); err != nil {
			return err
		}
	}
	if op.State != bulk.Planning {
		tx.add(types.TransactWriteItem{Delete: &types.Delete{
			TableName: &o.table.Name, Key: keyOf(operationPK(op.ID), selectionSK),
		}}, nil)
	}
	return tx.commit(ctx)
}

// SaveSweepMark saves the mark of the sweep without a new version.
func (o Operations) SaveSweepMark(ctx context.Context, id string, mark bulk.SweepMark) error {
	expr, err := expression.NewBuilder().
		WithUpdate(expression.Set(expression.Name("sweep"), expression.Value(newSweepMark(mark)))).
		WithCondition(exists()).Build()
	if err != nil {
		return fmt.Errorf("dynamo: sweep mark: %w", err)
	}
	_, err = o.table.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &o.table.Name, Key: keyOf(operationPK(id), rootSK),
		UpdateExpression: expr.Update(), ConditionExpression: expr.Condition(),
		ExpressionAttributeNames: expr.Names(), ExpressionAttributeValues: expr.Values(),
	})
	if _, failed := failedCondition(err); failed {
		return bulk.ErrNotFound
	}
	return err
}

// Operations reads a page of all operations, newest first.
func (o Operations) Operations(ctx context.Context, q bulk.Query) (bulk.Page, error) {
	after, err := decodeCursor("operations", "", q.Cursor)
	if err != nil {
		return bulk.Page{}, bulk.ErrCursor
	}
	var keys []string
	for _, list := range []string{activeOperations, endedOperations} {
		found, err := o.newest(ctx, list, after, q.Limit+1)
		if err != nil {
			return bulk.Page{}, err
		}
		keys = append(keys, found...)
	}
	slices.SortFunc(keys, func(a, b string) int { return strings.Compare(b, a) })
	var page bulk.Page
	if len(keys) > q.Limit {
		keys = keys[:q.Limit]
		page.Cursor = encodeCursor("operations", keys[len(keys)-1])
	}
	page.Operations, err = o.read(ctx, slices.Compact(keys))
	return page, err
}

// newest returns up to limit sort keys of a list, from the newest operation before a position.
func (o Operations) newest(ctx context.Context, list, before string, limit int) ([]string, error) {
	s := span{partitions: []string{list}, newestFirst: true, after: before}
	read, err := o.table.readShard(ctx, s, ask{limit: limit})
	if err != nil {
		return nil, err
	}
	keys := make([]string, len(read.entries))
	for i, e := range read.entries {
		keys[i] = e.position
	}
	return keys, nil
}

// read reads operations by their sort keys in a list, newest first. It also finds an operation that has
// moved to the other list since.
func (o Operations) read(ctx context.Context, sortKeys []string) ([]bulk.Operation, error) {
	keys := make([]item, len(sortKeys))
	for i, k := range sortKeys {
		_, id, _ := strings.Cut(k, "#")
		keys[i] = keyOf(operationPK(id), rootSK)
	}
	items, err := o.table.batchGet(ctx, keys, false)
	if err != nil {
		return nil, fmt.Errorf("dynamo: read operations: %w", err)
	}
	slices.SortFunc(items, func(a, b item) int { return strings.Compare(stringOf(b, "isk"), stringOf(a, "isk")) })
	ops := make([]bulk.Operation, len(items))
	var errs error
	for i, it := range items {
		op, err := decodeOperation(it)
		ops[i], errs = op, errors.Join(errs, err)
	}
	return ops, errs
}

// Active iterates over the operations that have not ended. It reads each one consistently, since the
// index may still list an ended one.
func (o Operations) Active(ctx context.Context) iter.Seq2[bulk.Operation, error] {
	return func(yield func(bulk.Operation, error) bool) {
		m := o.table.merge(span{partitions: []string{activeOperations}}, math.MaxInt)
		for {
			e, ok, err := m.next(ctx)
			if err != nil {
				yield(bulk.Operation{}, err)
				return
			}
			if !ok {
				return
			}
			_, id, _ := strings.Cut(e.position, "#")
			op, err := o.Operation(ctx, id)
			if errors.Is(err, bulk.ErrNotFound) || err == nil && op.State.Ended() {
				continue
			}
			if !yield(op, err) || err != nil {
				return
			}
		}
	}
}
