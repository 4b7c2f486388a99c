package dynamo

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"

	"lethe/internal/customer"
)

// Customers reads a page of the active customers, newest first, or of the trash, soonest due
// first. With a search it returns the matches in the order of search.
func (t *Table) Customers(ctx context.Context, q customer.Query) (customer.Page, error) {
	if q.Search != "" {
		return t.search(ctx, q)
	}
	s := span{list: live, newestFirst: true}
	if q.State == customer.Deleted {
		s = span{list: trash}
	}
	s.page = q.Limit + 1 // one more shows whether there is a next page, and no shard is read twice
	after, err := decodeCursor(s.list, "", q.Cursor)
	if err != nil {
		return customer.Page{}, err
	}
	s.after = after
	page := customer.Page{Customers: make([]customer.Customer, 0, q.Limit)}
	position := ""
	for r, err := range t.entries(ctx, s) {
		if err != nil {
			return customer.Page{}, err
		}
		if len(page.Customers) == q.Limit {
			page.Cursor = encodeCursor(s.list, position)
			break
		}
		c, err := r.listed()
		if err != nil {
			return customer.Page{}, err
		}
		page.Customers, position = append(page.Customers, c), r.ISK
	}
	return page, nil
}

const sweepPage = 250

// Trash iterates over the customers in the trash that are due by a time, soonest first; over all if it is zero.
func (t *Table) Trash(ctx context.Context, until time.Time) iter.Seq2[customer.Customer, error] {
	s := span{list: trash, page: sweepPage}
	if !until.IsZero() {
		s.upTo = formatTime(until.Add(time.Millisecond))
	}
	return func(yield func(customer.Customer, error) bool) {
		for r, err := range t.entries(ctx, s) {
			var c customer.Customer
			if err == nil {
				c, err = r.listed()
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

// span is a part of a list.
type span struct {
	list        string
	newestFirst bool
	after       string // position, exclusive; empty for the beginning
	upTo        string // position, exclusive; empty for the end. Not with newestFirst
	page        int    // entries of a shard per request
}

// entries iterates over a list, with its shards merged into one order.
func (t *Table) entries(ctx context.Context, s span) iter.Seq2[root, error] {
	return func(yield func(root, error) bool) {
		shards, err := t.openShards(ctx, s)
		for err == nil {
			next := first(shards, s.newestFirst)
			if next == nil {
				return
			}
			if !yield(next.pop(), nil) {
				return
			}
			if len(next.page) == 0 {
				err = next.fill(ctx)
			}
		}
		yield(root{}, err)
	}
}

// openShards reads the first page of every shard, concurrently.
func (t *Table) openShards(ctx context.Context, s span) ([]*shard, error) {
	shards := make([]*shard, t.Shards)
	g, ctx := errgroup.WithContext(ctx)
	for i := range shards {
		shards[i] = &shard{table: t, span: s, pk: listPK(s.list, i)}
		g.Go(func() error { return shards[i].fill(ctx) })
	}
	return shards, g.Wait()
}

func first(shards []*shard, newestFirst bool) *shard {
	var best *shard
	for _, s := range shards {
		if len(s.page) == 0 {
			continue
		}
		if best == nil || (s.page[0].ISK < best.page[0].ISK) != newestFirst {
			best = s
		}
	}
	return best
}

// shard reads its part of a list, a page at a time.
type shard struct {
	table *Table
	span  span
	pk    string
	page  []root
	after item
	done  bool
}

func (s *shard) pop() root {
	r := s.page[0]
	s.page = s.page[1:]
	return r
}

// fill reads pages until one has entries or the shard ends.
func (s *shard) fill(ctx context.Context) error {
	for len(s.page) == 0 && !s.done {
		if err := s.read(ctx); err != nil {
			return fmt.Errorf("dynamo: read list: %w", err)
		}
	}
	return nil
}

func (s *shard) read(ctx context.Context) error {
	expr, err := expression.NewBuilder().WithKeyCondition(s.keys()).Build()
	if err != nil {
		return err
	}
	out, err := s.table.client.Query(ctx, &dynamodb.QueryInput{
		TableName: &s.table.Name, IndexName: aws.String(index),
		KeyConditionExpression:   expr.KeyCondition(),
		ExpressionAttributeNames: expr.Names(), ExpressionAttributeValues: expr.Values(),
		ExclusiveStartKey: s.after, Limit: aws.Int32(int32(s.span.page)), ScanIndexForward: aws.Bool(!s.span.newestFirst),
	})
	if err != nil {
		return err
	}
	s.after, s.done = out.LastEvaluatedKey, len(out.LastEvaluatedKey) == 0
	return attributevalue.UnmarshalListOfMaps(out.Items, &s.page)
}

func (s *shard) keys() expression.KeyConditionBuilder {
	pk := expression.Key("ipk").Equal(expression.Value(s.pk))
	isk := expression.Key("isk")
	switch {
	case s.span.after != "" && s.span.newestFirst:
		return pk.And(isk.LessThan(expression.Value(s.span.after)))
	case s.span.after != "":
		return pk.And(isk.GreaterThan(expression.Value(s.span.after)))
	case s.span.upTo != "":
		return pk.And(isk.LessThan(expression.Value(s.span.upTo)))
	}
	return pk
}
