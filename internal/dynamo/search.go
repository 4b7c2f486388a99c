package dynamo

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"lethe/internal/customer"
)

const (
	searchPage     = 100 // terms read at once, and roots: the limit of BatchGetItem
	maxSearchPages = 20  // after which a page may be short, with a cursor to go on
)

// search goes through the customers that have a word beginning with the longest word
// of the search, and keeps those that have the others too. The order is that of the
// words found. What the terms say is checked against the roots: a customer deleted a
// moment ago is not found among the living.
func (t *Table) search(ctx context.Context, q customer.Query) (customer.Page, error) {
	words := searchWords(q.Search)
	if len(words) == 0 || len([]rune(words[0])) < 2 {
		return customer.Page{}, customer.Invalid("search", "needs a word of at least two letters or digits")
	}
	query := "search\x00" + string(q.State) + "\x00" + strings.Join(words, " ")
	position, err := decodeCursor(query, words[0], q.Cursor)
	if err != nil {
		return customer.Page{}, err
	}
	var page customer.Page
	for range maxSearchPages {
		hits, last, err := t.hits(ctx, words[0], position)
		if err != nil {
			return customer.Page{}, err
		}
		roots, err := t.roots(ctx, hits)
		if err != nil {
			return customer.Page{}, err
		}
		for _, hit := range hits {
			position = hit.sk
			c, there := roots[hit.customer]
			if !there || !matches(c, hit, words, q.State) {
				continue
			}
			if page.Customers = append(page.Customers, c); len(page.Customers) == q.Limit {
				page.Cursor = encodeCursor(query, position)
				return page, nil
			}
		}
		if last {
			return page, nil
		}
	}
	page.Cursor = encodeCursor(query, position)
	return page, nil
}

// hit is one search term of one customer.
type hit struct{ sk, term, customer string }

// hits reads the terms that begin with the word, after a position.
func (t *Table) hits(ctx context.Context, word, after string) (hits []hit, last bool, err error) {
	keys := expression.Key("pk").Equal(expression.Value(termPK(word))).
		And(expression.Key("sk").BeginsWith(word))
	expr, err := expression.NewBuilder().WithKeyCondition(keys).Build()
	if err != nil {
		return nil, false, err
	}
	in := &dynamodb.QueryInput{
		TableName: &t.Name, KeyConditionExpression: expr.KeyCondition(), Limit: aws.Int32(searchPage),
		ExpressionAttributeNames: expr.Names(), ExpressionAttributeValues: expr.Values(),
	}
	if after != "" {
		in.ExclusiveStartKey = keyOf(termPK(word), after)
	}
	out, err := t.client.Query(ctx, in)
	if err != nil {
		return nil, false, fmt.Errorf("dynamo: search: %w", err)
	}
	for _, it := range out.Items {
		sk := stringOf(it, "sk")
		term, id, _ := strings.Cut(sk, "#")
		hits = append(hits, hit{sk, term, id})
	}
	return hits, len(out.LastEvaluatedKey) == 0, nil
}

// matches says whether a hit is to be shown: the root has its term still, as the first
// of those the word begins, so that nobody is found twice; and has the other words.
func matches(c customer.Customer, h hit, words []string, state customer.State) bool {
	if (c.State == customer.Active) != (state != customer.Deleted) {
		return false
	}
	begun := func(word string) int {
		return slices.IndexFunc(c.Terms, func(term string) bool { return strings.HasPrefix(term, word) })
	}
	if i := begun(words[0]); i < 0 || c.Terms[i] != h.term {
		return false
	}
	return !slices.ContainsFunc(words[1:], func(word string) bool { return begun(word) < 0 })
}

// roots reads the customers of some hits, by id; those that are gone are missing.
func (t *Table) roots(ctx context.Context, hits []hit) (map[string]customer.Customer, error) {
	var keys []item
	seen := map[string]bool{}
	for _, h := range hits {
		if !seen[h.customer] {
			keys = append(keys, keyOf(customerPK(h.customer), rootSK))
		}
		seen[h.customer] = true
	}
	items, err := t.batchGet(ctx, keys, false)
	if err != nil {
		return nil, fmt.Errorf("dynamo: read customers: %w", err)
	}
	roots := make(map[string]customer.Customer, len(items))
	for _, it := range items {
		c, err := DecodeCustomer(it)
		if err != nil {
			return nil, err
		}
		roots[c.ID] = c
	}
	return roots, nil
}
