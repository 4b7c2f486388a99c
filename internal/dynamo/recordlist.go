package dynamo

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"lethe/internal/customer"
)

const (
	recordsRead    = 250 // items that one request of a filtered list examines
	maxRecordReads = 20  // after which a page may be short and have a cursor
)

// Record reads a record and its customer's root, by a consistent read.
func (t *Table) Record(ctx context.Context, id string, key customer.Key) (customer.Record, error) {
	sk := recordKey(key)
	items, err := t.batchGet(ctx, []item{keyOf(customerPK(id), rootSK), keyOf(customerPK(id), sk)}, true)
	if err != nil {
		return customer.Record{}, fmt.Errorf("dynamo: read record: %w", err)
	}
	err = customer.ErrNotFound
	var found item
	for _, it := range items {
		if stringOf(it, "sk") == rootSK {
			err = visible(it)
		} else {
			found = it
		}
	}
	switch {
	case err != nil:
		return customer.Record{}, err
	case found == nil:
		return customer.Record{}, customer.ErrNoRecord
	}
	return decodeRecord(found)
}

// visible returns why the records of a root may not be read, nil if they may. Records of a deleted customer
// are hidden from the moment of the deletion.
func visible(root item) error {
	c, err := DecodeCustomer(root)
	if err != nil {
		return err
	}
	return c.CanChange()
}

// Records reads a page of a visible customer's records.
func (t *Table) Records(ctx context.Context, q customer.RecordQuery) (customer.RecordPage, error) {
	root, err := t.get(ctx, customerPK(q.Customer), rootSK)
	if err != nil {
		return customer.RecordPage{}, fmt.Errorf("dynamo: read customer: %w", err)
	}
	if root == nil {
		return customer.RecordPage{}, customer.ErrNotFound
	}
	if err := visible(root); err != nil {
		return customer.RecordPage{}, err
	}
	return t.recordPage(ctx, customerPK(q.Customer), q)
}

// Retained reads a page of the records of a purged customer that the law requires to keep. An
// expired record is not returned, even if TTL has not deleted it yet.
func (t *Table) Retained(ctx context.Context, q customer.RecordQuery) (customer.RecordPage, error) {
	return t.recordPage(ctx, retainedPK(q.Customer), q)
}

func (t *Table) recordPage(ctx context.Context, pk string, q customer.RecordQuery) (customer.RecordPage, error) {
	query := "records\x00" + pk + "\x00" + q.Kind + "\x00" + q.Parent.String()
	after, err := decodeCursor(query, below(q.Parent), q.Cursor)
	if err != nil {
		return customer.RecordPage{}, err
	}
	in, err := t.recordQuery(pk, q)
	if err != nil {
		return customer.RecordPage{}, err
	}
	if after != "" {
		in.ExclusiveStartKey = keyOf(pk, after)
	}
	b := q.Builder()
	for range maxRecordReads {
		out, err := t.client.Query(ctx, in)
		if err != nil {
			return b.Page, fmt.Errorf("dynamo: read records: %w", err)
		}
		for i, it := range out.Items {
			r, err := decodeRecord(it)
			if err != nil {
				return b.Page, err
			}
			b.Add(r)
			if b.Full() && (i < len(out.Items)-1 || len(out.LastEvaluatedKey) > 0) {
				b.Page.Cursor = encodeCursor(query, stringOf(it, "sk"))
				return b.Page, nil
			}
		}
		if len(out.LastEvaluatedKey) == 0 {
			return b.Page, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
	b.Page.Cursor = encodeCursor(query, stringOf(in.ExclusiveStartKey, "sk"))
	return b.Page, nil
}

// below returns the prefix of the sort keys of all records below a record; of all records
// if the key is empty.
func below(parent customer.Key) string {
	if len(parent) == 0 {
		return recordSK
	}
	return recordKey(parent) + "#"
}

func (t *Table) recordQuery(pk string, q customer.RecordQuery) (*dynamodb.QueryInput, error) {
	read := recordsRead
	live := expression.Name("ttl").AttributeNotExists().Or(expression.Name("ttl").GreaterThan(expression.Value(t.clock.Now().Unix())))
	b := expression.NewBuilder().WithKeyCondition(
		expression.Key("pk").Equal(expression.Value(pk)).And(expression.Key("sk").BeginsWith(below(q.Parent))))
	if q.Kind != "" {
		b = b.WithFilter(live.And(expression.Name("kind").Equal(expression.Value(q.Kind))))
	} else {
		b, read = b.WithFilter(live), q.Limit
	}
	expr, err := b.Build()
	if err != nil {
		return nil, fmt.Errorf("dynamo: read records: %w", err)
	}
	return &dynamodb.QueryInput{
		TableName: &t.Name, KeyConditionExpression: expr.KeyCondition(), FilterExpression: expr.Filter(),
		ExpressionAttributeNames: expr.Names(), ExpressionAttributeValues: expr.Values(),
		ConsistentRead: aws.Bool(true), Limit: aws.Int32(int32(read)),
	}, nil
}

// lowest reads the last records by sort key, of a record and all below it: as many as one
// transaction can remove.
func (t *Table) lowest(ctx context.Context, id string, key customer.Key) ([]record, error) {
	sk := recordKey(key)
	// '$' follows '#', and no character of an id lies between.
	keys := expression.Key("pk").Equal(expression.Value(customerPK(id))).
		And(expression.Key("sk").Between(expression.Value(sk), expression.Value(sk+"$")))
	projection := expression.NamesList(expression.Name("pk"), expression.Name("sk"), expression.Name("kind"))
	expr, err := expression.NewBuilder().WithKeyCondition(keys).WithProjection(projection).Build()
	if err != nil {
		return nil, fmt.Errorf("dynamo: read records: %w", err)
	}
	out, err := t.client.Query(ctx, &dynamodb.QueryInput{
		TableName: &t.Name, KeyConditionExpression: expr.KeyCondition(), ProjectionExpression: expr.Projection(),
		ExpressionAttributeNames: expr.Names(), ExpressionAttributeValues: expr.Values(),
		ConsistentRead: aws.Bool(true), ScanIndexForward: aws.Bool(false), Limit: aws.Int32(customer.MaxBatch),
	})
	if err != nil {
		return nil, fmt.Errorf("dynamo: read records: %w", err)
	}
	var records []record
	return records, attributevalue.UnmarshalListOfMaps(out.Items, &records)
}
