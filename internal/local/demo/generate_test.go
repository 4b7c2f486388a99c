package demo

import (
	"bytes"
	"encoding/json"
	"testing"

	"lethe/internal/customer"
)

func encoded(t *testing.T) []byte {
	t.Helper()
	b, err := json.Marshal(Generate())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheSameEveryTime(t *testing.T) {
	if !bytes.Equal(encoded(t), encoded(t)) {
		t.Error("two calls of Generate differ")
	}
}

func TestSize(t *testing.T) {
	data := Generate()
	if n := len(data.Customers); n != customers {
		t.Errorf("%d customers, want %d", n, customers)
	}
	if n := data.records(large); n < 3000 || n > 6000 {
		t.Errorf("%d records of the large customer, want several thousand", n)
	}
	average := float64(len(data.Records)-data.records(large)) / float64(customers-1)
	if average < 8 || average > 12 {
		t.Errorf("%.1f records a customer, want 8 to 12", average)
	}
	seen := map[string]int{}
	for _, r := range data.Records {
		seen[r.Kind]++
	}
	for _, k := range kinds {
		if seen[k.Name] < 300 {
			t.Errorf("%d records of kind %s, want some hundred", seen[k.Name], k.Name)
		}
	}
	t.Logf("%d records, %.1f a customer: %v", len(data.Records), average, seen)
}

func TestCustomersKeepTheRules(t *testing.T) {
	ids, addresses := map[string]bool{}, map[string]bool{}
	for _, c := range Generate().Customers {
		p := customer.Profile{
			Organisation: c.Organisation, FirstName: c.FirstName, LastName: c.LastName,
			Email: c.Email, Phone: c.Phone, Push: c.Push, Consents: c.Consents,
		}
		if err := p.Validate(); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
		if p.Normalise().Email != p.Email {
			t.Errorf("%q is not as it will be stored", p.Email)
		}
		if !customer.Identifier(c.ID) || ids[c.ID] {
			t.Errorf("id %q is malformed or taken", c.ID)
		}
		if c.Email != "" && addresses[c.Email] {
			t.Errorf("%q is taken", c.Email)
		}
		ids[c.ID], addresses[c.Email] = true, true
	}
}

func TestRecordsKeepTheRules(t *testing.T) {
	settings := rules(t)
	keys := map[string]bool{}
	for _, r := range Generate().Records {
		key, err := customer.ParseKey(r.key())
		if err != nil {
			t.Fatalf("%+v: %v", r, err)
		}
		data, err := json.Marshal(r.Data)
		if err != nil {
			t.Fatal(err)
		}
		if err := (customer.Record{Key: key, Data: data}).Validate(settings); err != nil {
			t.Errorf("%+v: %v", r, err)
		}
		if r.Parent != "" && !keys[r.Customer+" "+r.Parent] {
			t.Errorf("%s of %s comes before its parent", r.key(), r.Customer)
		}
		if keys[r.Customer+" "+r.key()] {
			t.Errorf("%s of %s is there twice", r.key(), r.Customer)
		}
		keys[r.Customer+" "+r.key()] = true
	}
}

func rules(t *testing.T) customer.Settings {
	t.Helper()
	var s customer.Settings
	for _, k := range kinds {
		kept, err := customer.ParsePeriod(k.KeepFor)
		if k.KeepFor != "" && err != nil {
			t.Fatal(err)
		}
		s.Kinds = append(s.Kinds, customer.Kind{Name: k.Name, Policy: customer.Policy(k.Policy), Keep: k.Keep, For: kept})
	}
	if err := s.Validate(customer.Settings{}); err != nil {
		t.Fatal(err)
	}
	return s
}

// Who is in the trash must have got there by the rules.
func TestFatesArePossible(t *testing.T) {
	data, settings := Generate(), rules(t)
	blocking := map[string]string{}
	for _, r := range data.Records {
		if settings.Policy(r.Kind) == customer.Restrict {
			blocking[r.Customer] = r.key()
		}
	}
	seen := map[string]bool{}
	for _, c := range data.Customers {
		seen[c.ID] = true
	}
	for _, f := range data.Fates {
		if !seen[f.Customer] {
			t.Errorf("%s has a fate, but is no customer or has two", f.Customer)
		}
		delete(seen, f.Customer)
		if key := blocking[f.Customer]; f.trashed() && key != "" {
			t.Errorf("%s is in the trash, but %s blocks that", f.Customer, key)
		}
		if err := customer.ValidateReason(f.Reason, customer.ReasonCode(f.code())); err != nil {
			t.Errorf("%s: %v", f.Customer, err)
		}
		if !customer.Identifier(f.hold()) {
			t.Errorf("%q can't name a hold", f.hold())
		}
	}
	if key := blocking[large]; key != "" {
		t.Errorf("%s blocks the deletion of the large customer", key)
	}
}
