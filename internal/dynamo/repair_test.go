package dynamo_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/repair"
)

// TestARepairIsBoundToWhatWasSeen requests every repair of a customer, an operation and an item that have changed since the check
// read them. No repair is made, and nothing else is written. internal/sim tests the repairs of unchanged items.
func TestARepairIsBoundToWhatWasSeen(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	c := s.active(t, "ticket~1", "ticket~1~line~1")
	root, line := s.raw(t, "C#"+c.ID, "#"), s.raw(t, "C#"+c.ID, "R#ticket#1#line#1")
	s.add(t, c.ID, "ticket~2")
	op := bulk.Operation{ID: customer.NewID(), Action: "delete", State: bulk.Planning, Version: 1, Created: s.world.Clock.Now()}
	err := s.Operations().Create(t.Context(), op, []byte(`{}`))
	was := s.raw(t, "O#"+op.ID, "#")
	op.Version++
	if err := errors.Join(err, s.Operations().Save(t.Context(), op)); err != nil {
		t.Fatal(err)
	}
	before := s.everything(t)
	refused := func(name string, units float64, err error) {
		if !errors.Is(err, repair.ErrChanged) || units != 0 {
			t.Errorf("%s: %v, %v units", name, err, units)
		}
	}
	for _, r := range repairsOfCustomers(c, line) {
		seen := repair.Seen{ID: c.ID, Root: root}
		if _, ok := r.(repair.PutBack); ok {
			seen.Root = nil
		}
		units, err := s.RepairCustomer(t.Context(), seen, r, s.change(""))
		refused(fmt.Sprintf("%T %v", r, r), units, err)
	}
	for _, r := range []repair.OfOperation{
		repair.RelistOperation{}, repair.RemoveOperation{}, repair.RemoveSelection{}, repair.RemoveChunk{}, repair.RemovePending{}, repair.ReopenChunk{},
	} {
		units, err := s.RepairOperation(t.Context(), repair.Seen{ID: op.ID, Root: was}, r)
		refused(fmt.Sprintf("%T", r), units, err)
	}
	line["ttl"], line["by"] = &types.AttributeValueMemberN{Value: "1"}, &types.AttributeValueMemberS{Value: "another"}
	for _, r := range []repair.OfItem{repair.SetTTL{Item: line, At: time.Now()}, repair.DropMaker{Item: line}} {
		units, err := s.RepairItem(t.Context(), r)
		refused(fmt.Sprintf("%T", r), units, err)
	}
	if diff := cmp.Diff(before, s.everything(t)); diff != "" {
		t.Errorf("refused repairs have written:\n%s", diff)
	}
}

// repairsOfCustomers returns every repair of an active customer and one of its records.
func repairsOfCustomers(c customer.Customer, line repair.Item) []repair.OfCustomer {
	term := repair.Key{PK: "S#an", SK: "anders#" + c.ID}
	claim := repair.Key{PK: "E#" + c.Claimed(), SK: "#"}
	all := []repair.OfCustomer{
		repair.Recount{Counts: map[string]int64{}}, repair.SetFormer{Former: []byte("abc")}, repair.DropMarks{Attributes: []string{"r0"}},
		repair.PutBack{Counts: map[string]int64{}}, repair.PutTerm{Term: "zebra"}, repair.PutClaim{Identity: "zebra@alfreds.example"},
		repair.TakeClaim{Identity: c.Claimed(), From: repair.Seen{ID: "another"}}, repair.RemoveTerm{Key: term}, repair.RemoveClaim{Key: claim},
		repair.Straighten{Record: line}, repair.CountChildren{Record: line, Children: 3},
		repair.RemoveRecord{Key: repair.Key{PK: "C#" + c.ID, SK: "R#ticket#1#line#1"}},
	}
	for r := repair.SetVersion; r <= repair.ReleasePurge; r++ {
		all = append(all, r)
	}
	return all
}

func (s *suite) raw(t *testing.T, pk, sk string) repair.Item {
	t.Helper()
	out, err := dynamodb.NewFromConfig(s.world.Config).GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: &s.world.Name, ConsistentRead: aws.Bool(true),
		Key: repair.Item{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk}},
	})
	if err != nil || len(out.Item) == 0 {
		t.Fatalf("%s %s: %v, %v", pk, sk, out, err)
	}
	return out.Item
}

// everything returns all items of the main table.
func (s *suite) everything(t *testing.T) map[repair.Key]map[string]any {
	t.Helper()
	out, err := dynamodb.NewFromConfig(s.world.Config).Scan(t.Context(), &dynamodb.ScanInput{TableName: &s.world.Name, ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	all := map[repair.Key]map[string]any{}
	for _, it := range out.Items {
		var values map[string]any
		if err := attributevalue.UnmarshalMap(it, &values); err != nil {
			t.Fatal(err)
		}
		all[repair.Key{PK: it["pk"].(*types.AttributeValueMemberS).Value, SK: it["sk"].(*types.AttributeValueMemberS).Value}] = values
	}
	return all
}
