package sim

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"lethe/internal/customer"
	"lethe/internal/sim/conform"
)

const day = 24 * time.Hour

// policies are the settings of most tests: a kind of each policy, and one of children.
var policies = conform.Settings

var byAdmin = customer.Change{By: "admin"}

// key parses a record's key. It panics if the key is not valid.
var key = conform.Key

// ann returns a profile with a name and address of its own for each id.
func ann(id string) customer.Profile {
	return customer.Profile{
		Organisation: "Alfreds Futterkiste", FirstName: "Änne", LastName: "Anders-" + id,
		Email: id + "@alfreds.example", Phone: "+49 30 0074321",
		Consents: map[string]bool{"newsletter": true},
	}
}

// records makes records with the given keys.
func records(keys ...string) []customer.Record {
	made := make([]customer.Record, len(keys))
	for i, k := range keys {
		made[i] = customer.Record{Key: key(k), Data: []byte(`{"number":"R-1","total":12.5,"buyer":"Änne Anders"}`)}
	}
	return made
}

// tickets are the keys of n tickets.
func tickets(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("ticket~%d", i)
	}
	return keys
}

// create makes a customer with records.
func create(t testing.TB, service *customer.Service, id string, keys ...string) customer.Customer {
	t.Helper()
	c, err := service.Create(t.Context(), id, ann(id), byAdmin)
	if err != nil {
		t.Fatal(err)
	}
	add(t, service, id, keys...)
	return c
}

func add(t testing.TB, service *customer.Service, id string, keys ...string) {
	t.Helper()
	for len(keys) > 0 {
		n := min(len(keys), customer.MaxBatch)
		results, err := service.AddRecords(t.Context(), id, records(keys[:n]...), byAdmin)
		if err := errors.Join(append(results, err)...); err != nil {
			t.Fatal(err)
		}
		keys = keys[n:]
	}
}

func remove(t testing.TB, service *customer.Service, id string) customer.Customer {
	t.Helper()
	c, err := service.Delete(t.Context(), id, byAdmin)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fence deletes a customer and starts its purge, which then waits in the queue.
func fence(t testing.TB, service *customer.Service, id string) customer.Customer {
	t.Helper()
	remove(t, service, id)
	c, err := service.StartPurge(t.Context(), id, customer.Fence{}, byAdmin)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// gone fails the test unless the customer is purged with the given numbers of records.
func gone(t testing.TB, service *customer.Service, id string, erased, retained int64) {
	t.Helper()
	var purged *customer.PurgedError
	if _, err := service.Get(t.Context(), id); !errors.As(err, &purged) {
		t.Fatalf("customer %s is not purged: %v", id, err)
	}
	sum := func(counts map[string]int64) (n int64) {
		for _, c := range counts {
			n += c
		}
		return n
	}
	if e, r := sum(purged.Certificate.Erased), sum(purged.Certificate.Retained); e != erased || r != retained {
		t.Fatalf("certificate of %s says %d erased, %d retained: want %d, %d", id, e, r, erased, retained)
	}
}

// retained counts the retained records of a customer.
func retained(t testing.TB, service *customer.Service, id string) (n int) {
	t.Helper()
	for q := (customer.RecordQuery{Customer: id, Limit: 200}); ; {
		page, err := service.Retained(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		n += len(page.Records)
		if q.Cursor = page.Cursor; q.Cursor == "" {
			return n
		}
	}
}

func work(t testing.TB, w *World, service *customer.Service) {
	t.Helper()
	if err := w.Queue.Work(t.Context(), service); err != nil {
		t.Fatal(err)
	}
}

// name joins parts to a customer's id.
func name(parts ...any) string {
	return strings.NewReplacer(" ", "-", "/", "-").Replace(strings.TrimSpace(fmt.Sprintln(parts...)))
}
