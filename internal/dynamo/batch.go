package dynamo

import (
	"context"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"lethe/internal/busy"
)

const (
	maxBatchGet   = 100 // keys; DynamoDB's limits
	maxBatchWrite = 25

	writers       = 8  // batches of one purge in flight
	maxBatchReads = 12 // attempts to read a batch to its end
)

// batchGet reads up to 100 items. It repeats the keys that DynamoDB returns as unprocessed, and is [customer.ErrBusy] after
// the last attempt.
func (t *Table) batchGet(ctx context.Context, keys []item, consistent bool) ([]item, error) {
	var items []item
	for attempt := 1; len(keys) > 0; attempt++ {
		if attempt > 1 {
			if err := afterLeftOut.Wait(ctx, attempt); err != nil {
				return nil, err
			}
		}
		out, err := t.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
			t.Name: {Keys: keys, ConsistentRead: aws.Bool(consistent)},
		}})
		if err != nil {
			return nil, err
		}
		items = append(items, out.Responses[t.Name]...)
		keys = out.UnprocessedKeys[t.Name].Keys
		if attempt == maxBatchReads && len(keys) > 0 {
			return nil, errBusy("a batch of reads", attempt, fmt.Errorf("%d keys left unprocessed", len(keys)))
		}
	}
	return items, nil
}

// batcher writes without conditions, 25 items a request and several requests at once.
// Use it only for what belongs to customers past the fence. Several goroutines may fill it;
// they block while all requests are in flight.
type batcher struct {
	table *Table
	ctx   context.Context // of the group: ends with the first error
	group *errgroup.Group

	mu      sync.Mutex
	pending []write
}

// write is one write of a batch, with a function to call once it is made; nil for none.
type write struct {
	types.WriteRequest

	then func()
}

func (t *Table) newBatcher(ctx context.Context) *batcher {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	return &batcher{table: t, ctx: ctx, group: group}
}

func (b *batcher) delete(key item) {
	b.add(write{types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: key}}, nil})
}

// put writes an item, and calls then once it is written.
func (b *batcher) put(it item, then func()) {
	b.add(write{types.WriteRequest{PutRequest: &types.PutRequest{Item: it}}, then})
}

func (b *batcher) add(w write) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pending = append(b.pending, w); len(b.pending) == maxBatchWrite {
		b.send()
	}
}

func (b *batcher) send() {
	batch := b.pending
	b.pending = nil
	if len(batch) > 0 {
		b.group.Go(func() error { return b.write(batch) })
	}
}

func (b *batcher) write(batch []write) error {
	requests := make([]types.WriteRequest, len(batch))
	for i, w := range batch {
		requests[i] = w.WriteRequest
	}
	if err := b.table.batchWrite(b.ctx, requests); err != nil {
		return err
	}
	for _, w := range batch {
		if w.then != nil {
			w.then()
		}
	}
	return nil
}

// finish sends the pending writes and waits for all requests. The batcher can't be used afterwards.
func (b *batcher) finish() error {
	b.send()
	return b.group.Wait()
}

// batchWrite writes a batch at the table's pace. It repeats the items that DynamoDB returns as unprocessed,
// until the context ends.
func (t *Table) batchWrite(ctx context.Context, batch []types.WriteRequest) error {
	for attempt := 1; len(batch) > 0; attempt++ {
		done, err := t.pace.turn(ctx, len(batch))
		if err != nil {
			return err
		}
		out, err := t.bulk.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{t.Name: batch},
		})
		done()
		switch {
		case err == nil && len(out.UnprocessedItems[t.Name]) == 0:
			t.pace.faster()
			return nil
		case err == nil:
			batch = out.UnprocessedItems[t.Name]
		case !busy.Throttled(err):
			return err
		}
		t.pace.slower()
		if err := afterThrottled.Wait(ctx, attempt); err != nil {
			return err
		}
	}
	return nil
}
