package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"lethe/internal/admin"
	"lethe/internal/web"
)

// document is the part of the OpenAPI document that the tests read.
type document struct {
	Paths      map[string]map[string]route
	Components struct{ Schemas map[string]schema }
}

type route struct {
	OperationID string
	Parameters  []struct {
		Name, In string
		Schema   schema
	}
	RequestBody *struct {
		Required bool
		Content  map[string]media
	}
	Responses  map[string]struct{ Content map[string]media }
	Permission struct {
		AnyOf       []admin.Permission
		Action      bool
		FreshSignIn string
	} `json:"x-permission"`
}

type media struct {
	Schema   schema
	Example  json.RawMessage
	Examples map[string]any
}

type schema struct {
	Ref        string `json:"$ref"`
	Type       any
	Properties map[string]schema
	MaxLength  int
	Pattern    string
	Enum       []any
}

func (d document) resolve(s schema) schema {
	for s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	return s
}

func (s *system) document() document {
	s.t.Helper()
	var d document
	if err := json.Unmarshal([]byte(s.must(200, get, "/openapi.json", "").text), &d); err != nil {
		s.t.Fatal(err)
	}
	return d
}

// documented says whether the OpenAPI document has this answer of the route.
func (r route) documented(a answer) bool {
	response, ok := r.Responses[fmt.Sprint(a.status)]
	if !ok || a.status < 400 {
		return ok
	}
	_, ok = response.Content["application/problem+json"].Examples[fmt.Sprint(a.body["code"])]
	return ok
}

func (r route) json() (media, bool) {
	if r.RequestBody == nil {
		return media{}, false
	}
	m, ok := r.RequestBody.Content["application/json"]
	return m, ok
}

// TestBadInput sends malformed requests to every route of the OpenAPI document. Each must be refused as documented,
// and the answer must not repeat what was sent.
func TestBadInput(t *testing.T) {
	s := newSystem(t)
	for _, id := range []string{"ALFKI", "GONE"} {
		s.must(201, post, "/v1/customers", fmt.Sprintf(`{"id":%q,"lastName":"Anders"}`, id))
	}
	s.must(200, remove, "/v1/customers/GONE", "")
	s.must(202, post, "/v1/customers/GONE/purge", `{"confirm":"GONE"}`)
	s.work()
	operation := fmt.Sprint(s.must(202, post, "/v1/operations", `{"action":"delete","selection":{"ids":[]}}`).body["id"])
	d, sent := s.document(), 0
	for path, methods := range d.Paths {
		for method, r := range methods {
			for _, a := range attacks(d, r) {
				method, target := strings.ToUpper(method), a.target(path, operation)
				got := s.send(method, target, a.body, a.header...)
				sent++
				if problem := a.wrong(got, r); problem != "" {
					t.Errorf("%s %s, %s: %s: %d %.300s", method, path, a.name, problem, got.status, got.text)
				}
			}
		}
	}
	if c := s.must(200, get, "/v1/customers/ALFKI", ""); c.body["version"] != 1.0 {
		t.Errorf("nonsense changed a customer: %s", c.text)
	}
	if strings.Contains(s.log.String(), "canary") {
		t.Errorf("the log repeats what was sent: %s", s.log)
	}
	t.Logf("%d requests", sent)
}

func (a attack) target(path, operation string) string {
	id := "ALFKI"
	if strings.HasPrefix(path, "/v1/certificates/") {
		id = "GONE"
	}
	for name, value := range map[string]string{"id": id, "key": "ticket~1", "hold": "h", "operation": operation} {
		if bad, ok := a.path[name]; ok {
			value = url.PathEscape(bad)
		}
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	return path + a.url
}

func (a attack) wrong(got answer, r route) string {
	redirected := got.status == http.StatusTemporaryRedirect || got.status == http.StatusMovedPermanently
	switch {
	case redirected && a.path != nil:
		return "" // the mux cleans paths
	case got.status >= 500:
		return "a fault"
	case strings.Contains(got.text, canary):
		return "what was sent comes back"
	case a.status != 0 && got.status != a.status, a.code != "" && got.body["code"] != a.code:
		return fmt.Sprintf("want %d %s", a.status, a.code)
	case got.status >= 400 && !got.isProblem():
		return "no problem detail"
	case got.body["code"] != "NO_ROUTE" && got.body["code"] != "METHOD_NOT_ALLOWED" && !r.documented(got):
		return "not documented"
	}
	return ""
}

func (a answer) isProblem() bool {
	return a.header.Get("Content-Type") == "application/problem+json" && a.body["status"] == float64(a.status) &&
		a.body["title"] != "" && a.body["detail"] != "" && a.body["requestId"] == a.header.Get("X-Request-Id") &&
		strings.HasPrefix(fmt.Sprint(a.body["type"]), "/docs#problem-")
}

// TestNobody sends every route a request without an actor.
func TestNobody(t *testing.T) {
	s := newSystem(t)
	for path, methods := range s.document().Paths {
		for method := range methods {
			for _, actor := range []string{"", "none"} {
				r := httptest.NewRequest(strings.ToUpper(method), attack{}.target(path, "none"), strings.NewReader("{"))
				if actor == "" {
					r = r.WithContext(web.SignedIn(r.Context(), ""))
				}
				got := s.do(r)
				if got.status != 401 || got.body["code"] != "UNAUTHENTICATED" || !got.isProblem() || got.header.Get("WWW-Authenticate") != "Bearer" {
					t.Errorf("%s %s: %d %s", method, path, got.status, got.text)
				}
			}
		}
	}
	if got := s.do(httptest.NewRequest(get, "/v1/no-such-thing", nil)); got.status != 401 {
		t.Errorf("an unknown path without an actor: %d, want 401", got.status)
	}
}

func TestNoSuchRoute(t *testing.T) {
	newSystem(t).run(t, []call{
		{Name: "no address", Method: get, URL: "/v2/customers", Status: 404, Code: "NO_ROUTE"},
		{Name: "no method", Method: put, URL: "/v1/customers", Status: 405, Code: "METHOD_NOT_ALLOWED", Answer: map[string]string{"Allow": "GET, HEAD, POST"}},
		{Name: "no schemas but in the document", Method: get, URL: "/schemas/Customer.json", Status: 404, Code: "NO_ROUTE"},
	})
}
