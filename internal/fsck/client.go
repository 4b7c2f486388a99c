package fsck

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/time/rate"

	"lethe/internal/backoff"
	"lethe/internal/clock"
)

const (
	maxBatchGet = 100 // keys; DynamoDB's limit
)

// client reads the tables, counts the cost, and limits the rate.
type client struct {
	db   Reader
	pace *rate.Limiter // nil: none

	mu   sync.Mutex
	cost Cost
}

func newClient(db Reader, unitsPerSecond int) *client {
	c := &client{db: db}
	if unitsPerSecond > 0 {
		c.pace = rate.NewLimiter(rate.Limit(unitsPerSecond), max(unitsPerSecond, 1000)) // a request may cost hundreds
	}
	return c
}

// Reader is the part of DynamoDB's API that a check uses. It can't write. A [dynamodb.Client] is one.
type Reader interface {
	GetItem(ctx context.Context, in *dynamodb.GetItemInput, options ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	BatchGetItem(ctx context.Context, in *dynamodb.BatchGetItemInput, options ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error)
	Query(ctx context.Context, in *dynamodb.QueryInput, options ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
	Scan(ctx context.Context, in *dynamodb.ScanInput, options ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error)
}

// Cost is the capacity that the reads of a check and the writes of its repairs consumed, as DynamoDB
// reports it.
type Cost struct {
	Requests   int     `json:"requests"`
	ReadUnits  float64 `json:"readUnits"`
	WriteUnits float64 `json:"writeUnits"`
}

const bill = types.ReturnConsumedCapacityTotal

// read counts a read, and waits until the rate limit allows the next.
func (c *client) read(ctx context.Context, capacities ...types.ConsumedCapacity) error {
	units := c.count(capacities)
	if c.pace == nil || units == 0 {
		return nil
	}
	wait := c.pace.ReserveN(time.Now(), min(int(units+0.999), c.pace.Burst())).Delay()
	return clock.Sleep(ctx, wait)
}

func (c *client) count(capacities []types.ConsumedCapacity) (units float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cost.Requests++
	for _, capacity := range capacities {
		units += aws.ToFloat64(capacity.CapacityUnits)
	}
	c.cost.ReadUnits += units
	return units
}

// wrote counts the write of a repair.
func (c *client) wrote(units float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cost.Requests++
	c.cost.WriteUnits += units
}

func (c *client) costs() Cost {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cost
}

func one(capacity *types.ConsumedCapacity) []types.ConsumedCapacity {
	if capacity == nil {
		return nil
	}
	return []types.ConsumedCapacity{*capacity}
}

// get reads one item consistently. It is nil if it does not exist.
func (c *client) get(ctx context.Context, table string, k key) (item, error) {
	out, err := c.db.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &table, Key: k.item(), ConsistentRead: aws.Bool(true), ReturnConsumedCapacity: bill,
	})
	if err != nil {
		return nil, fmt.Errorf("fsck: read item: %w", err)
	}
	return out.Item, c.read(ctx, one(out.ConsumedCapacity)...)
}

// pointedTo are the attributes that lookups need.
var pointedTo = []string{"pk", "sk", "state", "terms", "claim", "profile", "deletion", "customer"}

// project returns a projection of some attributes. It uses placeholders, because many names are
// reserved words.
func project(attributes []string) (projection *string, names map[string]string) {
	if len(attributes) == 0 {
		return nil, nil
	}
	names = map[string]string{}
	for _, a := range attributes {
		names["#"+a] = a
	}
	return aws.String("#" + strings.Join(attributes, ", #")), names
}

// batchGet reads the attributes pointedTo of many items. The result has only items that exist.
func (c *client) batchGet(ctx context.Context, table string, keys []key, consistent bool) (map[key]row, error) {
	request := types.KeysAndAttributes{ConsistentRead: &consistent}
	request.ProjectionExpression, request.ExpressionAttributeNames = project(pointedTo)
	items, err := c.items(ctx, table, keys, request)
	found := map[key]row{}
	for k, it := range items {
		r, ok := readable(it)
		if !ok { // it exists; the scan reports that it can't be read
			r = row{PK: k.PK, SK: k.SK}
		}
		found[k] = r
	}
	return found, err
}

// wholes reads all attributes of many items consistently. The result has only items that exist.
func (c *client) wholes(ctx context.Context, table string, keys []key) (map[key]item, error) {
	return c.items(ctx, table, keys, types.KeysAndAttributes{ConsistentRead: aws.Bool(true)})
}

func (c *client) items(ctx context.Context, table string, keys []key, request types.KeysAndAttributes) (map[key]item, error) {
	found := map[key]item{}
	for some := range slices.Chunk(keys, maxBatchGet) {
		request.Keys = nil
		for _, k := range some {
			request.Keys = append(request.Keys, k.item())
		}
		if err := c.batch(ctx, table, request, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// batch repeats a request until all its keys are read.
func (c *client) batch(ctx context.Context, table string, request types.KeysAndAttributes, found map[key]item) error {
	for attempt := 0; len(request.Keys) > 0; attempt++ {
		if err := clock.Sleep(ctx, betweenAttempts.Limit(attempt)); err != nil {
			return err
		}
		out, err := c.db.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
			RequestItems: map[string]types.KeysAndAttributes{table: request}, ReturnConsumedCapacity: bill,
		})
		if err != nil {
			return fmt.Errorf("fsck: read items: %w", err)
		}
		if err := c.read(ctx, out.ConsumedCapacity...); err != nil {
			return err
		}
		for _, it := range out.Responses[table] {
			found[keyOf(it)] = it
		}
		request.Keys = out.UnprocessedKeys[table].Keys
	}
	return nil
}

// The waits have no jitter, so that a missing item must stay missing for a certain time.
var betweenAttempts = backoff.Exponential{First: 50 * time.Millisecond, Max: 1600 * time.Millisecond}

// scan reads a page of a segment, after a key; next is empty at the end.
func (c *client) scan(ctx context.Context, table string, segment, of int, after key, attributes ...string) (items []item, next key, err error) {
	in := &dynamodb.ScanInput{
		TableName: &table, Segment: aws.Int32(int32(segment)), TotalSegments: aws.Int32(int32(of)),
		Limit: aws.Int32(pageItems), ReturnConsumedCapacity: bill,
	}
	in.ProjectionExpression, in.ExpressionAttributeNames = project(attributes)
	if after != (key{}) {
		in.ExclusiveStartKey = after.item()
	}
	out, err := c.db.Scan(ctx, in)
	if err == nil {
		err = c.read(ctx, one(out.ConsumedCapacity)...)
	}
	if err != nil {
		return nil, key{}, fmt.Errorf("fsck: scan %s: %w", table, err)
	}
	return out.Items, keyOf(out.LastEvaluatedKey), nil
}

// lost reports whether a scan that ended after a key may have ended too early. One of the local engines
// ends a scan there if the item with the key was removed; DynamoDB continues.
func (c *client) lost(ctx context.Context, table string, after key) (bool, error) {
	if after == (key{}) {
		return false, nil
	}
	it, err := c.get(ctx, table, after)
	return it == nil, err
}

// query iterates over the items with a partition key, consistently. Without attributes it reads all.
func (c *client) query(ctx context.Context, table, pk string, newestFirst bool, attributes ...string) iter.Seq2[item, error] {
	in := &dynamodb.QueryInput{
		TableName: &table, KeyConditionExpression: aws.String("pk = :pk"), ExpressionAttributeValues: item{":pk": text(pk)},
		ScanIndexForward: aws.Bool(!newestFirst),
	}
	in.ProjectionExpression, in.ExpressionAttributeNames = project(attributes)
	return c.pages(ctx, in)
}

// queryAfter iterates over the items with a partition key after a sort key, empty for all items.
func (c *client) queryAfter(ctx context.Context, table, pk, sk string) iter.Seq2[item, error] {
	return c.pages(ctx, &dynamodb.QueryInput{
		TableName: &table, KeyConditionExpression: aws.String("pk = :pk AND sk > :sk"),
		ExpressionAttributeValues: item{":pk": text(pk), ":sk": text(cmp.Or(sk, " "))},
	})
}

// lastUpTo reads the last item of a partition up to a sort key. It is nil if it does not exist.
func (c *client) lastUpTo(ctx context.Context, table, pk, sk string) (item, error) {
	for it, err := range c.pages(ctx, &dynamodb.QueryInput{
		TableName: &table, KeyConditionExpression: aws.String("pk = :pk AND sk <= :sk"),
		ExpressionAttributeValues: item{":pk": text(pk), ":sk": text(sk)}, ScanIndexForward: aws.Bool(false), Limit: aws.Int32(1),
	}) {
		return it, err
	}
	return nil, nil
}

func (c *client) pages(ctx context.Context, in *dynamodb.QueryInput) iter.Seq2[item, error] {
	in.ConsistentRead, in.ReturnConsumedCapacity = aws.Bool(true), bill
	if in.Limit == nil {
		in.Limit = aws.Int32(pageItems)
	}
	return func(yield func(item, error) bool) {
		for {
			out, err := c.db.Query(ctx, in)
			if err == nil {
				err = c.read(ctx, one(out.ConsumedCapacity)...)
			}
			if err != nil {
				yield(nil, fmt.Errorf("fsck: read partition: %w", err))
				return
			}
			for _, it := range out.Items {
				if !yield(it, nil) {
					return
				}
			}
			if in.ExclusiveStartKey = out.LastEvaluatedKey; len(in.ExclusiveStartKey) == 0 {
				return
			}
		}
	}
}

// any reports whether the partition has an item.
func (c *client) any(ctx context.Context, table, pk string) (bool, error) {
	out, err := c.db.Query(ctx, &dynamodb.QueryInput{
		TableName: &table, Limit: aws.Int32(1), ReturnConsumedCapacity: bill,
		KeyConditionExpression: aws.String("pk = :pk"), ExpressionAttributeValues: item{":pk": text(pk)},
	})
	if err != nil {
		return false, fmt.Errorf("fsck: read partition: %w", err)
	}
	return len(out.Items) > 0, c.read(ctx, one(out.ConsumedCapacity)...)
}

// readable decodes an item. ok is false if it can't be read; the scan reports that.
func readable(it item) (r row, ok bool) {
	r, err := decode(it)
	return r, err == nil
}

func decode(it item) (row, error) {
	r := row{raw: it}
	err := attributevalue.UnmarshalMap(it, &r)
	return r, err
}
