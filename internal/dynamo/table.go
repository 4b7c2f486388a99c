// Package dynamo keeps customers in one DynamoDB table and certificates in another.
//
// keys.go maps every item. Each change of a customer is one conditional write, and a
// refusal is explained from the item that the failed condition returns, never by a
// second read.
package dynamo

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/busy"
	"lethe/internal/clock"
	"lethe/internal/customer"
)

// Table is a [customer.Store] in one DynamoDB table.
type Table struct {
	client *dynamodb.Client
	bulk   *dynamodb.Client // for many writes: leaves pacing to the paces
	pace   *pace            // of what hangs on customers
	lists  *pace            // of roots: their entries in the lists share few partitions
	clock  clock.Clock
	names  func(customer.Profile) customer.Names
	Options
}

var _ customer.Store = (*Table)(nil)

// Options of a Table.
type Options struct {
	Name   string
	Shards int             // of the list index; may grow later, never shrink. 0: not known, which is enough for repairs
	Grace  time.Duration   // TTL is the purge time and this
	Audit  customer.Period // how long audit entries stay
}

// New is the table with the given name. Requests are retried as the SDK does it; what is still
// refused then, and may be asked for again, is [customer.ErrBusy].
func New(cfg aws.Config, o Options) *Table {
	cfg = busy.Configure(Metering(cfg))
	return &Table{
		client:  dynamodb.NewFromConfig(cfg, retryConflicts),
		bulk:    dynamodb.NewFromConfig(cfg, paced),
		pace:    newPace(),
		lists:   newPace(),
		names:   customer.NamesOf,
		Options: o,
	}
}

// retryConflicts adds to what the SDK retries the conflict of a write with somebody
// else's transaction. A failed condition is never retried: it is an answer.
func retryConflicts(o *dynamodb.Options) {
	o.Retryer = retry.AddWithErrorCodes(o.Retryer, busy.Conflict)
}

// paced takes away the SDK's token bucket, which starves goroutines that write in bulk, and
// its retries of what is throttled: they would keep the news from the pace for seconds, and
// ask again at the old one. What else goes away by itself the SDK tries again.
func paced(o *dynamodb.Options) {
	o.Retryer = retry.NewStandard(func(so *retry.StandardOptions) {
		so.RateLimiter = ratelimit.None
		so.MaxAttempts = 3
		so.Retryables = slices.Insert(so.Retryables, 0, retry.IsErrorRetryable(retry.IsErrorRetryableFunc(unlessThrottled)))
	})
}

func unlessThrottled(err error) aws.Ternary {
	if busy.Throttled(err) {
		return aws.FalseTernary
	}
	return aws.UnknownTernary
}

func (t *Table) get(ctx context.Context, pk, sk string) (item, error) {
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &t.Name, Key: keyOf(pk, sk), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// failedCondition returns the item that failed a condition; ok is false for other errors.
func failedCondition(err error) (old item, ok bool) {
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) {
		return nil, false
	}
	return failed.Item, true
}
