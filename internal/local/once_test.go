package main

import (
	"errors"
	"net/http"
	"sync"
	"testing"
)

func TestARequestWithAKeyIsDoneOnce(t *testing.T) {
	t.Parallel()
	s := launch(t, func(o *options) {})
	t.Run("sent again", func(t *testing.T) { sentAgain(t, s.api) })
	t.Run("sent at once", func(t *testing.T) { sentAtOnce(t, s.api) })
	t.Run("restored once", func(t *testing.T) { restoredOnce(t, s.api) })
	t.Run("bound to a version", func(t *testing.T) { boundToAVersion(t, s.api) })
	s.check(t, templateGrace, "acheron", "cocytus", "phlegethon")
}

func sentAgain(t *testing.T, a api) {
	body := map[string]any{"organisation": "Acheron Boats"}
	first := a.do(t, http.MethodPost, "/v1/customers", body, "Idempotency-Key", "k-1").want(t, http.StatusCreated, "")
	second := a.do(t, http.MethodPost, "/v1/customers", body, "Idempotency-Key", "k-1").want(t, http.StatusCreated, "")
	if first.header.Get("Idempotency-Replayed") != "" || second.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("replayed: %q and %q, want only the second", first.header.Get("Idempotency-Replayed"), second.header.Get("Idempotency-Replayed"))
	}
	if string(first.body) != string(second.body) {
		t.Errorf("the repeat answers %s\nthe first answered %s", second.body, first.body)
	}
	if found := a.search(t, "acheron", "active"); len(found) != 1 {
		t.Errorf("the request was sent twice and made %q", found)
	}
	other := map[string]any{"organisation": "Acheron Boats and Sons"}
	a.do(t, http.MethodPost, "/v1/customers", other, "Idempotency-Key", "k-1").want(t, http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_REUSED")
	if found := a.search(t, "acheron", "active"); len(found) != 1 {
		t.Errorf("another request under a used key made %q", found)
	}
}

// sentAtOnce sends the same request several times at once: every answer has the one customer.
func sentAtOnce(t *testing.T, a api) {
	answers, errs := make([]answer, 6), make([]error, 6)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			answers[i], errs[i] = a.request(t.Context(), http.MethodPost, "/v1/customers", typeJSON, []byte(`{"organisation":"Cocytus Mills"}`), "Idempotency-Key", "k-2")
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	found := a.search(t, "cocytus", "active")
	if len(found) != 1 {
		t.Fatalf("six requests under one key made %q", found)
	}
	for _, got := range answers {
		if c := decode[customerView](t, got.want(t, http.StatusCreated, "")); c.ID != found[0] {
			t.Errorf("answered with %s, want %s", c.ID, found[0])
		}
	}
}

// restoredOnce repeats a restore after the next deletion.
func restoredOnce(t *testing.T, a api) {
	a.do(t, http.MethodPost, "/v1/customers", map[string]any{"id": "phleg", "organisation": "Phlegethon Heating"}).want(t, http.StatusCreated, "")
	a.do(t, http.MethodDelete, customerPath("phleg"), nil).want(t, http.StatusOK, "")
	a.do(t, http.MethodPost, customerPath("phleg")+"/restore", nil, "Idempotency-Key", "k-3").want(t, http.StatusOK, "")
	a.do(t, http.MethodDelete, customerPath("phleg"), nil).want(t, http.StatusOK, "")
	late := a.do(t, http.MethodPost, customerPath("phleg")+"/restore", nil, "Idempotency-Key", "k-3").want(t, http.StatusOK, "")
	if c := decode[customerView](t, late); c.State != "active" || a.customer(t, "phleg").State != "deleted" {
		t.Errorf("a repeat of the first restore undid the second deletion, or does not return the first answer: %s", late.body)
	}
}

func boundToAVersion(t *testing.T, a api) {
	path := customerPath("lethe")
	read := a.do(t, http.MethodPost, "/v1/customers", map[string]any{"id": "lethe", "organisation": "Lethe Waters"}).want(t, http.StatusCreated, "")
	stale := read.header.Get("ETag")
	changed := a.do(t, http.MethodPatch, path, map[string]any{"phone": "1"}, "If-Match", stale).want(t, http.StatusOK, "")
	before := a.get(t, path)
	a.do(t, http.MethodPatch, path, map[string]any{"phone": "2"}, "If-Match", stale).want(t, http.StatusPreconditionFailed, "VERSION_MISMATCH")
	a.do(t, http.MethodDelete, path, nil, "If-Match", stale).want(t, http.StatusPreconditionFailed, "VERSION_MISMATCH")
	if after := a.get(t, path); string(after.body) != string(before.body) {
		t.Errorf("refused changes left %s\nof %s", after.body, before.body)
	}
	a.do(t, http.MethodDelete, path, nil, "If-Match", changed.header.Get("ETag")).want(t, http.StatusOK, "")
	if state := a.customer(t, "lethe").State; state != "deleted" {
		t.Errorf("it is %s after a deletion that named its version", state)
	}
}
