package web_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"lethe/internal/customer"
	"lethe/internal/web"
)

// faultyStore fails to read a customer with an error that the test sets.
type faultyStore struct {
	customer.Store
	customer func() error
}

func (f faultyStore) Customer(context.Context, string) (customer.Customer, error) {
	return customer.Customer{}, f.customer()
}

func TestFaultsTellNothing(t *testing.T) {
	for _, tt := range []struct {
		name   string
		fault  func() error
		status int
		code   string
		logged string
		level  string
	}{
		{"unknown error", func() error { return errors.New("password=hunter2") }, 500, "INTERNAL", "password=hunter2", "ERROR"},
		{"panic", func() error { panic("password=hunter2") }, 500, "INTERNAL", "password=hunter2", "ERROR"},
		{"out of time", func() error { return context.DeadlineExceeded }, 503, "UNAVAILABLE", "deadline", "WARN"},
		{"busy", func() error { return fmt.Errorf("%w: password=hunter2", customer.ErrBusy) }, 503, "BUSY", "password=hunter2", "WARN"},
		{"no room", func() error { return fmt.Errorf("%w: password=hunter2", customer.ErrFull) }, 507, "DISK_FULL", "disk is full", "ERROR"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSystem(t)
			s.store.Store = faultyStore{s.store.Store, tt.fault}
			got := s.send(get, "/v1/customers/A", "")
			if got.status != tt.status || got.body["code"] != tt.code || !got.isProblem() {
				t.Errorf("got %d %s", got.status, got.text)
			}
			if wait := got.header.Get("Retry-After"); (got.status == 503) != (wait != "") {
				t.Errorf("%d with Retry-After %q", got.status, wait)
			}
			if strings.Contains(got.text, "hunter2") {
				t.Errorf("the answer tells: %s", got.text)
			}
			if id := got.header.Get("X-Request-Id"); !strings.Contains(s.log.String(), id) || !strings.Contains(s.log.String(), tt.logged) {
				t.Errorf("the log does not tell of %s: %s", id, s.log)
			}
			if !strings.Contains(s.log.String(), `"level":"`+tt.level+`"`) {
				t.Errorf("the level is not %s: %s", tt.level, s.log)
			}
			if later := got.header.Get("Retry-After"); (later != "") != (tt.status == 503) {
				t.Errorf("%d with Retry-After %q", tt.status, later)
			}
		})
	}
}

func TestLogHoldsNothingPersonal(t *testing.T) {
	s := newSystem(t)
	s.must(201, post, "/v1/customers", `{"id":"A","lastName":"Geheimnis","email":"geheimnis@example.com","phone":"0301234567"}`)
	s.send(post, "/v1/customers", `{"lastName":"Geheimnis","email":"geheimnis@example.com"}`)
	s.send(post, "/v1/customers/search", `{"search":"geheimnis"}`)
	s.store.Store = faultyStore{s.store.Store, func() error { return errors.New("fault") }}
	s.send(patch, "/v1/customers/A", `{"email":"geheimnis2@example.com"}`)
	s.send(post, "/v1/customers", `{"lastName":"Geheimnis","email":"geheimnis@example.com"}`)
	if log := strings.ToLower(s.log.String()); !strings.Contains(log, "fault") || strings.Contains(log, "geheimnis") {
		t.Errorf("the log: %s", log)
	}
}

func TestBrokenBody(t *testing.T) {
	s := newSystem(t)
	for _, target := range []string{"/v1/customers", "/v1/imports/customers"} {
		body := io.MultiReader(strings.NewReader(`{"lastName":`), iotest.ErrReader(errors.New("connection reset")))
		r := httptest.NewRequest(post, target, body)
		r.Header.Set("Content-Type", "application/json")
		if strings.Contains(target, "imports") {
			r.Header.Set("Content-Type", "application/x-ndjson")
		}
		got := s.do(r.WithContext(web.SignedIn(r.Context(), "tester")))
		if got.status != 400 || got.body["code"] != "MALFORMED" {
			t.Errorf("%s: %d %s", target, got.status, got.text)
		}
	}
}

// TestABodyBreaksAfterALine checks that a body that breaks off fails the request, not one line.
func TestABodyBreaksAfterALine(t *testing.T) {
	s := newSystem(t)
	for contentType, line := range map[string]string{"application/x-ndjson": `{"id":"A","lastName":"A"}`, "text/csv": "id,lastName\nA,A"} {
		body := io.MultiReader(strings.NewReader(line+"\n"), iotest.ErrReader(errors.New("connection reset")))
		r := httptest.NewRequest(post, "/v1/imports/customers", body)
		r.Header.Set("Content-Type", contentType)
		got := s.do(r.WithContext(web.SignedIn(r.Context(), "tester")))
		if got.status != 400 || got.body["code"] != "MALFORMED" || got.body["detail"] != "The body ended too early. Send the request again." {
			t.Errorf("%s: %d %s", contentType, got.status, got.text)
		}
	}
}

func TestRequestID(t *testing.T) {
	s := newSystem(t)
	for given, kept := range map[string]bool{"JKJaXmPLvHcESHA=": true, "a b": false, "<b>": false, "x\ny": false, strings.Repeat("x", 128): true, strings.Repeat("x", 129): false} {
		got := s.send(get, "/v1/totals", "", "X-Request-Id", given)
		if id := got.header.Get("X-Request-Id"); id == "" || (id == given) != kept {
			t.Errorf("%q became %q", given, id)
		}
	}
}
