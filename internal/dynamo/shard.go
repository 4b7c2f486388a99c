package dynamo

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"
)

// span is a part of a list.
type span struct {
	partitions  []string // of the index, one for each shard of the list
	newestFirst bool
	after       string // position, exclusive; empty for the beginning
	upTo        string // position, exclusive; empty for the end. Not with newestFirst
}

// partitions returns those of a list of customers.
func (t *Table) partitions(list string) []string {
	all := make([]string, t.Shards)
	for i := range all {
		all[i] = listPK(list, i)
	}
	return all
}

// merge begins to read a span, of which the caller wants so many entries.
func (t *Table) merge(s span, want int) *merge {
	return newMerge(len(s.partitions), want, s.newestFirst, inRounds(func(ctx context.Context, a ask) (reading, error) {
		return t.readShard(ctx, s, a)
	}))
}

// inRounds reads the shards of a round at the same time.
func inRounds(read func(context.Context, ask) (reading, error)) roundReader {
	return func(ctx context.Context, asks []ask) ([]reading, error) {
		readings := make([]reading, len(asks))
		g, ctx := errgroup.WithContext(ctx)
		for i, a := range asks {
			g.Go(func() (err error) {
				readings[i], err = read(ctx, a)
				return err
			})
		}
		return readings, g.Wait()
	}
}

func (t *Table) readShard(ctx context.Context, s span, a ask) (reading, error) {
	condition, values := s.condition(a.shard)
	out, err := t.client.Query(ctx, &dynamodb.QueryInput{
		TableName: &t.Name, IndexName: aws.String(index),
		KeyConditionExpression: &condition, ExpressionAttributeValues: values,
		ProjectionExpression: &listProjection, ExpressionAttributeNames: listNames,
		ExclusiveStartKey: a.from, Limit: aws.Int32(int32(a.limit)), ScanIndexForward: aws.Bool(!s.newestFirst),
	})
	if err != nil {
		return reading{}, fmt.Errorf("dynamo: read list: %w", err)
	}
	entries := make([]listEntry, len(out.Items))
	for i, it := range out.Items {
		entries[i] = listEntry{stringOf(it, "isk"), it}
	}
	return reading{entries, out.LastEvaluatedKey}, nil
}

// condition returns the condition on the keys of a shard, and its values.
func (s span) condition(shard int) (string, item) {
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	values := item{":shard": text(s.partitions[shard])}
	const in = "ipk = :shard"
	switch {
	case s.after != "" && s.newestFirst:
		values[":after"] = text(s.after)
		return in + " AND isk < :after", values
	case s.after != "":
		values[":after"] = text(s.after)
		return in + " AND isk > :after", values
	case s.upTo != "":
		values[":upTo"] = text(s.upTo)
		return in + " AND isk < :upTo", values
	}
	return in, values
}
