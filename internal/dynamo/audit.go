package dynamo

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
)

type entry struct {
	PK      string   `dynamodbav:"pk"`
	SK      string   `dynamodbav:"sk"`
	At      string   `dynamodbav:"at"`
	By      string   `dynamodbav:"by"`
	Action  string   `dynamodbav:"action"`
	Reason  string   `dynamodbav:"reason,omitempty"`
	Code    string   `dynamodbav:"code,omitempty"`
	Subject string   `dynamodbav:"subject,omitempty"`
	Fields  []string `dynamodbav:"fields,omitempty"`
	TTL     int64    `dynamodbav:"ttl,omitempty"`

	ApprovedBy string `dynamodbav:"approvedBy,omitempty"`
	Operation  string `dynamodbav:"operation,omitempty"`
	Request    string `dynamodbav:"request,omitempty"`

	dayPlace
}

func (t *Table) newEntry(e customer.Entry) entry {
	out := entry{
		PK: auditPK(e.Customer), SK: formatTime(e.At) + "#" + e.Seq,
		At: formatTime(e.At), By: e.By, ApprovedBy: e.ApprovedBy, Action: string(e.Action),
		Reason: e.Reason, Code: string(e.ReasonCode), Subject: e.Subject, Fields: e.Fields,
	}
	out.dayPlace = newDayPlace(customer.DayOf(e.At), out.SK+"#"+e.Customer) // another customer may have the same sort key
	out.TTL = t.keptUntil(e.At)
	return out
}

// keptUntil returns the TTL of an entry of an audit log, 0 if it stays.
func (t *Table) keptUntil(at time.Time) int64 {
	if until := t.Audit.After(at); !until.IsZero() {
		return until.Unix()
	}
	return 0
}

// Reword replaces the reasons in a customer's entries. It reads consistently: some entries are a moment old. It does not
// write an entry that TTL deletes in between.
func (t *Table) Reword(ctx context.Context, id string, reword func(string) string) error {
	pages := dynamodb.NewQueryPaginator(t.client, &dynamodb.QueryInput{
		TableName: &t.Name, ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("pk = :pk"), FilterExpression: aws.String("attribute_exists(reason)"),
		ExpressionAttributeValues: item{":pk": &types.AttributeValueMemberS{Value: auditPK(id)}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("dynamo: read audit log: %w", err)
		}
		for _, it := range page.Items {
			if err := t.reword(ctx, it, reword(stringOf(it, "reason"))); err != nil {
				return fmt.Errorf("dynamo: reword audit log: %w", err)
			}
		}
	}
	return nil
}

func (t *Table) reword(ctx context.Context, it item, reason string) error {
	if reason == stringOf(it, "reason") {
		return nil
	}
	it["reason"] = &types.AttributeValueMemberS{Value: reason}
	_, err := t.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.Name, Item: it, ConditionExpression: aws.String("attribute_exists(pk)")})
	if _, failed := failedCondition(err); failed {
		return nil
	}
	return err
}

// Entries reads a page of a customer's audit log, newest first.
func (t *Table) Entries(ctx context.Context, q customer.EntryQuery) (customer.EntryPage, error) {
	pk := auditPK(q.Customer)
	after, err := decodeCursor(pk, "", q.Cursor)
	if err != nil {
		return customer.EntryPage{}, err
	}
	in := &dynamodb.QueryInput{
		TableName: &t.Name, KeyConditionExpression: aws.String("pk = :pk"),
		ExpressionAttributeValues: item{":pk": &types.AttributeValueMemberS{Value: pk}},
		ScanIndexForward:          aws.Bool(false), Limit: aws.Int32(int32(q.Limit)),
	}
	if after != "" {
		in.ExclusiveStartKey = keyOf(pk, after)
	}
	out, err := t.client.Query(ctx, in)
	if err != nil {
		return customer.EntryPage{}, fmt.Errorf("dynamo: read audit log: %w", err)
	}
	page := customer.EntryPage{Cursor: encodeCursor(pk, stringOf(out.LastEvaluatedKey, "sk"))}
	for _, it := range out.Items {
		e, err := decodeEntry(q.Customer, it)
		if err != nil {
			return customer.EntryPage{}, err
		}
		page.Entries = append(page.Entries, e)
	}
	return page, nil
}

func decodeEntry(id string, it item) (customer.Entry, error) {
	var e entry
	if err := attributevalue.UnmarshalMap(it, &e); err != nil {
		return customer.Entry{}, fmt.Errorf("dynamo: decode audit entry: %w", err)
	}
	at, err := parseTime(e.At)
	if err != nil {
		return customer.Entry{}, fmt.Errorf("dynamo: decode audit entry: %w", err)
	}
	return customer.Entry{
		Customer: id, Seq: e.SK[len(e.At)+1:], At: at, By: e.By, ApprovedBy: e.ApprovedBy, Action: customer.Action(e.Action),
		Reason: e.Reason, ReasonCode: customer.ReasonCode(e.Code), Subject: e.Subject, Fields: e.Fields,
	}, nil
}
