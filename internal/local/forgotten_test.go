package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// forgettable is a customer with unusual values in all fields, and goneID is its id. The other customer stays. Both are changed.
var (
	forgettable = map[string]any{
		"id": goneID, "organisation": "Łąkowska & Sønderborg ﬁrma 김민준", "firstName": "Zoëtrope", "lastName": "Kowalczyk-Špačková",
		"email": "Zoëtrope.K+tag@bücher-käserei.example", "phone": "+49 (30) 0074-32159", "consents": map[string]any{"news": true},
	}
	married = map[string]any{"lastName": "Weißenböck 王小明", "email": "weissenböck@käserei-bücher.example", "phone": "٠٣٠ ٧٦٥٤٣٢١٠"}
	ticket  = map[string]any{"note": "Quokkawombat schrieb „<b>hallo</b>“", "of": []any{map[string]any{"Name": "Zoëtrope Weißenböck"}}}
	invoice = map[string]any{"number": "R-1", "buyer": "Quokkawombat", "seller": "Zoëtrope"}

	// now are the customer's last words, before the ones that it had before.
	now    = []string{"Łąkowska", "Sønderborg", "김민준", "Zoëtrope", "Weißenböck", "王小明", "käserei-bücher", "76543210", "Quokkawombat"}
	before = []string{"Kowalczyk", "Špačková", "bücher-käserei", "0074-32159"}
)

const (
	goneID    = "gone-1"
	staysID   = "stays-1"
	goneURL   = "/v1/customers/" + goneID
	telling   = "ZOETROPE Weissenboeck rief an"
	telling2  = "김민준이, zoëtropeweissenböck, früher Spackova/KOWALCZYK"
	telling3  = "王小明先生, 030-7654 3210, Lakowska Sonderborg, w@xn--kserei-bcher-hcb1v.example"
	decompose = "Zoe\u0308trope, born Kowalczyk-Spackova"
)

// TestNothingIsLeftOfAForgottenCustomer makes every possible change to a customer, with reasons that name it in
// every spelling, purges it, and scans everything that the system stores.
func TestNothingIsLeftOfAForgottenCustomer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		by     string
		change func(*options)
		purge  func(*testing.T, *running)
	}{
		{"schedule", func(o *options) { o.Tick = time.Second }, purgedWhenDue},
		{"ttl", func(o *options) { o.Schedule, o.Parameters["PurgeGrace"] = false, "PT1S" }, purgedWhenDue},
		{"operation", func(o *options) { o.Schedule = false }, purgedByOperation},
	} {
		if testing.Short() && test.by != "operation" {
			continue // it waits until the purge is due
		}
		t.Run(test.by, func(t *testing.T) {
			t.Parallel()
			s := launch(t, func(o *options) { o.Parameters["LogLevel"] = "debug"; test.change(o) })
			s.liveThrough(t)
			if there := s.left(t, now...); len(there) != len(now) {
				t.Fatalf("the scan misses what is there: it finds %v", there)
			}
			test.purge(t, s)
			s.awaitCertificate(t, goneID)
			eventually(t, "the log of the purge", func() bool {
				return strings.Contains(string(s.get(t, goneURL+"/audit").body), `"customer.purged"`)
			})
			for word, where := range s.left(t, slices.Concat(now, before)...) {
				t.Errorf("%s is left in %s", word, where)
			}
		})
	}
}

func keeping(retention string) map[string]any {
	return map[string]any{"retention": retention, "acknowledged": true, "kinds": []any{
		map[string]any{"name": "ticket", "policy": "cascade"},
		map[string]any{"name": "invoice", "policy": "retain", "keep": []any{"number"}, "keepFor": "P3650D"},
	}}
}

// liveThrough makes every change to the customer that stores something.
func (r *running) liveThrough(t *testing.T) {
	t.Helper()
	r.do(t, http.MethodPut, "/v1/settings", keeping("P30D"), "If-Match", r.get(t, "/v1/settings").header.Get("ETag")).want(t, http.StatusOK, "")
	r.do(t, http.MethodPost, "/v1/customers", forgettable, "Idempotency-Key", "Zoetrope-Kowalczyk").want(t, http.StatusCreated, "")
	r.do(t, http.MethodPost, "/v1/customers", map[string]any{"id": staysID, "organisation": "Nobody special"}).want(t, http.StatusCreated, "")
	r.do(t, http.MethodPost, goneURL+"/records", map[string]any{"kind": "ticket", "id": "1", "data": ticket}, "Idempotency-Key", "Quokkawombat").want(t, http.StatusCreated, "")
	r.do(t, http.MethodPost, goneURL+"/records", map[string]any{"kind": "invoice", "id": "1", "data": invoice}).want(t, http.StatusCreated, "")
	r.do(t, http.MethodPatch, goneURL, married).want(t, http.StatusOK, "")
	r.beRefused(t)

	r.do(t, http.MethodPost, goneURL+"/block", map[string]any{"reason": telling}).want(t, http.StatusOK, "")
	r.do(t, http.MethodPost, goneURL+"/unblock", map[string]any{"reason": telling2, "reasonCode": "other"}, "Idempotency-Key", "Weissenboeck").want(t, http.StatusOK, "")
	r.do(t, http.MethodPut, goneURL+"/holds/case-1", map[string]any{"reason": telling3}).want(t, http.StatusOK, "")
	r.do(t, http.MethodDelete, goneURL+"/holds/case-1", map[string]any{"reason": decompose}).want(t, http.StatusOK, "")
	r.do(t, http.MethodDelete, goneURL, map[string]any{"reason": telling}).want(t, http.StatusOK, "")
	r.do(t, http.MethodPost, goneURL+"/restore", map[string]any{"reason": decompose}).want(t, http.StatusOK, "")
	both := map[string]any{"ids": []string{goneID, staysID}}
	deleted := r.reasoned(t, "delete", both, telling2)
	r.reasoned(t, "redate", both, telling)
	r.reasoned(t, "undo", map[string]any{"operation": deleted.ID}, telling3)
	r.reasoned(t, "block", both, decompose)
	searched := r.create(t, "delete", map[string]any{"filter": map[string]any{"search": "weissenböck"}}, telling)
	r.do(t, http.MethodPost, "/v1/operations/"+searched.ID+"/cancel", nil).want(t, http.StatusOK, "")
	r.do(t, http.MethodPost, "/v1/operations", map[string]any{"action": "delete", "selection": map[string]any{"filter": map[string]any{"search": "weissenböck"}}, "reason": telling3}, "Idempotency-Key", "Lakowska")
}

// beRefused makes requests with the customer's values that must have no effect but an answer, and perhaps a log line.
func (r *running) beRefused(t *testing.T) {
	t.Helper()
	r.do(t, http.MethodPost, "/v1/customers", map[string]any{"lastName": "Weißenböck", "email": married["email"]}).want(t, http.StatusConflict, "EMAIL_TAKEN")
	r.do(t, http.MethodPost, "/v1/customers", map[string]any{"lastName": "Weißenböck", "email": "Weißenböck"}).want(t, http.StatusUnprocessableEntity, "")
	r.do(t, http.MethodPost, "/v1/customers", map[string]any{"lastName": "Weißenböck", "Zoëtrope": 1}).want(t, http.StatusUnprocessableEntity, "")
	r.get(t, "/v1/customers?search="+url.QueryEscape("Weißenböck"))
	r.get(t, "/v1/customers/"+url.PathEscape("weissenböck@käserei-bücher.example"))
	r.get(t, "/v1/customers/Weissenbock")
	if _, err := r.request(t.Context(), http.MethodGet, "/Zoetrope/Weissenbock", "", nil); err != nil { // 503 while no dashboard is built
		t.Fatal(err)
	}
	r.search(t, "weissenböck zoë", "active")
	lines := "firstName,lastName,email\nZoëtrope,Weißenböck,weissenböck@käserei-bücher.example\nZoëtrope,Weißenböck,Quokkawombat\n\"Zoëtrope\n"
	r.send(t, http.MethodPost, "/v1/imports/customers", typeCSV, []byte(lines)).want(t, http.StatusOK, "")
	r.send(t, http.MethodPost, "/v1/imports/records?kind=ticket", typeNDJSON, []byte(`{"customer":"Weißenböck","data":{"note":"Quokkawombat"}}`+"\n")).want(t, http.StatusOK, "")
}

func (r *running) create(t *testing.T, action string, selection any, reason string) operationView {
	t.Helper()
	request := map[string]any{"action": action, "selection": selection, "reason": reason, "reasonCode": "erasure_request"}
	op := decode[operationView](t, r.do(t, http.MethodPost, "/v1/operations", request).want(t, http.StatusAccepted, ""))
	eventually(t, action+" is planned", func() bool { op = r.operation(t, op.ID); return op.State != "PLANNING" })
	return op
}

// reasoned plans an action with a reason, and waits until it is done.
func (r *running) reasoned(t *testing.T, action string, selection any, reason string) operationView {
	t.Helper()
	op := r.create(t, action, selection, reason)
	if op.State == "READY" && action != "undo" && action != "block" {
		r.apply(t, op)
	}
	return r.ended(t, op)
}

func purgedWhenDue(t *testing.T, r *running) {
	t.Helper()
	r.do(t, http.MethodPut, "/v1/settings", keeping("PT2S"), "If-Match", r.get(t, "/v1/settings").header.Get("ETag")).want(t, http.StatusOK, "")
	r.do(t, http.MethodDelete, goneURL, map[string]any{"reason": telling2, "reasonCode": "erasure_request"}).want(t, http.StatusOK, "")
}

func purgedByOperation(t *testing.T, r *running) {
	t.Helper()
	r.do(t, http.MethodDelete, goneURL, map[string]any{"reason": telling2, "reasonCode": "erasure_request"}).want(t, http.StatusOK, "")
	r.reasoned(t, "purge", map[string]any{"ids": []string{goneID}}, telling3)
}
