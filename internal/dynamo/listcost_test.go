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
)

const shards = 4 // of the stores that dynamotest opens

type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// multiply makes n copies of a customer in its list, each a second younger than the
// one before and with an address of its own. They have no search terms.
func (p till) multiply(t testing.TB, id string, n int) {
	t.Helper()
	out, err := dynamodb.NewFromConfig(p.world.Config).GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: &p.world.Name, Key: item{"pk": text("C#" + id), "sk": text("#")}, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		t.Fatal(err)
	}
	profile := out.Item["profile"].(*types.AttributeValueMemberM).Value
	list := out.Item["ipk"].(*types.AttributeValueMemberS).Value
	list = list[:len(list)-1]
	start := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	p.world.Insert(t, func(yield func(item) bool) {
		for i := range n {
			id := fmt.Sprintf("%s-%06d", id, i)
			place := start.Add(time.Duration(i)*time.Second).Format("2006-01-02T15:04:05.000Z") + "#" + id
			it := maps.Clone(out.Item)
			it["pk"], it["ipk"], it["isk"], it["created"] = text("C#"+id), text(fmt.Sprint(list, i%shards)), text(place), text(place)
			own, email := maps.Clone(profile), id+"@alfreds.example"
			own["e"], it["profile"] = text(email), &types.AttributeValueMemberM{Value: own}
			delete(it, "terms")
			if !yield(it) || !yield(item{"pk": text("E#" + email), "sk": text("#"), "customer": text(id)}) {
				return
			}
		}
	})
}

// TestPageOf50CostsTwoReadUnitsAShard reads from a list in which every shard could fill
// the page.
func TestPageOf50CostsTwoReadUnitsAShard(t *testing.T) {
	t.Parallel()
	p := newTill(t)
	p.create(t, "ann")
	p.multiply(t, "ann", 300)
	p.meter.Reset()
	page, err := p.Customers(t.Context(), customer.Query{Limit: 50})
	cost := p.pays(t, "list, page of 50", err)
	onPage(t, "a page of 50 of a list, read from 4 shards", cost)
	if len(page.Customers) != 50 || page.Cursor == "" {
		t.Errorf("%d customers, cursor %q", len(page.Customers), page.Cursor)
	}
	if cost.Total() != shards || cost.Read > 2*shards || cost.Write != 0 {
		t.Errorf("want %d requests, at most %d read units", shards, 2*shards)
	}
}

func TestPage1000CostsWhatPage1Does(t *testing.T) {
	t.Parallel()
	const size, pages = 5, 1000
	p := newTill(t)
	p.create(t, "ann")
	p.multiply(t, "ann", size*(pages+10))
	p.meter.Reset()
	first, err := p.Customers(t.Context(), customer.Query{Limit: size})
	want := p.pays(t, "list, page 1", err)

	// Page 999 and larger pages that end at the same place have the same cursor.
	cursor := first.Cursor
	for range 2 {
		page, err := p.Customers(t.Context(), customer.Query{Limit: size * (pages - 2) / 2, Cursor: cursor})
		if cursor = page.Cursor; err != nil || cursor == "" {
			t.Fatalf("no way to page %d: %v", pages, err)
		}
	}
	p.meter.Reset()
	last, err := p.Customers(t.Context(), customer.Query{Limit: size, Cursor: cursor})
	same(t, "cost of page 1000", p.pays(t, "list, page 1000", err), want)
	if len(last.Customers) != size || last.Cursor == "" {
		t.Errorf("page %d has %d customers", pages, len(last.Customers))
	}
}
