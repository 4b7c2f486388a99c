package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
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

// TestAnotherIssuerReplacesTheDemo gives the system an issuer that it has not started.
func TestAnotherIssuerReplacesTheDemo(t *testing.T) {
	t.Parallel()
	other, _ := startTestIssuer(t, t.TempDir())
	o := trial(t)
	o.Parameters = map[string]string{"JwtIssuer": other.issuer.URL, "JwtAudience": audience}
	o.Demo = true
	o.Load = func(context.Context, *http.Client, string, io.Writer) error {
		t.Error("the demo is loaded")
		return nil
	}
	s, err := start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	var shown bytes.Buffer
	s.introduce(&shown)
	for _, want := range []string{other.issuer.URL + ", because of --param JwtIssuer", "no demo data were loaded", "--param AdminGroup=GROUP"} {
		if !strings.Contains(shown.String(), want) {
			t.Errorf("the introduction lacks %q:\n%s", want, &shown)
		}
	}
	if strings.Contains(shown.String(), "/tokens/") {
		t.Errorf("the introduction names tokens that are refused:\n%s", &shown)
	}
	owner := api{s.BaseURL, clientOf(other.issuer.URL, demo.Owner)}
	owner.get(t, "/v1/me").want(t, http.StatusOK, "")
	owner.get(t, "/v1/customers").want(t, http.StatusForbidden, "FORBIDDEN")
}

// TestTheDashboardIsUnderOneName leads documents to the other name of the same origin, with paths that would lead elsewhere without it.
func TestTheDashboardIsUnderOneName(t *testing.T) {
	t.Parallel()
	const own = "127.0.0.1:8080"
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	for _, tt := range []struct{ method, host, path, destination, location string }{
		{"GET", "localhost:8080", "/operations", "document", "http://127.0.0.1:8080/operations?y=1"},
		{"GET", "localhost:8080", "//evil.example/x", "document", "http://127.0.0.1:8080//evil.example/x?y=1"},
		{"GET", "localhost:8080", "/\\evil.example", "document", "http://127.0.0.1:8080/%5Cevil.example?y=1"},
		{"GET", "localhost:8080", "@evil.example", "document", "http://127.0.0.1:8080/@evil.example?y=1"},
		{"GET", "localhost:8080", "http://evil.example", "document", "http://127.0.0.1:8080/http://evil.example?y=1"},
		{"GET", own, "/operations", "document", ""},
		{"GET", "localhost:8080", "/operations", "", ""}, // a program
		{"GET", "localhost:8080", "/operations", "empty", ""},
		{"POST", "localhost:8080", "/operations", "document", ""},
	} {
		request := httptest.NewRequest(tt.method, "/", http.NoBody)
		request.URL.Path, request.URL.RawQuery, request.Host = tt.path, "y=1", tt.host
		request.Header.Set("Sec-Fetch-Dest", tt.destination)
		w := httptest.NewRecorder()
		underOneName(own, next).ServeHTTP(w, request)
		if got := w.Header().Get("Location"); got != tt.location || (w.Code == http.StatusTeapot) != (tt.location == "") {
			t.Errorf("%+v: %d to %q", tt, w.Code, got)
		}
	}
}
