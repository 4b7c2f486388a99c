package dynamo

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/audit"
	"lethe/internal/customer"
)

// daysIndex lists the entries of all audit logs by day. A day has dayShards partitions, so that it takes as many changes
// as the table does.
const (
	daysIndex = "days"
	dayShards = 16
)

// dayPlace is where an entry stands in the index.
type dayPlace struct {
	DPK string `dynamodbav:"dpk"`
	DSK string `dynamodbav:"dsk"`
}

// newDayPlace returns the place of an entry: its sort key begins with the time. The shard follows from the sort key.
func newDayPlace(day customer.Day, sk string) dayPlace {
	return dayPlace{dayPK(string(day), shardOf(sk, dayShards)), sk}
}

func dayPK(day string, shard int) string { return day + "#" + strconv.Itoa(shard) }

// EntriesByDay reads a page of all entries of a day.
func (t *Table) EntriesByDay(ctx context.Context, q audit.Query) (audit.Page, error) {
	list := fmt.Sprintf("%s %t\x00%s\x00%s", q.Day, q.OldestFirst, q.By, q.Action)
	after, err := decodeCursor(list, q.Day, q.Cursor)
	if err != nil {
		return audit.Page{}, err
	}
	m := newMerge(dayShards, q.Limit+1, !q.OldestFirst, inRounds(func(ctx context.Context, a ask) (reading, error) {
		return t.readDay(ctx, q, after, a)
	}))
	page, last, err := matching(ctx, m, q)
	page.Cursor = encodeCursor(list, last)
	return page, err
}

// matching takes the entries that a query asks for off a list. It returns the position of the last one that it read, unless the
// list ends with it.
func matching(ctx context.Context, m *merge, q audit.Query) (page audit.Page, last string, err error) {
	for read := 0; read < audit.MaxRead && len(page.Entries) < q.Limit; read++ {
		if m.want <= 1 && read > 0 && q.Filtered() {
			m.want = min(read, audit.MaxRead-read) + 1 // few of them match: read on twice as far
		}
		e, ok, err := m.next(ctx)
		if err != nil || !ok {
			return page, "", err
		}
		logged, err := decodeLogged(e.item)
		if err != nil {
			return page, "", err
		}
		if last = e.position; q.Matches(logged) {
			page.Entries = append(page.Entries, logged)
		}
	}
	if more, err := m.more(ctx); err != nil || !more {
		return page, "", err
	}
	return page, last, nil
}

func (t *Table) readDay(ctx context.Context, q audit.Query, after string, a ask) (reading, error) {
	condition, values := "dpk = :shard", item{":shard": &types.AttributeValueMemberS{Value: dayPK(q.Day, a.shard)}}
	if after != "" {
		condition += " AND dsk < :after"
		if values[":after"] = (&types.AttributeValueMemberS{Value: after}); q.OldestFirst {
			condition = strings.Replace(condition, "<", ">", 1)
		}
	}
	out, err := t.client.Query(ctx, &dynamodb.QueryInput{
		TableName: &t.Name, IndexName: aws.String(daysIndex),
		KeyConditionExpression: &condition, ExpressionAttributeValues: values,
		ExclusiveStartKey: a.from, Limit: aws.Int32(int32(a.limit)), ScanIndexForward: &q.OldestFirst,
	})
	if err != nil {
		return reading{}, fmt.Errorf("dynamo: read audit log of a day: %w", err)
	}
	entries := make([]listEntry, len(out.Items))
	for i, it := range out.Items {
		entries[i] = listEntry{stringOf(it, "dsk"), it}
	}
	return reading{entries, out.LastEvaluatedKey}, nil
}

// decodeLogged returns an entry of either kind.
func decodeLogged(it item) (audit.Entry, error) {
	var e entry
	if err := attributevalue.UnmarshalMap(it, &e); err != nil {
		return audit.Entry{}, fmt.Errorf("dynamo: decode audit entry: %w", err)
	}
	at, err := parseTime(e.At)
	if err != nil {
		return audit.Entry{}, fmt.Errorf("dynamo: decode audit entry: %w", err)
	}
	id, _ := strings.CutPrefix(e.DSK, e.At+"#")
	of, _ := strings.CutPrefix(e.PK, auditPK(""))
	if of == e.PK {
		of = ""
	}
	return audit.Entry{
		ID: id, Time: at, By: e.By, ApprovedBy: e.ApprovedBy, Action: audit.Action(e.Action), Customer: of, Operation: e.Operation,
		Reason: e.Reason, ReasonCode: e.Code, Subject: e.Subject, Fields: e.Fields, RequestID: e.Request,
	}, nil
}
