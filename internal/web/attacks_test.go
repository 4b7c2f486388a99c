package web_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"lethe/internal/web"
)

// attack is one malformed request. Status 0 accepts every refusal.
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

// attacks returns the malformed requests for a route, made from the OpenAPI document.
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
		case p.In == "query":
			list = append(list, queryAttacks(p.Name, d.resolve(p.Schema))...)
		}
	}
	list = append(list, fileAttacks(r)...)
	if m, ok := r.json(); ok {
		for i := range list {
			list[i].body = string(m.Example)
		}
		list = append(list, bodyAttacks(d.resolve(m.Schema), m.Example)...)
	}
	return list
}

// queryAttacks returns the malformed values for a query parameter: those that its schema forbids, and those that no
// schema can.
func queryAttacks(name string, s schema) []attack {
	sent := func(bad string) string { return "?" + name + "=" + bad }
	var list []attack
	for _, bad := range []string{"", "%ff", "%00", "%0d%0a", "..", url.QueryEscape(canary), "%3D1%2B1", "x&" + name + "=y"} {
		list = append(list, attack{name: fmt.Sprintf("%s is %s", name, bad), url: sent(bad)})
	}
	for _, bad := range forbidden(s) {
		list = append(list, attack{name: fmt.Sprintf("%s is %.12s", name, bad), url: sent(bad), status: 422, code: "INVALID"})
	}
	return list
}

// forbidden returns values that a schema does not allow.
func forbidden(s schema) []string {
	var bad []string
	if s.MaxLength > 0 {
		bad = append(bad, strings.Repeat("x", s.MaxLength+1))
	}
	if s.Pattern != "" || len(s.Enum) > 0 {
		bad = append(bad, "%3D1%2B1", "ACTIVE", url.QueryEscape(canary))
	}
	switch s.Type {
	case "integer":
		bad = append(bad, "0", "-1", "x", "1.5", "99999999999999999999")
	case "boolean":
		bad = append(bad, "perhaps", "2", url.QueryEscape(canary))
	}
	return bad
}

// fileAttacks returns malformed files to import, in every content type of the route. Lines may fail alone: the answer
// can be a success.
func fileAttacks(r route) []attack {
	if r.RequestBody == nil {
		return nil
	}
	var list []attack
	for contentType := range r.RequestBody.Content {
		if contentType == "application/json" || contentType == "application/merge-patch+json" {
			continue
		}
		for _, bad := range []string{"", "\x00", "\xff\xfe", "\ufeff", "[]", "{\"a\":", "\"", "\n\n", strings.Repeat("[", 20_000), strings.Repeat(",", 20_000), canary + "\n" + canary, "id,customer,lastName\n=1+1,\xff,@SUM(A1)\n"} {
			list = append(list, attack{name: fmt.Sprintf("%s of %.12q", contentType, bad), body: bad, header: []string{"Content-Type", contentType}})
		}
		list = append(list, attack{name: "oversize " + contentType, body: strings.Repeat("x", web.MaxImport+1), header: []string{"Content-Type", contentType}, status: 413, code: "TOO_LARGE"})
	}
	return list
}

func bodyAttacks(s schema, example json.RawMessage) []attack {
	list := []attack{
		{name: "malformed", body: `{"a":`, status: 400, code: "MALFORMED"},
		{name: "two values", body: `{} {}`, status: 400, code: "MALFORMED"},
		{name: "bad UTF-8", body: "{\"reason\":\"\xff\xfe\"}", status: 400, code: "MALFORMED"},
		{name: "half a surrogate pair", body: `{"reason":"\ud800"}`, status: 400, code: "MALFORMED"},
		{name: "half a surrogate pair in a name", body: `{"\udfff":1}`, status: 400, code: "MALFORMED"},
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

// wrongFor returns values of other types.
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

// TestEveryInputIsAttacked checks that every operation, parameter and content type has attacks.
func TestEveryInputIsAttacked(t *testing.T) {
	d := newSystem(t).document()
	for path, methods := range d.Paths {
		for method, r := range methods {
			tried := map[string]bool{}
			for _, a := range attacks(d, r) {
				for _, input := range a.inputs() {
					tried[input] = true
				}
			}
			for _, input := range r.inputs() {
				if !tried[input] {
					t.Errorf("%s %s: no nonsense is sent for %s", method, path, input)
				}
			}
		}
	}
}

// inputs names the parameters and content types of a route.
func (r route) inputs() []string {
	list := []string{"query"}
	for _, p := range r.Parameters {
		list = append(list, p.In+" "+p.Name)
	}
	if r.RequestBody != nil {
		for contentType := range r.RequestBody.Content {
			list = append(list, "body "+contentType)
		}
	}
	return list
}

// inputs names the parameters and content types that an attack is for.
func (a attack) inputs() []string {
	var list []string
	if name, _, ok := strings.Cut(strings.TrimPrefix(a.url, "?"), "="); ok {
		list = append(list, "query", "query "+name)
	}
	for name := range a.path {
		list = append(list, "path "+name)
	}
	switch {
	case len(a.header) == 0 && a.url == "" && len(a.path) == 0:
		list = append(list, "body application/json", "body application/merge-patch+json")
	case len(a.header) == 2 && a.header[0] == "Content-Type":
		list = append(list, "body "+a.header[1])
	case len(a.header) == 2:
		list = append(list, "header "+a.header[0])
	}
	return list
}
