package dynamo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"lethe/internal/customer"
)

const (
	searchPage     = 100 // terms read at once, if those before were not enough
	maxSearchPages = 20  // after which a page may be short and have a cursor
)

// search returns the customer with the e-mail address, if the search is one. Otherwise it reads the terms that begin with
// the search's leads (the prefixes to look up), lead by lead, and returns the customers that match, in the order of their
// terms. It checks each match against the customer's root: a customer deleted a moment ago is not among the active.
func (t *Table) search(ctx context.Context, q customer.Query) (customer.Page, error) {
	s, err := customer.ParseSearch(q.Search)
	if err != nil {
		return customer.Page{}, err
	}
	w := walk{search: s, leads: s.Leads(), state: q.State, consistent: q.Consistent, query: "search\x00" + string(q.State) + "\x00" + s.String()}
	if w.position, err = decodeCursor(w.query, "", q.Cursor); err != nil {
		return customer.Page{}, err
	}
	if s.Address != "" && w.position == "" {
		c, err := t.addressed(ctx, s.Address)
		switch {
		case err == nil:
			return customer.Page{Customers: w.kept(c)}, nil
		case !errors.Is(err, customer.ErrNotFound):
			return customer.Page{}, err
		}
	}
	return t.walk(ctx, w, q.Limit)
}

// addressed returns the customer with the claim on an e-mail address, by consistent reads.
func (t *Table) addressed(ctx context.Context, email string) (customer.Customer, error) {
	owner, err := t.EmailOwner(ctx, email)
	if err != nil {
		return customer.Customer{}, err
	}
	return t.Customer(ctx, owner)
}

// walk is the state of a search that reads through the terms.
type walk struct {
	search     customer.Search
	leads      []string
	state      customer.State
	consistent bool   // how the roots are read
	query      string // its cursors are bound to it
	position   string // the last term read; empty at the beginning
}

// walk reads a page: the terms of each lead, one lead after the other. At first it reads as many terms as the page has
// room for. Usually each finds a customer to show, so that no root is read in vain.
func (t *Table) walk(ctx context.Context, w walk, limit int) (page customer.Page, err error) {
	at, err := w.lead()
	if err != nil {
		return page, err
	}
	for round := range maxSearchPages {
		if at == len(w.leads) {
			return page, nil
		}
		count := limit - len(page.Customers)
		if round > 0 {
			count = max(count, searchPage)
		}
		hits, last, err := t.hits(ctx, w.leads[at], w.position, count)
		if err != nil {
			return customer.Page{}, err
		}
		roots, err := t.rootsOfHits(ctx, hits, w.consistent)
		if err != nil {
			return customer.Page{}, err
		}
		for i, h := range hits {
			w.position = h.sk
			if page.Customers = append(page.Customers, w.shown(h, roots)...); len(page.Customers) == limit {
				if end := last && i == len(hits)-1 && at == len(w.leads)-1; !end {
					page.Cursor = encodeCursor(w.query, w.position)
				}
				return page, nil
			}
		}
		if !last {
			continue
		}
		if at++; at < len(w.leads) {
			w.position = w.leads[at] // a lead sorts before the terms that begin with it
		}
	}
	page.Cursor = encodeCursor(w.query, w.position)
	return page, nil
}

// lead returns the index of the lead that the position begins with.
func (w walk) lead() (int, error) {
	if w.position == "" {
		return 0, nil
	}
	at := slices.IndexFunc(w.leads, func(lead string) bool { return strings.HasPrefix(w.position, lead) })
	if at < 0 {
		return 0, customer.ErrCursor // DynamoDB accepts no other start key
	}
	return at, nil
}

// kept returns the customer if it matches the search and is in the list that is searched.
func (w walk) kept(c customer.Customer) []customer.Customer {
	if (c.State == customer.Active) != (w.state != customer.Deleted) || !w.search.Matches(c) {
		return nil
	}
	return []customer.Customer{c}
}

// shown returns the customer of a hit, but only for the first of its terms that begins with a lead:
// several terms of one customer may match.
func (w walk) shown(h hit, roots map[string]customer.Customer) []customer.Customer {
	c, there := roots[h.customer]
	if !there || h.term != w.firstTerm(c) {
		return nil
	}
	return w.kept(c)
}

func (w walk) firstTerm(c customer.Customer) string {
	for _, lead := range w.leads {
		for _, term := range c.Terms {
			if strings.HasPrefix(term, lead) {
				return term
			}
		}
	}
	return ""
}

// hit is one search term of one customer.
type hit struct{ sk, term, customer string }

// hits reads up to count terms that begin with the lead, from the one after a position. It asks for one more, to know
// whether the last of them is the last of all.
func (t *Table) hits(ctx context.Context, lead, after string, count int) (hits []hit, last bool, err error) {
	keys := expression.Key("pk").Equal(expression.Value(termPK(lead))).
		And(expression.Key("sk").BeginsWith(lead))
	expr, err := expression.NewBuilder().WithKeyCondition(keys).Build()
	if err != nil {
		return nil, false, err
	}
	in := &dynamodb.QueryInput{
		TableName: &t.Name, KeyConditionExpression: expr.KeyCondition(), Limit: aws.Int32(int32(count + 1)),
		ExpressionAttributeNames: expr.Names(), ExpressionAttributeValues: expr.Values(),
	}
	if after != "" {
		in.ExclusiveStartKey = keyOf(termPK(lead), after)
	}
	out, err := t.client.Query(ctx, in)
	if err != nil {
		return nil, false, fmt.Errorf("dynamo: search: %w", err)
	}
	for _, it := range out.Items[:min(count, len(out.Items))] {
		sk := stringOf(it, "sk")
		term, id, _ := strings.Cut(sk, "#")
		hits = append(hits, hit{sk, term, id})
	}
	return hits, len(out.LastEvaluatedKey) == 0 && len(out.Items) <= count, nil
}

// rootsOfHits reads the customers of hits, by id. Customers that no longer exist are missing.
func (t *Table) rootsOfHits(ctx context.Context, hits []hit, consistent bool) (map[string]customer.Customer, error) {
	var ids []string
	seen := map[string]bool{}
	for _, h := range hits {
		if !seen[h.customer] {
			ids = append(ids, h.customer)
		}
		seen[h.customer] = true
	}
	found, err := t.roots(ctx, ids, consistent)
	if err != nil {
		return nil, err
	}
	roots := make(map[string]customer.Customer, len(found))
	for _, c := range found {
		roots[c.ID] = c
	}
	return roots, nil
}
