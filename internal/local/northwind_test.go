package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"
)

// TestNorthwind imports another system's customers and purges one of them, by the schedule or, without a schedule, by TTL.
func TestNorthwind(t *testing.T) {
	t.Parallel()
	tests := []struct {
		by     string
		grace  time.Duration
		change func(*options)
	}{
		{"schedule", templateGrace, func(o *options) { o.Tick = time.Second }},
		{"ttl", time.Second, func(o *options) { o.Schedule, o.Parameters["PurgeGrace"] = false, "PT1S" }},
	}
	for _, test := range tests {
		if testing.Short() && test.by == "ttl" {
			continue // it waits for the engine to expire items
		}
		t.Run(test.by, func(t *testing.T) {
			t.Parallel()
			files := northwindFiles(t)
			expected := files.expect(t)
			s := launch(t, test.change)
			importNorthwind(t, s, files, expected)
			was := forget(t, s, expected.busiest()[0], test.by)
			s.check(t, test.grace, was.personal()...)
			if got, want := len(s.list(t, "/v1/customers")), expected.customers.created()-1; got != want {
				t.Errorf("%d customers are left, want %d", got, want)
			}
		})
	}
}

// policies returns the kinds of the settings, both with the same policy.
func policies(policy string) []kind { return []kind{{"invoice", policy}, {"line", policy}} }

const (
	customersURL = "/v1/imports/customers?map=customerID:id&map=companyName:organisation&map=contactName:name&null=NULL"
	ordersURL    = "/v1/imports/records?kind=invoice&map=orderID:id&map=customerID:customer&null=NULL"
	linesURL     = "/v1/imports/records?kind=line&map=productID:id&parent=invoice~%7BorderID%7D&null=NULL"
)

func importNorthwind(t *testing.T, s *running, files northwind, expected expectation) {
	t.Helper()
	s.settle(t, "P30D", policies("restrict")...)
	s.imports(t, customersURL+"&dryRun=true", files.customers, expected.customers)
	if list := s.list(t, "/v1/customers"); len(list) > 0 {
		t.Fatalf("a dry run added %q", list)
	}
	s.imports(t, customersURL, files.customers, expected.customers)
	s.imports(t, ordersURL+"&dryRun=true", files.orders, expected.orders)
	if had := s.customer(t, expected.busiest()[0]).Records; len(had) > 0 {
		t.Fatalf("a dry run added %v", had)
	}
	s.imports(t, ordersURL, files.orders, expected.orders)
	s.imports(t, linesURL, files.withCustomers(), expected.lines)
	if got := len(s.list(t, "/v1/customers")); got != expected.customers.created() {
		t.Errorf("%d customers are listed, %d were imported", got, expected.customers.created())
	}
	for id, n := range expected.invoices {
		want := map[string]int64{"invoice": n}
		if lines := expected.orderLines[id]; lines > 0 {
			want["line"] = lines
		}
		if got := s.customer(t, id).Records; !maps.Equal(got, want) {
			t.Errorf("%s has %v, want %v", id, got, want)
		}
	}
}

// importView has the fields of an import's answer that the tests read.
type importView struct {
	Lines, Created, Existing, Failed, MoreErrors, ResumeFromLine int
	Errors                                                       []struct {
		Line          int
		Code, Problem string
	}
}

// wholly imports a file, in as many requests as the functions' time limit requires.
func (a api) wholly(t *testing.T, path, contentType string, file []byte) importView {
	t.Helper()
	var whole importView
	for from := 1; from > 0; {
		part := decode[importView](t, a.send(t, http.MethodPost, fmt.Sprintf("%s&fromLine=%d", path, from), contentType, file).want(t, http.StatusOK, ""))
		if part.ResumeFromLine != 0 && part.ResumeFromLine <= from {
			t.Fatalf("%s: asked to resume from line %d after line %d", path, part.ResumeFromLine, from)
		}
		from = part.ResumeFromLine
		whole.Lines += part.Lines
		whole.Created += part.Created
		whole.Existing += part.Existing
		whole.Failed += part.Failed
		whole.MoreErrors += part.MoreErrors
		whole.Errors = append(whole.Errors, part.Errors...)
	}
	return whole
}

// imports imports a file, and compares the results of its lines.
func (a api) imports(t *testing.T, path string, file []byte, want outcome) {
	t.Helper()
	got := a.wholly(t, path, typeCSV, file)
	t.Logf("%s: %d lines, %d created, %d failed", path, got.Lines, got.Created, got.Failed)
	if got.Lines != want.lines || got.Created != want.created() || got.Existing != 0 || got.Failed != len(want.failed) {
		t.Errorf("%d lines, %d created, %d existing, %d failed; want %d, %d, 0, %d",
			got.Lines, got.Created, got.Existing, got.Failed, want.lines, want.created(), len(want.failed))
	}
	before := 0
	for _, e := range got.Errors {
		if e.Line <= before || e.Code == "" || e.Problem == "" || !slices.Contains(want.failed, e.Line) {
			t.Errorf("%+v is reported after line %d; want errors for lines %v", e, before, want.failed)
		}
		before = e.Line
	}
	if len(got.Errors)+got.MoreErrors != got.Failed || len(got.Errors) < min(got.Failed, 200) {
		t.Errorf("%d errors and %d more of %d failed lines", len(got.Errors), got.MoreErrors, got.Failed)
	}
}

// forget takes a customer through deletion, restore, deletion and purge, and returns it as it was before.
func forget(t *testing.T, s *running, id, by string) customerView {
	t.Helper()
	s.settle(t, "P30D", policies("restrict")...)
	s.do(t, http.MethodPatch, customerPath(id), map[string]any{"email": "Forget.Me@northwind.example"}).want(t, http.StatusOK, "")
	was, records := s.customer(t, id), s.records(t, id)
	refused(t, s, was, records)

	s.settle(t, "P30D", policies("cascade")...)
	deleted := s.do(t, http.MethodDelete, customerPath(id), map[string]any{"reason": "wrote from forget.me@northwind.example"}).want(t, http.StatusOK, "")
	hidden(t, s, was, decode[customerView](t, deleted), records)
	s.do(t, http.MethodPost, customerPath(id)+"/restore", nil).want(t, http.StatusOK, "")
	if back := s.records(t, id); back != records {
		t.Errorf("a restore made records\n%s\nof\n%s", back, records)
	}
	found(t, s, was)

	s.settle(t, "PT2S", policies("cascade")...)
	again := s.do(t, http.MethodDelete, customerPath(id), nil).want(t, http.StatusOK, "")
	gone(t, s, was, decode[customerView](t, again), by)
	return was
}

// refused tries to delete a customer with records of a kind that restricts that.
func refused(t *testing.T, s *running, was customerView, records string) {
	t.Helper()
	before := s.get(t, customerPath(was.ID))
	conflict := s.do(t, http.MethodDelete, customerPath(was.ID), nil).want(t, http.StatusConflict, "HAS_DEPENDENTS")
	if got := conflict.problem(t).blocking(); !maps.Equal(got, was.Records) || len(got) != 2 {
		t.Errorf("blocked by %v, want all of %v", got, was.Records)
	}
	if after := s.get(t, customerPath(was.ID)); string(after.body) != string(before.body) {
		t.Errorf("a refused deletion made %s\nof %s", after.body, before.body)
	}
	if after := s.records(t, was.ID); after != records {
		t.Errorf("a refused deletion made records\n%s\nof\n%s", after, records)
	}
	found(t, s, was)
}

// found checks that a customer is in the list and the search of active customers.
func found(t *testing.T, s *running, was customerView) {
	t.Helper()
	if now := s.customer(t, was.ID); now.State != "active" || now.Deletion != nil || !maps.Equal(now.Records, was.Records) {
		t.Errorf("%s is %s with %v, want it active with %v", was.ID, now.State, now.Records, was.Records)
	}
	s.wantPlaces(t, was, true, false)
}

// hidden checks that a deleted customer is in the trash only, and that its records cannot be read.
func hidden(t *testing.T, s *running, was, deleted customerView, records string) {
	t.Helper()
	if deleted.State != "deleted" || deleted.Deletion == nil || time.Until(deleted.Deletion.PurgeTime) < 29*24*time.Hour {
		t.Errorf("deleted, it is %+v; want it restorable for 30 days", deleted)
	}
	s.wantPlaces(t, was, false, true)
	s.get(t, customerPath(was.ID)+"/records").want(t, http.StatusNotFound, "IN_TRASH")
	first := decode[struct{ Key string }](t, answer{body: []byte(records[:slices.Index([]byte(records), '\n')])})
	s.get(t, customerPath(was.ID)+"/records/"+first.Key).want(t, http.StatusNotFound, "IN_TRASH")
	s.do(t, http.MethodPost, customerPath(was.ID)+"/records", map[string]any{"kind": "invoice"}).want(t, http.StatusNotFound, "IN_TRASH")
}

// wantPlaces checks in which lists and searches a customer is.
func (r *running) wantPlaces(t *testing.T, c customerView, active, trash bool) {
	t.Helper()
	for _, place := range []struct {
		name string
		ids  []string
		want bool
	}{
		{"the list of customers", r.list(t, "/v1/customers"), active},
		{"the search for its e-mail address", r.search(t, "forget.me", "active"), active},
		{"the trash", r.list(t, "/v1/deleted-customers"), trash},
		{"the search of the trash", r.search(t, "forget.me", "deleted"), trash},
	} {
		if got := slices.Contains(place.ids, c.ID); got != place.want {
			t.Errorf("%s is in %s: %t, want %t", c.ID, place.name, got, place.want)
		}
	}
}

// gone waits for the purge of a customer, and checks that nothing is left.
func gone(t *testing.T, s *running, was, deleted customerView, by string) {
	t.Helper()
	cert := s.awaitCertificate(t, was.ID)
	if cert.Customer != was.ID || cert.PurgedBy != by || !maps.Equal(cert.Erased, was.Records) || len(cert.Retained) > 0 || cert.Residue != 0 {
		t.Errorf("certificate %+v; want %s, purged by %s, with all of %v erased", cert, was.ID, by, was.Records)
	}
	if want := map[string]string{"invoice": "cascade", "line": "cascade"}; !maps.Equal(cert.Policies, want) {
		t.Errorf("certified policies %v, want %v", cert.Policies, want)
	}
	if cert.PurgedAt.Before(deleted.Deletion.PurgeTime) {
		t.Errorf("purged at %s, not before %s was said", cert.PurgedAt, deleted.Deletion.PurgeTime)
	}
	s.wantNothingOf(t, was)
	s.wantPlaces(t, was, false, false)
	if kept := decode[certificate](t, s.get(t, "/v1/certificates/"+was.ID).want(t, http.StatusOK, "")); !kept.PurgedAt.Equal(cert.PurgedAt) {
		t.Errorf("the ledger says %+v, the 410 %+v", kept, cert)
	}
	s.do(t, http.MethodPost, "/v1/customers", map[string]any{"id": was.ID, "organisation": "Somebody else"}).want(t, http.StatusGone, "PURGED")
	s.do(t, http.MethodPost, customerPath(was.ID)+"/restore", nil).want(t, http.StatusGone, "PURGED")
	logged(t, s, was.ID, by)
}

// histories are the expected audit logs of a customer after a purge by the schedule or by TTL, without additions of records.
var histories = map[string][]string{
	"schedule": {"customer.created", "customer.updated", "customer.deleted", "customer.restored", "customer.deleted", "purge.started", "customer.purged"},
	"ttl":      {"customer.created", "customer.updated", "customer.deleted", "customer.restored", "customer.deleted", "customer.expired", "purge.started", "customer.purged"},
}

// logged waits until the audit log, which follows the change stream, has the expected entries.
func logged(t *testing.T, s *running, id, by string) {
	t.Helper()
	eventually(t, "the audit log of "+id, func() bool {
		page := decode[struct {
			Entries []struct{ Action string }
		}](t, s.get(t, customerPath(id)+"/audit?limit=200").want(t, http.StatusOK, ""))
		var life []string
		for _, e := range slices.Backward(page.Entries) {
			if e.Action != "records.added" {
				life = append(life, e.Action)
			}
		}
		return slices.Equal(life, histories[by])
	})
}
