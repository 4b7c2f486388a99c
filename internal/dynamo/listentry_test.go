package dynamo

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"lethe/internal/customer"
)

// TestAnEntryIsDecodedAsItsRootIs compares decodeListed, which knows the names of attributes, with the tags of root.
func TestAnEntryIsDecodedAsItsRootIs(t *testing.T) {
	t.Parallel()
	table := &Table{Options: Options{Shards: 4, Grace: time.Hour}}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)
	whole := customer.Customer{
		ID: "ann", Version: 7, State: customer.Active, Blocked: true, Created: at, Counts: map[string]int64{"ticket": 1},
		Profile: customer.Profile{
			Organisation: "Alfreds", FirstName: "Maria", LastName: "Anders", Email: "a@alfreds.example", Phone: "+49 30 1", Push: true,
			Consents: map[string]bool{"newsletter": true, "calls": false},
		},
		Holds: map[string]customer.Hold{"case-1": {By: "b", Time: at}, "case-2": {By: "b", Time: at}},
	}
	least := customer.Customer{ID: "bob", Version: 1, State: customer.Active, Created: at, Profile: customer.Profile{LastName: "B"}}
	deleted, fenced, forever := whole, least, least
	stay := customer.Deletion{ID: "generation", Time: at, By: "admin", Reason: "asked", ReasonCode: customer.Duplicate, PurgeTime: at.Add(time.Hour)}
	deleted.State, deleted.Deletion = customer.Deleted, &stay
	fenced.State, fenced.Deletion = customer.Purging, &stay
	forever.State, forever.Deletion = customer.Deleted, &customer.Deletion{ID: "other", Time: at, By: "admin"}
	for name, c := range map[string]customer.Customer{"whole": whole, "least": least, "deleted": deleted, "fenced": fenced, "forever": forever} {
		it := entryOf(t, table.newRoot(c, at.Add(time.Minute)))
		var r root
		if err := attributevalue.UnmarshalMap(it, &r); err != nil {
			t.Fatal(err)
		}
		want, err := r.listed()
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeListed(it)
		if diff := cmp.Diff(blank(want), got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
		if got.ID != c.ID || got.Profile.LastName != c.Profile.LastName || got.HoldCount != len(c.Holds) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// entryOf returns the attributes of a root that a list's query asks for.
func entryOf(t *testing.T, r root) item {
	t.Helper()
	it, err := attributevalue.MarshalMap(r)
	if err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(it, func(name string, _ types.AttributeValue) bool {
		for alias := range strings.SplitSeq(listProjection, ", ") {
			if listNames[alias] == name {
				return false
			}
		}
		return true
	})
	return it
}

// blank removes what [customer.Page] does not have: reflection makes empty values of it.
func blank(c customer.Customer) customer.Customer {
	c.Recent = customer.Customer{}.Recent
	return c
}

// TestAWrongEntryIsAnError gives attributes of the wrong type.
func TestAWrongEntryIsAnError(t *testing.T) {
	t.Parallel()
	good := item{"pk": &types.AttributeValueMemberS{Value: "C#ann"}, "state": &types.AttributeValueMemberS{Value: "active"},
		"isk": &types.AttributeValueMemberS{Value: "2026-01-02T03:04:05.006Z#ann"}, "version": &types.AttributeValueMemberN{Value: "1"},
		"deletion": &types.AttributeValueMemberNULL{Value: true}} // as a restore in bulk leaves it
	if c, err := decodeListed(good); err != nil || c.Deletion != nil || c.ID != "ann" || c.Version != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	for name, value := range map[string]types.AttributeValue{
		"version": &types.AttributeValueMemberS{Value: "1"}, "nholds": &types.AttributeValueMemberN{Value: "1.5"},
		"state": &types.AttributeValueMemberN{Value: "1"}, "blocked": &types.AttributeValueMemberS{Value: "true"},
		"profile": &types.AttributeValueMemberS{}, "isk": &types.AttributeValueMemberS{Value: "yesterday#ann"},
	} {
		bad := maps.Clone(good)
		bad[name] = value
		if c, err := decodeListed(bad); err == nil {
			t.Errorf("a wrong %s is read as %+v", name, c)
		}
	}
}
