package dynamo

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"lethe/internal/bulk"
)

// Meter counts the cost of requests to DynamoDB, as DynamoDB reports it. Its methods are
// safe for concurrent use.
type Meter struct {
	mu   sync.Mutex
	cost Cost
}

// Cost is the consumed capacity. A write unit is one write of up to 1 KB to a table or an
// index, two in a transaction; a read unit is one consistent read of up to 4 KB.
type Cost struct {
	Requests map[string]int // by operation, retries not counted
	Retries  int            // of the SDK; the attempt before may have been carried out
	Write    float64        // units, of table and indexes
	Read     float64
}

// Total is the number of requests of all operations.
func (c Cost) Total() int {
	n := 0
	for _, v := range c.Requests {
		n += v
	}
	return n
}

// Attach returns a configuration with which clients count on the meter.
func (m *Meter) Attach(cfg aws.Config) aws.Config {
	cfg = cfg.Copy()
	cfg.APIOptions = append(cfg.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("CapacityMeter", m.count), middleware.Before)
	})
	return cfg
}

// Reset returns the cost since the last Reset.
func (m *Meter) Reset() Cost {
	m.mu.Lock()
	defer m.mu.Unlock()
	cost := m.cost
	m.cost = Cost{}
	return cost
}

type meterKey struct{}

// Metered returns a context that counts the cost of the requests made with it, and a function that
// returns and resets the cost.
func Metered(ctx context.Context) (context.Context, func() bulk.Usage) {
	m := &Meter{}
	return context.WithValue(ctx, meterKey{}, m), func() bulk.Usage {
		cost := m.Reset()
		return bulk.Usage{Requests: cost.Total(), WriteUnits: cost.Write, ReadUnits: cost.Read}
	}
}

// Metering returns a configuration with which clients count on the meter of a request's context.
func Metering(cfg aws.Config) aws.Config {
	cfg = cfg.Copy()
	cfg.APIOptions = append(cfg.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ContextMeter", countIfMetered), middleware.Before)
	})
	return cfg
}

func countIfMetered(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	if m, ok := ctx.Value(meterKey{}).(*Meter); ok {
		return m.count(ctx, in, next)
	}
	return next.HandleInitialize(ctx, in)
}

func (m *Meter) count(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	write := askForCapacity(in.Parameters)
	out, md, err := next.HandleInitialize(ctx, in)
	m.add(middleware.GetOperationName(ctx), write, consumed(out.Result))
	m.addRetries(md)
	return out, md, err
}

func (m *Meter) add(operation string, write bool, capacities []types.ConsumedCapacity) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cost.Requests == nil {
		m.cost.Requests = map[string]int{}
	}
	m.cost.Requests[operation]++
	for _, c := range capacities {
		if write {
			m.cost.Write += units(c)
		} else {
			m.cost.Read += units(c)
		}
	}
}

func (m *Meter) addRetries(md middleware.Metadata) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if attempts, ok := retry.GetAttemptResults(md); ok {
		m.cost.Retries += max(len(attempts.Results)-1, 0)
	}
}

// units sums table and indexes: the total that DynamoDB Local reports lacks transactions.
func units(c types.ConsumedCapacity) float64 {
	if c.Table == nil {
		return aws.ToFloat64(c.CapacityUnits)
	}
	sum := aws.ToFloat64(c.Table.CapacityUnits)
	for _, idx := range c.GlobalSecondaryIndexes {
		sum += aws.ToFloat64(idx.CapacityUnits)
	}
	return sum
}

// askForCapacity makes the request return its consumed capacity, and reports whether it writes.
func askForCapacity(params any) (write bool) {
	const want = types.ReturnConsumedCapacityIndexes
	switch in := params.(type) {
	case *dynamodb.GetItemInput:
		in.ReturnConsumedCapacity = want
	case *dynamodb.BatchGetItemInput:
		in.ReturnConsumedCapacity = want
	case *dynamodb.QueryInput:
		in.ReturnConsumedCapacity = want
	case *dynamodb.ScanInput:
		in.ReturnConsumedCapacity = want
	case *dynamodb.TransactGetItemsInput:
		in.ReturnConsumedCapacity = want
	case *dynamodb.PutItemInput:
		in.ReturnConsumedCapacity, write = want, true
	case *dynamodb.UpdateItemInput:
		in.ReturnConsumedCapacity, write = want, true
	case *dynamodb.DeleteItemInput:
		in.ReturnConsumedCapacity, write = want, true
	case *dynamodb.BatchWriteItemInput:
		in.ReturnConsumedCapacity, write = want, true
	case *dynamodb.TransactWriteItemsInput:
		in.ReturnConsumedCapacity, write = want, true
	case *dynamodb.BatchExecuteStatementInput: // nothing here reads by PartiQL
		in.ReturnConsumedCapacity, write = want, true
	case *dynamodb.ExecuteStatementInput:
		in.ReturnConsumedCapacity, write = want, true
	case *dynamodb.ExecuteTransactionInput:
		in.ReturnConsumedCapacity, write = want, true
	}
	return write
}

func consumed(result any) []types.ConsumedCapacity {
	one := func(c *types.ConsumedCapacity) []types.ConsumedCapacity {
		if c == nil {
			return nil
		}
		return []types.ConsumedCapacity{*c}
	}
	switch out := result.(type) {
	case *dynamodb.GetItemOutput:
		return one(out.ConsumedCapacity)
	case *dynamodb.BatchGetItemOutput:
		return out.ConsumedCapacity
	case *dynamodb.QueryOutput:
		return one(out.ConsumedCapacity)
	case *dynamodb.ScanOutput:
		return one(out.ConsumedCapacity)
	case *dynamodb.TransactGetItemsOutput:
		return out.ConsumedCapacity
	case *dynamodb.PutItemOutput:
		return one(out.ConsumedCapacity)
	case *dynamodb.UpdateItemOutput:
		return one(out.ConsumedCapacity)
	case *dynamodb.DeleteItemOutput:
		return one(out.ConsumedCapacity)
	case *dynamodb.BatchWriteItemOutput:
		return out.ConsumedCapacity
	case *dynamodb.TransactWriteItemsOutput:
		return out.ConsumedCapacity
	case *dynamodb.BatchExecuteStatementOutput:
		return out.ConsumedCapacity
	case *dynamodb.ExecuteStatementOutput:
		return one(out.ConsumedCapacity)
	case *dynamodb.ExecuteTransactionOutput:
		return out.ConsumedCapacity
	}
	return nil
}
