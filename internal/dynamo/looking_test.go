package dynamo_test

import (
	"testing"

	"lethe/internal/customer"
)

// lists says which lists a customer is in.
type lists struct{ live, trash bool }

func (s *suite) listed(t testing.TB, id string) lists {
	t.Helper()
	in := func(state customer.State) bool {
		for _, c := range s.walk(t, customer.Query{State: state, Limit: 100}) {
			if c.ID == id {
				return true
			}
		}
		return false
	}
	return lists{live: in(customer.Active), trash: in(customer.Deleted)}
}

// walk reads a list to its end.
func (s *suite) walk(t testing.TB, q customer.Query) (all []customer.Customer) {
	t.Helper()
	for {
		page, err := s.Customers(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Customers...)
		if q.Cursor = page.Cursor; q.Cursor == "" {
			return all
		}
	}
}

// found returns the ids of all customers that a search finds.
func (s *suite) found(t testing.TB, search string, state customer.State) (ids []string) {
	t.Helper()
	for _, c := range s.walk(t, customer.Query{State: state, Search: search, Limit: 100}) {
		ids = append(ids, c.ID)
	}
	return ids
}

// keys returns the keys of all records that a query finds.
func (s *suite) keys(t testing.TB, q customer.RecordQuery) (keys []string) {
	t.Helper()
	return all(t, q, func(q customer.RecordQuery) (customer.RecordPage, error) { return s.Records(t.Context(), q) })
}

// retained returns the keys of all records of a customer that a purge kept.
func (s *suite) retained(t testing.TB, id string) []string {
	t.Helper()
	q := customer.RecordQuery{Customer: id, Limit: 100}
	return all(t, q, func(q customer.RecordQuery) (customer.RecordPage, error) { return s.Retained(t.Context(), q) })
}

func all(t testing.TB, q customer.RecordQuery, read func(customer.RecordQuery) (customer.RecordPage, error)) (keys []string) {
	t.Helper()
	for {
		page, err := read(q)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Records) > q.Limit {
			t.Errorf("a page of %d has %d records", q.Limit, len(page.Records))
		}
		for _, r := range page.Records {
			keys = append(keys, r.Key.String())
		}
		if q.Cursor = page.Cursor; q.Cursor == "" {
			return keys
		}
	}
}

// purge completes the purge of a fenced customer, as the service does.
func (s *suite) purge(t testing.TB, c customer.Customer) {
	t.Helper()
	service := s.world.Service(s.world.Config)
	if err := service.Purge(t.Context(), customer.Job{Customer: c.ID, Generation: c.Deletion.ID}); err != nil {
		t.Fatal(err)
	}
}
