package dynamo_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/sim"
)

// longestKind is a kind with the longest name, and the policy retain.
var longestKind = customer.Kind{Name: strings.Repeat("k", 32), Policy: customer.Retain, Keep: []string{"number"}, For: customer.PeriodOf(day)}

// longestID returns the n-th of the longest ids, with all characters that an id may have.
func longestID(n int) string {
	id := fmt.Sprintf("-auth0|eu-west-1:ann+%d@example.com=__", n)
	return id + strings.Repeat("x", customer.MaxID-len(id))
}

// longest returns a customer with the longest names.
func (s *suite) longest(n int) customer.Customer {
	c := s.fresh()
	c.ID = longestID(n)
	domain := "@" + strings.Repeat("ü", 50) + ".example"
	c.Profile = customer.Profile{
		Organisation: strings.Repeat("𠀀", customer.MaxName), LastName: strings.Repeat("𐐀", customer.MaxName),
		Email: fmt.Sprint(n) + strings.Repeat("a", customer.MaxEmail-len(domain)-1) + domain, Phone: "+" + strings.Repeat("7", customer.MaxPhone-1),
	}.Normalise()
	c.Last.Once = &customer.Once{Key: strings.Repeat("f", 64), Fingerprint: strings.Repeat("f", 64)}
	if n > 0 {
		c.Last.Once = nil
	}
	return c
}

// deepest returns the longest key of a record.
func deepest(n int) customer.Key {
	var k customer.Key
	for range customer.MaxDepth {
		k = k.Child(longestKind.Name, fmt.Sprint(n)+strings.Repeat("r", 63))
	}
	return k
}

// TestTheLongestKeys writes every item with its longest possible key, reads each list with cursors at these keys, and
// purges.
func TestTheLongestKeys(t *testing.T) {
	t.Parallel()
	w := sim.NewWorld(t, customer.Settings{Retention: customer.PeriodOf(day), Kinds: []customer.Kind{longestKind}})
	store, ledger := w.Open(w.Config)
	s := &suite{store, ledger, w}
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for n := range 2 {
		c := s.longest(n)
		if !customer.ValidID(c.ID) || c.Profile.Validate() != nil {
			t.Fatalf("%q, %v", c.ID, c.Profile.Validate())
		}
		must(s.Create(ctx, c))
		for depth := range customer.MaxDepth {
			results, err := s.AddRecords(ctx, c.ID, []customer.Record{{Key: deepest(n)[:depth+1], Data: []byte(`{"number":1}`)}}, s.change(customer.ActionRecordsAdded))
			must(err)
			must(results[0])
		}
		hold := strings.Repeat("h", 64)
		s.hold(t, c.ID, hold)
		_, err := s.Lift(ctx, c.ID, hold, s.change(customer.ActionHoldLifted))
		must(err)
		for at := range 2 {
			must(observe(ctx, s, entry(c.ID, at, w.Clock.Now().Add(time.Duration(at)*time.Second))))
		}
	}
	id := longestID(0)
	same(t, "active", len(s.walk(t, customer.Query{State: customer.Active, Limit: 1})), 2)
	for _, search := range []string{strings.Repeat("𐐀", customer.MaxName), "𠀀", strings.Repeat("7", customer.MaxPhone-1), strings.Repeat("7", 4)} {
		same(t, "found by "+search, len(s.walk(t, customer.Query{Search: search, Limit: 1})), 2)
	}
	same(t, "found by the address", s.found(t, s.longest(0).Profile.Email, customer.Active), []string{id})
	same(t, "records", len(s.keys(t, customer.RecordQuery{Customer: id, Limit: 1})), customer.MaxDepth)
	same(t, "records of a kind", len(s.keys(t, customer.RecordQuery{Customer: id, Kind: longestKind.Name, Parent: deepest(0).Parent(), Limit: 1})), 1)
	log, err := s.Entries(ctx, customer.EntryQuery{Customer: id, Limit: 1})
	must(err)
	log, err = s.Entries(ctx, customer.EntryQuery{Customer: id, Limit: 1, Cursor: log.Cursor})
	must(err)
	same(t, "entries", len(log.Entries), 1)
	s.longestOperation(t)
	checkKeys(t, w)

	for n := range 2 {
		s.delete(t, longestID(n), day)
	}
	same(t, "trash", len(s.walk(t, customer.Query{State: customer.Deleted, Limit: 1})), 2)
	for n := range 2 {
		c, err := s.Fence(ctx, longestID(n), customer.Fence{Lease: w.Clock.Now().Add(time.Minute), Frozen: []customer.Kind{longestKind}}, s.change(customer.ActionPurgeStarted))
		must(err)
		s.purge(t, c)
		cert, err := ledger.Certificate(ctx, c.ID)
		must(err)
		same(t, "retained, certified", cert.Retained, map[string]int64{longestKind.Name: customer.MaxDepth})
		same(t, "retained", len(s.retained(t, c.ID)), customer.MaxDepth)
	}
	checkKeys(t, w)
}

// longestOperation freezes a chunk with the most subjects, all with the longest ids.
func (s *suite) longestOperation(t *testing.T) {
	t.Helper()
	op := bulk.Operation{ID: customer.NewID(), Version: 1, Action: "delete", State: bulk.Planning, Created: s.world.Clock.Now(), By: "admin"}
	if err := s.Operations().Create(t.Context(), op, []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	c := bulk.Chunk{Outcomes: make([]bulk.Outcome, bulk.MaxSubjects)}
	for n := range bulk.MaxSubjects {
		c.Subjects = append(c.Subjects, bulk.Subject{ID: longestID(n), Bind: strings.Repeat("b", 64), Refused: "HAS_DEPENDENTS"})
	}
	op.Version, op.State, op.Chunks = 2, bulk.Ready, 1
	if err := s.Operations().Freeze(t.Context(), op, []bulk.Chunk{c}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Operations().Chunk(t.Context(), op, 0)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "subjects", len(got.Subjects), bulk.MaxSubjects)
	same(t, "the last subject", got.Subjects[bulk.MaxSubjects-1].ID, longestID(bulk.MaxSubjects-1))
	op.Version, op.State = 3, bulk.Cancelled
	if err := s.Operations().Save(t.Context(), op); err != nil {
		t.Fatal(err)
	}
}

// checkKeys compares all keys with DynamoDB's limits: not every engine checks them.
func checkKeys(t *testing.T, w *sim.World) {
	t.Helper()
	client := dynamodb.NewFromConfig(w.Config)
	for _, table := range []string{w.Name, w.Ledger} {
		out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range out.Items {
			for name, limit := range map[string]int{"pk": 2048, "sk": 1024, "ipk": 2048, "isk": 1024} {
				if value, ok := it[name].(*types.AttributeValueMemberS); ok && len(value.Value) > limit {
					t.Errorf("%s has %d bytes: %.60s", name, len(value.Value), value.Value)
				}
			}
		}
	}
}
