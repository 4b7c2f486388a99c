package dynamo_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"lethe/internal/customer"
	"lethe/internal/dynamo"
	"lethe/internal/engine"
	"lethe/internal/engine/enginetest"
	"lethe/internal/sim"
)

// till is a service with a meter on its requests.
type till struct {
	*customer.Service

	world *sim.World
	meter *dynamo.Meter
}

// newTill returns a service that has read its settings, as a warm process has.
func newTill(t *testing.T) till {
	t.Helper()
	w, m := sim.NewWorld(t, policies), &dynamo.Meter{}
	service := w.Service(m.Attach(w.Config))
	service.SettingsAge = time.Hour
	if _, err := service.AddRecords(t.Context(), "nobody", records("ticket~1"), byAdmin); err == nil {
		t.Fatal("a record was added to nobody")
	}
	m.Reset()
	return till{service, w, m}
}

// typical returns a profile of ordinary size, with 10 or 11 search terms.
func typical(id string) customer.Profile {
	return customer.Profile{
		Organisation: "Alfreds Futterkiste GmbH", FirstName: "Maria", LastName: "Anders",
		Email: id + "@alfreds.example", Phone: "+49 30 0074321", Consents: map[string]bool{"newsletter": true},
	}
}

func (p till) create(t testing.TB, id string) {
	t.Helper()
	if _, err := p.Create(t.Context(), id, typical(id), byAdmin); err != nil {
		t.Fatal(err)
	}
}

// costs fails the test unless the cost since the last Reset is the expected one. An engine that is slow on a busy machine
// makes the SDK repeat a request that was carried out, which costs more: that is not compared.
func (p till) costs(t testing.TB, what string, err error, requests int, write, read float64) dynamo.Cost {
	t.Helper()
	got := p.pays(t, what, err)
	if requestsRepeated(t, got) {
		return got
	}
	if got.Total() != requests || got.Write != write || got.Read != read {
		t.Errorf("%s: want %d requests, %g write units, %g read units", what, requests, write, read)
	}
	return got
}

// costsTogether is costs for transactions and statements. DynamoDB Local reports less than DynamoDB for these, and for
// reads that find nothing: on it only the number of requests is compared.
func (p till) costsTogether(t testing.TB, what string, err error, requests int, write, read float64) dynamo.Cost {
	t.Helper()
	if enginetest.Kind() != engine.DynamoDBLocal {
		return p.costs(t, what, err, requests, write, read)
	}
	got := p.pays(t, what, err)
	if !requestsRepeated(t, got) && got.Total() != requests {
		t.Errorf("%s: want %d requests", what, requests)
	}
	return got
}

// requestsRepeated reports whether the SDK repeated a request. Only DynamoDB Local is ever that slow.
func requestsRepeated(t testing.TB, c dynamo.Cost) bool {
	t.Helper()
	if c.Retries == 0 || enginetest.Kind() != engine.DynamoDBLocal {
		return false
	}
	t.Logf("not compared: the SDK repeated %d requests", c.Retries)
	return true
}

// pays logs and returns the cost since the last Reset.
func (p till) pays(t testing.TB, what string, err error) dynamo.Cost {
	t.Helper()
	got := p.meter.Reset()
	t.Log(bill(what, got))
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
	return got
}

func bill(what string, c dynamo.Cost) string {
	var kinds []string
	for name, n := range c.Requests {
		kinds = append(kinds, fmt.Sprintf("%d %s", n, name))
	}
	return fmt.Sprintf("%-28s %4d requests %8g write units %6g read units (%s)", what, c.Total(), c.Write, c.Read, strings.Join(kinds, ", "))
}

// TestDeleteCostsTheSameWhateverHangsOnACustomer shows why a deletion only hides, and a purge erases
// later.
func TestDeleteCostsTheSameWhateverHangsOnACustomer(t *testing.T) {
	t.Parallel()
	p := newTill(t)
	for _, n := range []int{0, 10, 1000} {
		id := fmt.Sprintf("customer-%d", n)
		p.create(t, id)
		if n > 0 {
			p.world.Fill(t, id, "ticket", n)
		}
		p.meter.Reset()
		_, err := p.Delete(t.Context(), id, byAdmin)
		onPage(t, "delete a customer with 0, 10 or 1,000 records", p.costs(t, fmt.Sprintf("delete, %d records", n), err, 1, 3, 0))
		_, err = p.Restore(t.Context(), id, "", byAdmin)
		onPage(t, "restore it", p.costs(t, fmt.Sprintf("restore, %d records", n), err, 1, 3, 0))
	}
}

// TestManyAreRestoredInAFewRequests expects one read for all customers, and one request for each 25 restores.
func TestManyAreRestoredInAFewRequests(t *testing.T) {
	t.Parallel()
	p := newTill(t)
	const many = 28
	seen, generations := make([]customer.Seen, many), make([]string, many)
	for i := range seen {
		id := fmt.Sprintf("customer-%d", i)
		p.create(t, id)
		c, err := p.Delete(t.Context(), id, byAdmin)
		if err != nil {
			t.Fatal(err)
		}
		seen[i], generations[i] = c.Seen(), c.Deletion.ID
	}
	p.meter.Reset()
	err := errors.Join(p.RestoreMany(t.Context(), seen, generations, byAdmin)...)
	p.costsTogether(t, fmt.Sprintf("restore %d customers", many), err, 1+2, 3*many, many)
}

func TestCostsOfChangesAndReads(t *testing.T) {
	t.Parallel()
	p := newTill(t)
	ctx := t.Context()
	const id = "ann"

	// A given id is looked up first: its root, its certificate, its residue, its audit log.
	// In a transaction each item counts twice; its index entry does not.
	_, err := p.Create(ctx, id, typical(id), byAdmin)
	terms := float64(len(p.terms(t, id)))
	onPage(t, "… with an id given, which must never have been used", p.costsTogether(t, fmt.Sprintf("create, %g terms", terms), err, 5, 2*(1+1+terms)+1, 3.5))
	made, err := p.Create(ctx, "", typical("bob"), byAdmin)
	terms = float64(len(p.terms(t, made.ID)))
	onPage(t, "add a customer with an e-mail address and a phone number, found by 10 search terms", p.costsTogether(t, fmt.Sprintf("create, %g terms, id made", terms), err, 1, 2*(1+1+terms)+1, 0))
	_, err = p.Create(ctx, "", customer.Profile{LastName: "Chang"}, byAdmin)
	p.costsTogether(t, "create, 1 term, no address", err, 1, 2*(1+1)+1, 0)

	_, err = p.Get(ctx, id)
	onPage(t, "read a customer", p.costs(t, "read one customer", err, 1, 0, 1))
	_, err = p.Block(ctx, id, byAdmin)
	onPage(t, "block, unblock", p.costs(t, "block", err, 1, 2, 0))
	keyed := byAdmin
	keyed.Once = &customer.Once{Key: "key", Fingerprint: "this"}
	_, err = p.Block(ctx, id, keyed)
	onPage(t, `block a blocked customer under an `+"`Idempotency-Key`", p.costsTogether(t, "block what is blocked, under a key", err, 2, 2*(1+1), 1))
	_, err = p.Unblock(ctx, id, byAdmin)
	onPage(t, "block, unblock", p.costs(t, "unblock", err, 1, 2, 0))
	_, err = p.Hold(ctx, id, "case-1", byAdmin)
	onPage(t, "place a hold, lift it", p.costs(t, "hold", err, 1, 2, 0))
	_, err = p.Lift(ctx, id, "case-1", byAdmin)
	onPage(t, "place a hold, lift it", p.costs(t, "lift", err, 1, 2, 0))
}

func TestCostsOfRecords(t *testing.T) {
	t.Parallel()
	p := newTill(t)
	ctx := t.Context()
	const id = "ann"
	p.create(t, id)
	p.meter.Reset()

	_, err := p.AddRecords(ctx, id, records("ticket~1"), byAdmin)
	onPage(t, "add a record", p.costsTogether(t, "add 1 record", err, 1, 2*(1+1), 0))
	_, err = p.AddRecords(ctx, id, records(numbered("line~", customer.MaxBatch)...), byAdmin)
	onPage(t, "add 45 records", p.costsTogether(t, "add 45 records", err, 1, 2*(1+45), 0))
	_, err = p.AddRecords(ctx, id, records("ticket~1~line~1"), byAdmin)
	onPage(t, "add a record below another one", p.costsTogether(t, "add 1 record below another", err, 1, 2*(1+1+1), 0))

	_, err = p.Record(ctx, id, key("ticket~1"))
	p.costs(t, "read one record", err, 1, 0, 2)
	_, err = p.Records(ctx, customer.RecordQuery{Customer: id, Limit: 50})
	p.costs(t, "list 47 records", err, 2, 0, 3)

	err = p.RemoveRecord(ctx, id, key("ticket~1~line~1"), byAdmin)
	onPage(t, "remove a record below another one", p.costsTogether(t, "remove 1 record below another", err, 2, 2*(1+1+1), 1))
	err = p.RemoveRecord(ctx, id, key("line~1"), byAdmin)
	onPage(t, "remove a record", p.costsTogether(t, "remove 1 record", err, 2, 2*(1+1), 1))
}

// TestRootsOfManyScriptsFitIntoAUnit deletes customers that have many search terms: a
// root of more than 1,024 bytes would cost one unit more.
func TestRootsOfManyScriptsFitIntoAUnit(t *testing.T) {
	t.Parallel()
	p := newTill(t)
	for id, profile := range map[string]customer.Profile{
		"auth0|5f7c8ec7c33c6c004bbafe82": {Organisation: "Société Générale d'Études et de Travaux", FirstName: "Anne-Sophie", LastName: "Lefèvre-Dubois", Email: "anne-sophie.lefevre@études.example", Phone: "+33 1 23 45 67 89"},
		"japanese":                       {Organisation: "株式会社山田商事ホールディングス", FirstName: "太郎", LastName: "山田", Email: "taro.yamada@yamada.example", Phone: "+81 3-1234-5678"},
		"thai":                           {Organisation: "บริษัท ตัวอย่าง จำกัด (มหาชน)", FirstName: "สมชาย", LastName: "ใจดี", Email: "somchai@example.co.th", Phone: "02-123-4567"},
		"korean":                         {Organisation: "주식회사 대한상사", FirstName: "민준", LastName: "김", Email: "minjun.kim@daehan.example", Phone: "+82 2 123 4567"},
	} {
		profile.Consents = map[string]bool{"newsletter": true, "third-parties": false}
		if _, err := p.Create(t.Context(), id, profile, byAdmin); err != nil {
			t.Fatal(err)
		}
		for _, kind := range []string{"invoice~1", "line~1", "ticket~1"} {
			if _, err := p.AddRecords(t.Context(), id, records(kind), byAdmin); err != nil {
				t.Fatal(err)
			}
		}
		p.meter.Reset()
		_, err := p.Delete(t.Context(), id, customer.Change{By: "admin", Reason: "asked by phone, case 2026-17"})
		p.costs(t, fmt.Sprintf("delete %s, %d terms", id, len(p.terms(t, id))), err, 1, 3, 0)
	}
}

// terms reads a customer's terms, and leaves the cost out of the meter.
func (p till) terms(t testing.TB, id string) []string {
	t.Helper()
	store, _ := p.world.Open(p.world.Config)
	c, err := store.Customer(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c.Terms
}
