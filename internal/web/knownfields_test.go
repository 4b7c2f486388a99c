package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"lethe/internal/admin"

	"lethe/internal/customer"
)

func TestAMessageSaysTheLimitAndTheKnownNames(t *testing.T) {
	a := newAPI(t)
	for _, tt := range []struct{ method, path, body, field, want string }{
		{"GET", "/v1/customers?stat=active", "", "query.stat", "is unknown; known parameters: state, limit, cursor"},
		{"GET", "/v1/settings?stat=active", "", "query.stat", "is unknown; there are no known parameters"},
		{"GET", "/v1/customers?state=gone", "", "query.state", "must be one of: active, deleted"},
		{"GET", "/v1/customers?limit=201", "", "query.limit", "must be at most 200"},
		{"POST", "/v1/customers", `{"town":"x"}`, "town", "is unknown; known fields: consents, email, firstName, id, lastName, organisation, phone, push"},
		{"POST", "/v1/customers", `{"a.b":"x"}`, "a.b", "is unknown; known fields: consents, email, firstName, id, lastName, organisation, phone, push"},
		{"POST", "/v1/customers", `{"phone":"` + strings.Repeat("1", 41) + `"}`, "phone", "is too long: at most 40 characters"},
		{"POST", "/v1/customers", `{"phone":1}`, "phone", "must be a string"},
		{"PUT", "/v1/settings", `{"version":0,"retention":"P30D","kinds":[{"name":"a","policy":"cascade","kep":[]}]}`, "kinds[0].kep", "is unknown; known fields: keep, keepFor, name, policy"},
		{"POST", "/v1/operations", `{"action":"delete","selection":{"filter":{"stat":"active"}}}`, "selection.filter.stat", "is unknown; known fields: blocked, search, state"},
		{"POST", "/v1/operations", `{"action":"delete"}`, "body", "lacks the required field selection"},
	} {
		r := httptest.NewRequestWithContext(WithIdentity(t.Context(), admin.Identity{Subject: "tester", Groups: []string{owners}}), tt.method, tt.path, strings.NewReader(tt.body))
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		var p Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != http.StatusUnprocessableEntity || len(p.Errors) != 1 || p.Errors[0] != (FieldProblem{tt.field, tt.want}) {
			t.Errorf("%s %s %s: %d %+v, want %q", tt.method, tt.path, tt.body, w.Code, p.Errors, tt.want)
		}
	}
}

func TestALineSaysTheKnownFields(t *testing.T) {
	schema := newLineSchema(reflect.TypeFor[importedRecord]())
	_, err := schema.decode(bytes.TrimSpace([]byte(`{"costumer":"ALFKI"}`)), &importedRecord{})
	want := customer.Invalid("costumer", "is unknown; known fields: customer, data, id, key, kind, parent")
	if err == nil || err.Error() != want.Error() {
		t.Errorf("%v, want %v", err, want)
	}
}
