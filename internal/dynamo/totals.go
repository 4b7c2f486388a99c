package dynamo

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
)

// totalsParts is the number of items that the totals are the sum of. Each has a partition of its own, so that
// counting never takes throughput from settings and leases.
const totalsParts = 32

// sums is what the entries of one transaction count together.
type sums struct{ totals customer.Totals }

func (s *sums) add(e customer.Entry) { s.totals = s.totals.Plus(e.Delta) }

// addSums adds the sums to one of the parts, drawn at random, so that transactions rarely meet on one.
func (tx *transaction) addSums(s sums) {
	tx.add(types.TransactWriteItem{Update: &types.Update{
		TableName: &tx.table.Name, Key: keyOf(totalsPK(rand.IntN(totalsParts)), rootSK),
		UpdateExpression: aws.String("ADD active :a, trash :t, purged :p"),
		ExpressionAttributeValues: item{
			":a": number(s.totals.Active), ":t": number(s.totals.Trash), ":p": number(s.totals.Purged),
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
		var part struct {
			Active int64 `dynamodbav:"active"`
			Trash  int64 `dynamodbav:"trash"`
			Purged int64 `dynamodbav:"purged"`
		}
		if err := attributevalue.UnmarshalMap(it, &part); err != nil {
			return sum, fmt.Errorf("dynamo: decode totals: %w", err)
		}
		sum = sum.Plus(customer.Totals{Active: part.Active, Trash: part.Trash, Purged: part.Purged})
	}
	return sum, nil
}
