package web_test

import (
	"fmt"
	"testing"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// resurrect writes the root items of purged customers again, as a restored backup does.
func (s *system) resurrect(customers ...customer.Customer) {
	s.t.Helper()
	for _, c := range customers {
		c.Terms, c.Profile.Email = nil, "" // the items of these are not restored
		if err := s.store.PutBack(s.t.Context(), c, time.Now()); err != nil {
			s.t.Fatal(err)
		}
	}
}

// TestReplayIsForTheLedgerToSay plans and applies replays of a ledger with two certificates for some customers.
func TestReplayIsForTheLedgerToSay(t *testing.T) {
	s := newSystem(t)
	const n = bulk.MaxSubjects + 50 // more than a page of planning, some chains having several blocks
	s.add(n)
	all, err := s.service.Roots(t.Context(), names(n))
	if err != nil {
		t.Fatal(err)
	}
	s.apply(s.plan(`{"action":"delete","selection":{"filter":{"search":"trial"}}}`))
	if ended := s.apply(s.plan(`{"action":"purge","selection":{"trash":true}}`)); fmt.Sprint(ended.at("progress.done")) != fmt.Sprint(n) {
		t.Fatal(ended.text)
	}
	s.must(201, post, "/v1/customers", `{"id":"live","lastName":"Alder"}`)
	for range 2 {
		s.resurrect(all[:40]...)
		if ended := s.apply(s.plan(`{"action":"replay","selection":{"ledger":true}}`)); ended.at("state") != "SUCCEEDED" || fmt.Sprint(ended.at("impact.customers"), ended.at("progress.done")) != "40 40" {
			t.Fatal(ended.text)
		}
	}
	held := all[0]
	held.Holds = map[string]customer.Hold{"case": {By: "x", Time: time.Now()}}
	s.resurrect(held, all[1])
	id, digest := s.plan(`{"action":"replay","selection":{"ledger":true}}`)
	s.run(t, []call{
		{Name: "who is on hold stays", Method: get, URL: "/v1/operations/" + id, Status: 200, Want: map[string]any{"impact.customers": 2, "impact.eligible": 1, "impact.blocked.ON_HOLD": 1, "state": "READY"}},
		{Name: "nothing happened yet", Method: get, URL: "/v1/customers/" + all[1].ID, Status: 200, Want: map[string]any{"state": "active"}},
		{Name: "replay of ids", Method: post, URL: "/v1/operations", Body: `{"action":"replay","selection":{"ids":["live"]}}`, Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "selection.ledger"}},
		{Name: "purge by the ledger", Method: post, URL: "/v1/operations", Body: `{"action":"purge","selection":{"ledger":true}}`, Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "selection.ledger"}},
		{Name: "ledger and ids", Method: post, URL: "/v1/operations", Body: `{"action":"replay","selection":{"ledger":true,"ids":["live"]}}`, Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "selection"}},
		{Name: "ledger without some", Method: post, URL: "/v1/operations", Body: `{"action":"replay","selection":{"ledger":true,"exclude":["live"]}}`, Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "selection.exclude"}},
	})
	if ended := s.apply(id, digest); fmt.Sprint(ended.at("progress.done"), ended.at("progress.skipped")) != "1 1" {
		t.Error(ended.text)
	}
	s.run(t, []call{
		{Name: "gone", Method: get, URL: "/v1/customers/" + all[1].ID, Status: 410, Code: "PURGED", Want: map[string]any{"certificate.deletionId": id}},
		{Name: "held", Method: get, URL: "/v1/customers/" + all[0].ID, Status: 200, Want: map[string]any{"state": "active", "held": true}},
		{Name: "nobody that the ledger names", Method: get, URL: "/v1/customers/live", Status: 200, Want: map[string]any{"state": "active"}},
	})
}

func names(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("c%03d", i)
	}
	return ids
}
