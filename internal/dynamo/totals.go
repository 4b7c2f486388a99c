package dynamo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"lethe/internal/customer"
)

// totalsParts is the number of items that the totals are the sum of. Each has a partition of its own, so that
// counting never takes throughput from settings and leases.
const totalsParts = 32

// totalsPart is one of the parts.
type totalsPart struct {
	PK      string `dynamodbav:"pk"`
	SK      string `dynamodbav:"sk"`
	Active  int64  `dynamodbav:"active"`
	Trash   int64  `dynamodbav:"trash"`
	Purged  int64  `dynamodbav:"purged"`
	Counted int64  `dynamodbav:"counted"` // entries so far: shows fsck whether changes were counted while it read
}

// dayPart is one of the parts of a day's totals.
type dayPart struct {
	PK       string `dynamodbav:"pk"`
	SK       string `dynamodbav:"sk"`
	Added    int64  `dynamodbav:"added"`
	Deleted  int64  `dynamodbav:"deleted"`
	Restored int64  `dynamodbav:"restored"`
	Purged   int64  `dynamodbav:"purged"`
	TTL      int64  `dynamodbav:"ttl"`
}

// sums is what the entries of one transaction count together.
type sums struct {
	totals  customer.Totals
	entries int64
	days    map[customer.Day]customer.Moves
}

func (s *sums) add(e customer.Entry) {
	s.totals = s.totals.Plus(e.Delta)
	s.entries++
	if e.Moved != (customer.Moves{}) {
		day := customer.DayOf(e.At)
		s.days[day] = s.days[day].Plus(e.Moved)
	}
}

// addSums adds the sums to one of the parts, drawn at random, so that transactions rarely meet on one.
func (tx *transaction) addSums(s sums) {
	pk := totalsPK(rand.IntN(totalsParts))
	tx.add(types.TransactWriteItem{Update: &types.Update{
		TableName: &tx.table.Name, Key: keyOf(pk, rootSK),
		UpdateExpression: aws.String("ADD active :a, trash :t, purged :p, counted :n"),
		ExpressionAttributeValues: item{
			":a": number(s.totals.Active), ":t": number(s.totals.Trash), ":p": number(s.totals.Purged), ":n": number(s.entries),
		},
	}}, nil)
	for day, moves := range s.days {
		tx.addDay(pk, day, moves)
	}
}

func (tx *transaction) addDay(pk string, day customer.Day, m customer.Moves) {
	tx.add(types.TransactWriteItem{Update: &types.Update{
		TableName: &tx.table.Name, Key: keyOf(pk, string(day)),
		UpdateExpression:         aws.String("SET #t = :ttl ADD added :a, deleted :d, restored :r, purged :p"),
		ExpressionAttributeNames: map[string]string{"#t": "ttl"},
		ExpressionAttributeValues: item{
			":ttl": number(day.Plus(customer.KeptDays + 1).Begin().Unix()),
			":a":   number(m.Added), ":d": number(m.Deleted), ":r": number(m.Restored), ":p": number(m.Purged),
		},
	}}, nil)
}

// Totals returns the sum of all parts.
func (t *Table) Totals(ctx context.Context) (customer.Totals, error) {
	var keys []item
	for n := range totalsParts {
		keys = append(keys, keyOf(totalsPK(n), rootSK))
	}
	items, err := t.batchGet(ctx, keys, false)
	if err != nil {
		return customer.Totals{}, fmt.Errorf("dynamo: read totals: %w", err)
	}
	var sum customer.Totals
	for _, it := range items {
		var part totalsPart
		if err := attributevalue.UnmarshalMap(it, &part); err != nil {
			return sum, fmt.Errorf("dynamo: decode totals: %w", err)
		}
		sum = sum.Plus(customer.Totals{Active: part.Active, Trash: part.Trash, Purged: part.Purged})
	}
	return sum, nil
}

// TotalsByDay adds up the parts of each day: one request for each part.
func (t *Table) TotalsByDay(ctx context.Context, first, last customer.Day) ([]customer.DayTotals, error) {
	parts := make([][]dayPart, totalsParts)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(dayReaders)
	for n := range parts {
		group.Go(func() (err error) {
			parts[n], err = t.dayParts(ctx, totalsPK(n), first, last)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("dynamo: read totals by day: %w", err)
	}
	sum := map[customer.Day]customer.Moves{}
	for _, p := range slices.Concat(parts...) {
		day := customer.Day(p.SK)
		sum[day] = sum[day].Plus(customer.Moves{Added: p.Added, Deleted: p.Deleted, Restored: p.Restored, Purged: p.Purged})
	}
	return customer.DaysBetween(first, last, sum), nil
}

const dayReaders = 16 // requests in flight

// dayParts reads one part of the days. They have a page: 400 rows are below 100 KB.
func (t *Table) dayParts(ctx context.Context, pk string, first, last customer.Day) (parts []dayPart, err error) {
	out, err := t.client.Query(ctx, &dynamodb.QueryInput{
		TableName: &t.Name, KeyConditionExpression: aws.String("pk = :pk AND sk BETWEEN :first AND :last"),
		ExpressionAttributeValues: item{
			":pk": &types.AttributeValueMemberS{Value: pk}, ":first": &types.AttributeValueMemberS{Value: string(first)},
			":last": &types.AttributeValueMemberS{Value: string(last)},
		},
	})
	if err != nil {
		return nil, err
	}
	return parts, attributevalue.UnmarshalListOfMaps(out.Items, &parts)
}
