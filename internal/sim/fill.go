package sim

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"
)

const (
	fillBatch   = 25 // items of one BatchWriteItem; DynamoDB's limit
	fillWriters = 8
)

// Fill adds n records of a kind, of a bit less than 1 KB each, to an active customer. It bypasses the
// store because its transactions would take too long, and then updates the counts on the root.
func (w *World) Fill(t testing.TB, id, kind string, n int) {
	t.Helper()
	w.Insert(t, func(yield func(map[string]types.AttributeValue) bool) {
		data := `{"text":"` + strings.Repeat("x", 800) + `"}`
		for i := range n {
			it := map[string]types.AttributeValue{
				"pk": text("C#" + id), "sk": text(fmt.Sprintf("R#%s#f%d", kind, i)), "kind": text(kind),
				"data": text(data), "created": text("2001-01-01T00:00:00.000Z"), "by": text("admin"),
			}
			if !yield(it) {
				return
			}
		}
	})
	_, err := dynamodb.NewFromConfig(w.Config).UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: &w.Name, Key: map[string]types.AttributeValue{"pk": text("C#" + id), "sk": text("#")},
		UpdateExpression:          aws.String("SET counts.#k = if_not_exists(counts.#k, :zero) + :n"),
		ExpressionAttributeNames:  map[string]string{"#k": kind},
		ExpressionAttributeValues: map[string]types.AttributeValue{":n": number(strconv.Itoa(n)), ":zero": number("0")},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Insert writes items into the main table as they are.
func (w *World) Insert(t testing.TB, items iter.Seq[map[string]types.AttributeValue]) {
	t.Helper()
	client := dynamodb.NewFromConfig(w.Config)
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(fillWriters)
	var batch []types.WriteRequest
	send := func() {
		requests := batch
		batch = nil
		group.Go(func() error { return insert(ctx, client, w.Name, requests) })
	}
	for it := range items {
		batch = append(batch, types.WriteRequest{PutRequest: &types.PutRequest{Item: it}})
		if len(batch) == fillBatch {
			send()
		}
	}
	if len(batch) > 0 {
		send()
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

func insert(ctx context.Context, client *dynamodb.Client, table string, batch []types.WriteRequest) error {
	for len(batch) > 0 {
		out, err := client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{table: batch},
		})
		if err != nil {
			return fmt.Errorf("fill %s: %w", table, err)
		}
		batch = out.UnprocessedItems[table]
	}
	return nil
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }
