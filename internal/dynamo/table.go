// Package dynamo keeps customers in one DynamoDB table and certificates in another.
//
// keys.go lists the items. Each change of a customer is one conditional write. If the
// condition fails, the reason comes from the item that DynamoDB returns with the failure, never from
// a second read.
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
	bulk   *dynamodb.Client // for bulk writes, which a pace limits
	pace   *pace            // of records, terms and claims
	lists  *pace            // of roots: their entries in the index share few partitions
	clock  clock.Clock
	names  func(customer.Profile) customer.Names
	Options
}

var _ customer.Store = (*Table)(nil)

// Options of a Table.
type Options struct {
	Name   string
	Shards int             // of the list index; may grow later, never shrink. 0 means unknown, which is enough for repairs
	Grace  time.Duration   // from the purge time to the TTL
	Audit  customer.Period // how long audit entries stay
}

// New returns the table of the given name. The SDK retries requests; if the last attempt fails and the request may be
// repeated later, the error is [customer.ErrBusy].
func New(cfg aws.Config, o Options) *Table {
	cfg = busy.Configure(Metering(cfg))
	return &Table{
		client:  dynamodb.NewFromConfig(cfg, retryConflicts, rememberEndpoints),
		bulk:    dynamodb.NewFromConfig(cfg, paced, rememberEndpoints),
		pace:    newPace(),
		lists:   newPace(),
		names:   customer.NamesOf,
		Options: o,
	}
}

// retryConflicts makes the SDK retry a write that conflicts with another transaction too. A failed
// condition is never retried: it is an answer.
func retryConflicts(o *dynamodb.Options) {
	o.Retryer = retry.AddWithErrorCodes(o.Retryer, busy.Conflict)
}

// paced removes the SDK's token bucket, which starves goroutines that write in bulk, and its
// retries of throttled requests: they would hide a throttle from the pace for seconds, and repeat the
// request at the old rate. The SDK still retries other transient errors.
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

// failedCondition returns the item that failed a condition. ok is false for other errors.
func failedCondition(err error) (old item, ok bool) {
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) {
		return nil, false
	}
	return failed.Item, true
}
