package dynamo_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
	"lethe/internal/dynamo"
)

const shards = 4 // of the stores that dynamotest opens

type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// multiply makes n copies of a customer in its list, each a second younger than the
// one before, or due a second later, and with an address of its own. They have no search terms.
func (p till) multiply(t testing.TB, id string, n int) {
	t.Helper()
	out, err := dynamodb.NewFromConfig(p.world.Config).GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: &p.world.Name, Key: item{"pk": text("C#" + id), "sk": text("#")}, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	p.world.Insert(t, func(yield func(item) bool) {
		for i := range n {
			id := fmt.Sprintf("%s-%06d", id, i)
			it := copyOf(out.Item, id, i)
			if !yield(it) || !yield(item{"pk": text("E#" + id + "@alfreds.example"), "sk": text("#"), "customer": text(id)}) {
				return
			}
		}
	})
}

// copyOf returns the n-th copy of a root.
func copyOf(root item, id string, n int) item {
	it := maps.Clone(root)
	list := root["ipk"].(*types.AttributeValueMemberS).Value
	it["pk"], it["ipk"] = text("C#"+id), text(fmt.Sprint(list[:len(list)-1], n%shards))
	profile := maps.Clone(root["profile"].(*types.AttributeValueMemberM).Value)
	profile["e"] = text(id + "@alfreds.example")
	it["profile"] = &types.AttributeValueMemberM{Value: profile}
	delete(it, "terms")
	start, later := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC), time.Duration(n)*time.Second
	if stay, deleted := root["deletion"].(*types.AttributeValueMemberM); deleted {
		purge := time.Now().UTC().Add(20*day + later)
		stay = &types.AttributeValueMemberM{Value: maps.Clone(stay.Value)}
		stay.Value["p"] = &types.AttributeValueMemberN{Value: fmt.Sprint(purge.UnixMilli())}
		it["deletion"], it["isk"] = stay, text(purge.Format(layout)+"#"+id)
		it["ttl"] = &types.AttributeValueMemberN{Value: fmt.Sprint(purge.Add(time.Hour).Unix())}
		it["created"] = text(start.Format(layout) + "#" + id)
		return it
	}
	it["isk"] = text(start.Add(later).Format(layout) + "#" + id)
	it["created"] = it["isk"]
	return it
}

const layout = "2006-01-02T15:04:05.000Z"

// reads reads a page of a list and returns its cost.
func (p till) reads(t testing.TB, what string, q customer.Query) (dynamo.Cost, customer.Page) {
	t.Helper()
	p.meter.Reset()
	page, err := p.Customers(t.Context(), q)
	cost := p.pays(t, what, err)
	if len(page.Customers) != q.Limit || page.Cursor == "" {
		t.Errorf("%s: %d customers, cursor %q", what, len(page.Customers), page.Cursor)
	}
	return cost, page
}

// TestAPageIsReadInOneRound reads pages of lists in which every shard could fill the page. How often a page needs a second
// round shows TestAPageTakesOneRoundAndRarelyTwo.
func TestAPageIsReadInOneRound(t *testing.T) {
	t.Parallel()
	p := newTill(t)
	p.create(t, "ann")
	p.multiply(t, "ann", 900)
	p.create(t, "bob")
	if _, err := p.Delete(t.Context(), "bob", customer.Change{By: "admin", Reason: "asked by phone, case 2026-17"}); err != nil {
		t.Fatal(err)
	}
	p.multiply(t, "bob", 300)
	for _, tt := range []struct {
		action string
		query  customer.Query
		units  float64 // at most
	}{
		{"a page of 50 of a list, read from 4 shards", customer.Query{State: customer.Active, Limit: 50}, 4},
		{"a page of 5 of a list", customer.Query{State: customer.Active, Limit: 5}, 2},
		{"a page of 200 of a list", customer.Query{State: customer.Active, Limit: 200}, 8},
		{"a page of 50 of the trash", customer.Query{State: customer.Deleted, Limit: 50}, 4},
	} {
		cost, page := p.reads(t, tt.action, tt.query)
		onPage(t, tt.action, cost)
		if cost.Total() != shards || cost.Read > tt.units || cost.Write != 0 {
			t.Errorf("%s: want %d requests, at most %g read units", tt.action, shards, tt.units)
		}
		tt.query.Cursor = page.Cursor
		next, _ := p.reads(t, tt.action+", the next one", tt.query)
		same(t, tt.action+", the next one", next, cost)
	}
}

func TestPage1000CostsWhatPage1Does(t *testing.T) {
	t.Parallel()
	const size, pages = 5, 1000
	p := newTill(t)
	p.create(t, "ann")
	p.multiply(t, "ann", size*(pages+20))
	want, first := p.reads(t, "list, page 1", customer.Query{Limit: size})
	wantMany, _ := p.reads(t, "list, page 1 of 50", customer.Query{Limit: 50})

	// Page 999 and larger pages that end at the same place have the same cursor.
	cursor := first.Cursor
	for range 2 {
		_, page := p.reads(t, "a way to page 1000", customer.Query{Limit: size * (pages - 2) / 2, Cursor: cursor})
		cursor = page.Cursor
	}
	got, _ := p.reads(t, "list, page 1000", customer.Query{Limit: size, Cursor: cursor})
	same(t, "cost of page 1000", got, want)
	gotMany, _ := p.reads(t, "list, page 100 of 50", customer.Query{Limit: 50, Cursor: cursor})
	same(t, "cost of page 100 of 50", gotMany, wantMany)
}
