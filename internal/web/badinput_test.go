package web_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"lethe/internal/web"
)

// document is what the tests need of the OpenAPI document.
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
	Responses map[string]struct{ Content map[string]media }
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

// documented says whether the route's description has this answer.
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

// attack is one way to send nonsense. A status of 0 takes any refusal.
type attack struct {
	name   string
	url    string // after the path
	path   map[string]string
	body   string
	header []string
	status int
	code   string
}

const canary = "<b>canary"

// attacks lists what is sent to a route, made from its description.
func attacks(d document, r route) []attack {
	list := []attack{
		{name: "unknown query parameter", url: "?" + url.QueryEscape(canary) + "=1", status: 422, code: "INVALID"},
		{name: "query that is no query", url: "?%zz", status: 400, code: "BAD_QUERY"},
		{name: "query with a semicolon", url: "?a=1;b=2", status: 400, code: "BAD_QUERY"},
	}
	for _, p := range r.Parameters {
		switch {
		case p.In == "path":
			for _, bad := range []string{canary, "..", "a b", "a\x00b", "a\xffb", strings.Repeat("x", 2000), "-", "a/b"} {
				list = append(list, attack{name: fmt.Sprintf("%s is %.12q", p.Name, bad), path: map[string]string{p.Name: bad}})
			}
		case p.Name == "limit":
			for _, bad := range []string{"0", "-1", "201", "x", "1.5", "99999999999999999999", "%00"} {
				list = append(list, attack{name: "limit " + bad, url: "?limit=" + bad, status: 422, code: "INVALID"})
			}
		case p.Name == "cursor":
			for _, bad := range []string{"x", "%ff", "!!!", "eyJhIjoxfQ", strings.Repeat("A", 1500), url.QueryEscape(canary)} {
				list = append(list, attack{name: fmt.Sprintf("cursor %.12s", bad), url: "?cursor=" + bad, status: 400, code: "BAD_CURSOR"})
			}
			list = append(list, attack{name: "endless cursor", url: "?cursor=" + strings.Repeat("A", 2001), status: 422, code: "INVALID"})
		case p.Name == "If-Match":
			for _, bad := range []string{"x", `"x"`, `"1", "2"`, `"-1"`, `"9999999999999999999999"`, canary} {
				list = append(list, attack{name: "If-Match " + bad, header: []string{"If-Match", bad}, status: 400, code: "BAD_IF_MATCH"})
			}
		case p.Name == "Idempotency-Key":
			for _, bad := range []string{" ", "é", canary + " ", strings.Repeat("k", 129)} {
				list = append(list, attack{name: fmt.Sprintf("Idempotency-Key %.12q", bad), header: []string{"Idempotency-Key", bad}})
			}
		}
	}
	if m, ok := r.json(); ok {
		for i := range list {
			list[i].body = string(m.Example)
		}
		list = append(list, bodyAttacks(d.resolve(m.Schema), m.Example)...)
	}
	return list
}

func bodyAttacks(s schema, example json.RawMessage) []attack {
	list := []attack{
		{name: "malformed", body: `{"a":`, status: 400, code: "MALFORMED"},
		{name: "two values", body: `{} {}`, status: 400, code: "MALFORMED"},
		{name: "bad UTF-8", body: "{\"reason\":\"\xff\xfe\"}", status: 400, code: "MALFORMED"},
		{name: "NUL", body: "\x00", status: 400, code: "MALFORMED"},
		{name: "endless nesting", body: strings.Repeat("[", 20_000), status: 400, code: "MALFORMED"},
		{name: "huge number", body: `{"limit":1e999}`, status: 400, code: "MALFORMED"},
		{name: "oversize", body: `{"reason":"` + strings.Repeat("x", 2<<20) + `"}`, status: 413, code: "TOO_LARGE"},
		{name: "not JSON", body: "reason=" + canary, header: []string{"Content-Type", "application/x-www-form-urlencoded"}, status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "another kind of patch", body: "{}", header: []string{"Content-Type", "application/json-patch+json"}, status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "no content type there is", body: "{}", header: []string{"Content-Type", canary}, status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
	}
	for _, top := range []string{`[]`, `7`, `"x"`, `true`, `null`} {
		list = append(list, attack{name: "top level " + top, body: top, status: 422, code: "INVALID"})
	}
	for name, value := range map[string]any{
		canary: 1, "state": 1, "version": "1", "epoch": 1, "deletion": map[string]any{}, "purgeTime": "now", "counts": map[string]any{"a": 1}, "By": "x", "__proto__": 1,
	} {
		list = append(list, attack{name: "sets " + name, body: with(example, name, value), status: 422, code: "INVALID"})
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		list = append(list, attack{name: "in capitals " + name, body: with(example, strings.ToUpper(name), "x"), status: 422, code: "INVALID"})
		for _, bad := range wrongFor(s.Properties[name].Type) {
			list = append(list, attack{name: fmt.Sprintf("%s is %v", name, bad), body: with(example, name, bad), status: 422, code: "INVALID"})
		}
	}
	return list
}

// wrongFor lists values of other types.
func wrongFor(declared any) []any {
	wrong := map[string]any{
		"string": canary, "integer": 7, "boolean": true, "array": []any{canary, 7}, "object": map[string]any{canary: []any{1}},
	}
	for t := range strings.FieldsSeq(strings.Trim(fmt.Sprint(declared), "[]")) {
		delete(wrong, t)
	}
	return slices.Collect(maps.Values(wrong))
}

func with(example json.RawMessage, name string, value any) string {
	body := map[string]any{}
	if len(example) > 0 {
		if err := json.Unmarshal(example, &body); err != nil {
			panic(err)
		}
	}
	body[name] = value
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// TestBadInput sends nonsense to every route of the OpenAPI document. Each is refused
// as documented, and what was sent does not come back as it was.
func TestBadInput(t *testing.T) {
	s := newSystem(t)
	for _, id := range []string{"ALFKI", "GONE"} {
		s.must(201, post, "/v1/customers", fmt.Sprintf(`{"id":%q,"lastName":"Anders"}`, id))
	}
	s.must(200, remove, "/v1/customers/GONE", "")
	s.must(202, post, "/v1/customers/GONE/purge", `{"confirm":"GONE"}`)
	s.work()
	d, sent := s.document(), 0
	for path, methods := range d.Paths {
		for method, r := range methods {
			for _, a := range attacks(d, r) {
				method, target := strings.ToUpper(method), a.target(path)
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

func (a attack) target(path string) string {
	id := "ALFKI"
	if strings.HasPrefix(path, "/v1/certificates/") {
		id = "GONE"
	}
	for name, value := range map[string]string{"id": id, "key": "ticket~1", "hold": "h"} {
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

// TestNobody sends every route a request that nobody makes.
func TestNobody(t *testing.T) {
	s := newSystem(t)
	for path, methods := range s.document().Paths {
		for method := range methods {
			for _, actor := range []string{"", "none"} {
				r := httptest.NewRequest(strings.ToUpper(method), attack{}.target(path), strings.NewReader("{"))
				if actor == "" {
					r = r.WithContext(web.WithActor(r.Context(), ""))
				}
				got := s.do(r)
				if got.status != 401 || got.body["code"] != "UNAUTHENTICATED" || !got.isProblem() || got.header.Get("WWW-Authenticate") != "Bearer" {
					t.Errorf("%s %s: %d %s", method, path, got.status, got.text)
				}
			}
		}
	}
	if got := s.do(httptest.NewRequest(get, "/v1/no-such-thing", nil)); got.status != 401 {
		t.Errorf("an address that there is none of: %d before anybody signed in", got.status)
	}
}

func TestNoSuchRoute(t *testing.T) {
	newSystem(t).run(t, []call{
		{Name: "no address", Method: get, URL: "/v2/customers", Status: 404, Code: "NO_ROUTE"},
		{Name: "no method", Method: put, URL: "/v1/customers", Status: 405, Code: "METHOD_NOT_ALLOWED", Answer: map[string]string{"Allow": "GET, HEAD, POST"}},
		{Name: "no schemas but in the document", Method: get, URL: "/schemas/Customer.json", Status: 404, Code: "NO_ROUTE"},
		{Name: "the docs are the start page", Method: get, URL: "/", Status: 303, Answer: map[string]string{"Location": "/docs"}},
	})
}
