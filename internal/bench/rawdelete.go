package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"lethe/internal/dynamo"
)

const (
	maxBatchGet   = 100 // DynamoDB's limits
	maxStatements = 25
)

// deleteCrowd moves the crowd to the trash with the statements that Lethe sends, 25 in a request: Query for the ids,
// BatchGetItem for the state that each statement is on condition of, BatchExecuteStatement. It has nothing else of an
// operation: no preview, no outcomes, no way to cancel it, and it can't continue where it stopped.
func (l *loop) deleteCrowd(ctx context.Context, took *laps) error {
	before, err := crowdItems(ctx, l.over.client())
	if err != nil {
		return err
	}
	meter := &dynamo.Meter{}
	client := dynamodb.NewFromConfig(meter.Attach(l.over.config))
	start := time.Now()
	roots, err := l.find(ctx, client)
	if err != nil {
		return err
	}
	read := time.Now()
	if err := l.hide(ctx, client, roots); err != nil {
		return err
	}
	took.since(start, deleted)
	took.since(read, deletedOnly)
	took.costs[deleted] = meter.Reset()
	if err := expect("customers to delete", len(roots), l.over.size.Crowd); err != nil {
		return err
	}
	return l.over.put(ctx, before)
}

// crowdItems reads the roots of the crowd, to put them back afterwards.
func crowdItems(ctx context.Context, client *dynamodb.Client) ([]item, error) {
	keys, err := found(ctx, client)
	if err != nil {
		return nil, err
	}
	var items []item
	for some := range slices.Chunk(keys, maxBatchGet) {
		batch, err := batchGet(ctx, client, some)
		if err != nil {
			return nil, err
		}
		items = append(items, batch...)
	}
	return items, nil
}

// crowdRoot is what the loop needs to know of a customer.
type crowdRoot struct {
	PK      string `dynamodbav:"pk"`
	ISK     string `dynamodbav:"isk"`
	IPK     string `dynamodbav:"ipk"`
	Version int64  `dynamodbav:"version"`
	Epoch   int64  `dynamodbav:"epoch"`
}

// find reads the crowd: the search terms, and then the roots, 100 in a request.
func (l *loop) find(ctx context.Context, client *dynamodb.Client) ([]crowdRoot, error) {
	keys, err := found(ctx, client)
	if err != nil {
		return nil, err
	}
	chunks := slices.Collect(slices.Chunk(keys, maxBatchGet))
	parts := make([][]crowdRoot, len(chunks))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(l.writers)
	for i, some := range chunks {
		group.Go(func() (err error) {
			parts[i], err = readRoots(ctx, client, some)
			return err
		})
	}
	err = group.Wait()
	return slices.Concat(parts...), err
}

// found returns the keys of the customers that a search for "crowd" finds.
func found(ctx context.Context, client *dynamodb.Client) (keys []item, err error) {
	const word = "crowd"
	pages := dynamodb.NewQueryPaginator(client, &dynamodb.QueryInput{
		TableName: aws.String(mainTable), KeyConditionExpression: aws.String("pk = :pk AND begins_with(sk, :word)"),
		ExpressionAttributeValues: item{":pk": text("S#" + beginning(word)), ":word": text(word + "#")},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, it := range page.Items {
			keys = append(keys, item{"pk": text("C#" + it["sk"].(*types.AttributeValueMemberS).Value[len(word+"#"):]), "sk": text("#")})
		}
	}
	return keys, nil
}

func readRoots(ctx context.Context, client *dynamodb.Client, keys []item) (roots []crowdRoot, err error) {
	items, err := batchGet(ctx, client, keys)
	if err != nil {
		return nil, err
	}
	return roots, attributevalue.UnmarshalListOfMaps(items, &roots)
}

// batchGet reads a batch consistently, and retries what DynamoDB left unprocessed.
func batchGet(ctx context.Context, client *dynamodb.Client, keys []item) (items []item, err error) {
	for len(keys) > 0 {
		out, err := client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
			mainTable: {Keys: keys, ConsistentRead: aws.Bool(true)},
		}})
		if err != nil {
			return nil, err
		}
		items, keys = append(items, out.Responses[mainTable]...), out.UnprocessedKeys[mainTable].Keys
	}
	return items, nil
}

// hide sends the statements.
func (l *loop) hide(ctx context.Context, client *dynamodb.Client, roots []crowdRoot) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(l.writers)
	for some := range slices.Chunk(roots, maxStatements) {
		group.Go(func() error { return hideSome(ctx, client, some) })
	}
	return group.Wait()
}

func hideSome(ctx context.Context, client *dynamodb.Client, roots []crowdRoot) error {
	statements := make([]types.BatchStatementRequest, len(roots))
	for i, r := range roots {
		var err error
		if statements[i], err = hiding(r, time.Now().UTC()); err != nil {
			return err
		}
	}
	out, err := client.BatchExecuteStatement(ctx, &dynamodb.BatchExecuteStatementInput{Statements: statements})
	if err != nil {
		return err
	}
	for _, r := range out.Responses {
		if r.Error != nil {
			return fmt.Errorf("%s: %s", r.Error.Code, aws.ToString(r.Error.Message))
		}
	}
	return nil
}

// hiding sets the attributes that Lethe's deletion sets, of the same length.
func hiding(r crowdRoot, now time.Time) (types.BatchStatementRequest, error) {
	const layout, generation = "2006-01-02T15:04:05.000Z", "zzzzzzzzzzzzzzzzzzzzzzzzzz"
	due := now.AddDate(0, 0, 30)
	values := []any{
		r.Version + 1,
		map[string]any{"id": generation, "at": now.Format(layout), "by": "bench", "action": "customer.deleted"},
		make([]byte, 10),
		"deleted", r.Epoch + 1,
		map[string]any{"g": generation, "t": now.UnixMilli(), "b": "bench", "p": due.UnixMilli()}, nil,
		"trash" + r.IPK[len("live"):], due.Format(layout) + "#" + r.PK[len("C#"):], due.AddDate(0, 0, 3).Unix(),
		r.Version, r.PK, "#",
	}
	statement := types.BatchStatementRequest{Statement: aws.String(`UPDATE "` + mainTable + `" SET "version"=?, "last"=?, "ro"=?, "state"=?, "epoch"=?, ` +
		`"deletion"=?, "reason"=?, "ipk"=?, "isk"=?, "ttl"=? WHERE "version"=? AND "pk"=? AND "sk"=?`)}
	for _, v := range values {
		value, err := attributevalue.Marshal(v)
		if err != nil {
			return statement, err
		}
		statement.Parameters = append(statement.Parameters, value)
	}
	return statement, nil
}
