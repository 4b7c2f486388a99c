package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"lethe/internal/dynamo"
)

const (
	maxBatchWrite = 25 // DynamoDB's limit
	loopWriters   = 8  // as many as Lethe has
)

// loop erases the same items as Lethe does, with a handwritten loop over the SDK: Query for the keys, BatchWriteItem of
// 25, again for unprocessed items. It has nothing that makes a purge safe: no fence, no read-back, no certificate.
type loop struct {
	over    *lethe
	writers int
}

func newLoop(over *lethe, writers int) *loop { return &loop{over, writers} }

func (l *loop) name() string {
	if l.writers == 1 {
		return "SDK loop"
	}
	return fmt.Sprintf("SDK loop, %d at once", l.writers)
}

func (l *loop) about() string {
	if l.writers > 1 {
		return "the same, several requests under way at once."
	}
	return "Query and BatchWriteItem by aws-sdk-go-v2 (dynamodb " + versionOf("github.com/aws/aws-sdk-go-v2/service/dynamodb") +
		") for the same items of the same table, without fence, read-back and certificate."
}

// load does nothing: the loop uses Lethe's data.
func (l *loop) load(context.Context) error { return nil }

func (l *loop) close() {}

func (l *loop) steps() map[step]func(context.Context, *laps) error {
	return map[step]func(context.Context, *laps) error{
		purgeCrowd: func(ctx context.Context, took *laps) error {
			ids := make([]string, l.over.size.Crowd)
			for i := range ids {
				ids[i] = crowdID(i)
			}
			return l.purge(ctx, took, purgedCrowd, ids)
		},
		purgeHeavy: func(ctx context.Context, took *laps) error {
			return l.purge(ctx, took, purgedHeavy, []string{heavyID})
		},
	}
}

func (l *loop) purge(ctx context.Context, took *laps, t task, ids []string) error {
	meter := &dynamo.Meter{}
	client := dynamodb.NewFromConfig(meter.Attach(l.over.config))
	start := time.Now()
	if err := l.erase(ctx, client, ids); err != nil {
		return err
	}
	took.since(start, t)
	took.costs[t] = meter.Reset()
	return l.over.rewind(ctx)
}

func (l *loop) erase(ctx context.Context, client *dynamodb.Client, ids []string) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(l.writers)
	var batch []types.WriteRequest
	send := func() {
		requests := batch
		batch = nil
		group.Go(func() error { return batchWrite(ctx, client, mainTable, requests) })
	}
	for _, id := range ids {
		err := l.keys(ctx, client, id, func(key item) {
			batch = append(batch, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: key}})
			if len(batch) == maxBatchWrite {
				send()
			}
		})
		if err != nil {
			return err
		}
	}
	if len(batch) > 0 {
		send()
	}
	return group.Wait()
}

// keys yields the keys of all items of a customer.
func (l *loop) keys(ctx context.Context, client *dynamodb.Client, id string, visit func(item)) error {
	pages := dynamodb.NewQueryPaginator(client, &dynamodb.QueryInput{
		TableName: aws.String(mainTable), ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("pk = :pk"),
		ExpressionAttributeValues: item{":pk": text("C#" + id)},
		ProjectionExpression:      aws.String("pk, sk, terms, profile.e"),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, it := range page.Items {
			visit(item{"pk": it["pk"], "sk": it["sk"]})
			for _, key := range elsewhere(id, it) {
				visit(key)
			}
		}
	}
	return nil
}

// elsewhere returns the keys that a root has in other partitions: its search terms and its e-mail address.
func elsewhere(id string, root item) []item {
	var keys []item
	if terms, ok := root["terms"].(*types.AttributeValueMemberL); ok {
		for _, t := range terms.Value {
			term := t.(*types.AttributeValueMemberS).Value
			keys = append(keys, item{"pk": text("S#" + beginning(term)), "sk": text(term + "#" + id)})
		}
	}
	if profile, ok := root["profile"].(*types.AttributeValueMemberM); ok {
		keys = append(keys, item{"pk": text("E#" + strings.Clone(profile.Value["e"].(*types.AttributeValueMemberS).Value)), "sk": text("#")})
	}
	return keys
}

// batchWrite writes a batch, and retries what DynamoDB left unprocessed.
func batchWrite(ctx context.Context, client *dynamodb.Client, table string, batch []types.WriteRequest) error {
	for wait := 50 * time.Millisecond; ; wait *= 2 {
		out, err := client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{table: batch}})
		if err != nil {
			return err
		}
		if batch = out.UnprocessedItems[table]; len(batch) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rand.N(wait)):
		}
	}
}

// beginning is the partition of a search term: its first characters, at least two bytes.
func beginning(term string) string {
	for at := range term {
		if at >= 2 {
			return term[:at]
		}
	}
	return term
}
