package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lethe/internal/local/demo"
)

// TestEveryOperationAsksForAToken sends each operation of the OpenAPI document to the whole system without a token, with an ID
// token and with a forged one.
func TestEveryOperationAsksForAToken(t *testing.T) {
	t.Parallel()
	r := launch(t, func(*options) {})
	open, variable := api{base: r.base}, regexp.MustCompile(`\{\w+\}`)
	document := decode[struct {
		Paths map[string]map[string]json.RawMessage
	}](t, open.get(t, "/openapi.json").want(t, http.StatusOK, ""))
	access, id := signedIn(t, r)
	operations := 0
	for path, methods := range document.Paths {
		for method := range methods {
			operations++
			for _, headers := range [][]string{nil, {"Authorization", "Bearer " + id}, {"Authorization", "Bearer " + access + "x"}} {
				got := open.do(t, strings.ToUpper(method), variable.ReplaceAllString(path, "x"), nil, headers...)
				if got.status != http.StatusUnauthorized || string(got.body) != `{"message":"Unauthorized"}` {
					t.Errorf("%s %s with %.20q was answered %d %s", method, path, headers, got.status, got.body)
				}
			}
		}
	}
	if operations < 30 {
		t.Errorf("the document has only %d operations", operations)
	}
	open.do(t, http.MethodGet, "/v1/customers", nil, "Authorization", "Bearer "+access).want(t, http.StatusOK, "")
	for _, path := range []string{"/docs", "/openapi.yaml"} {
		open.get(t, path).want(t, http.StatusOK, "")
	}
	wantSilence(t, r.options.Output.(*journal), access, id)
}

// signedIn signs in to the running system as its owner, as the dashboard does, and returns the access token and the ID token.
func signedIn(t *testing.T, r *running) (access, id string) {
	t.Helper()
	b := newBrowser(t, r.system)
	issued := decode[tokens](t, b.redeem(t, b.codeFor(t, "demo-owner", nil), nil))
	return issued.Access, issued.ID
}

// TestTheDashboardKnowsTheIssuer reads what the page is told.
func TestTheDashboardKnowsTheIssuer(t *testing.T) {
	t.Parallel()
	r := launch(t, func(*options) {})
	told := decode[map[string]string](t, api{base: r.base}.get(t, "/config.json").want(t, http.StatusOK, ""))
	want := map[string]string{"issuer": r.issuer.URL, "clientId": dashboardClient, "scope": scope, "audience": audience, "place": "local demo"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	for _, a := range demo.Administrators {
		as := api{r.base, clientOf(r.issuer.URL, a.ID)}
		me := decode[struct {
			Subject, Name string
			Groups        []string
		}](t, as.get(t, "/v1/me").want(t, http.StatusOK, ""))
		if me.Subject != a.Subject || me.Name != a.Name || !cmp.Equal(me.Groups, a.Groups) {
			t.Errorf("%s is %+v", a.ID, me)
		}
	}
}

func TestTheDashboardIsUnderOneName(t *testing.T) {
	t.Parallel()
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for _, tt := range []struct{ method, host, destination, location string }{
		{"GET", "localhost:8080", "document", "http://127.0.0.1:8080//evil.example/x?y=1"},
		{"GET", "127.0.0.1:8080", "document", ""},
		{"GET", "localhost:8080", "", ""}, // a program
		{"GET", "localhost:8080", "empty", ""},
		{"POST", "localhost:8080", "document", ""},
	} {
		request := httptest.NewRequest(tt.method, "/", http.NoBody)
		request.URL.Path, request.URL.RawQuery, request.Host = "//evil.example/x", "y=1", tt.host
		request.Header.Set("Sec-Fetch-Dest", tt.destination)
		w := httptest.NewRecorder()
		underOneName("http://127.0.0.1:8080", next).ServeHTTP(w, request)
		if got := w.Header().Get("Location"); got != tt.location || (w.Code == http.StatusTeapot) != (tt.location == "") {
			t.Errorf("%+v: %d to %q", tt, w.Code, got)
		}
	}
}
