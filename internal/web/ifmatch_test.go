package web_test

import (
	"fmt"
	"strings"
	"testing"
)

// bound is a change that can have If-Match.
type bound struct {
	name   string
	before []string // method and path of what makes the customer ready for it
	method string
	path   string
	status int // when it is made
}

var boundChanges = []bound{
	{"delete", []string{"POST /block"}, remove, "", 200},
	{"restore", []string{"DELETE "}, post, "/restore", 200},
	{"purge", []string{"DELETE "}, post, "/purge", 202},
	{"block", []string{"PUT /holds/other"}, post, "/block", 200},
	{"unblock", []string{"POST /block"}, post, "/unblock", 200},
	{"hold", []string{"POST /block"}, put, "/holds/case", 200},
	{"hold in the trash", []string{"DELETE "}, put, "/holds/case", 200},
	{"lift", []string{"PUT /holds/case"}, remove, "/holds/case", 200},
	{"lift in the trash", []string{"DELETE ", "PUT /holds/case"}, remove, "/holds/case", 200},
}

// TestIfMatchBindsEveryChange sends each change with an old version and with malformed ones, which must change nothing;
// and with the current version, with * and without If-Match.
func TestIfMatchBindsEveryChange(t *testing.T) {
	s := newSystem(t)
	for i, c := range boundChanges {
		for j, tt := range []struct {
			name   string
			header []string
			status int
			code   string
		}{
			{"the version before", []string{"If-Match", `"<before>"`}, 412, "VERSION_MISMATCH"},
			{"the version before, and once", []string{"If-Match", `"<before>"`, "Idempotency-Key", "key"}, 412, "VERSION_MISMATCH"},
			{"no version", []string{"If-Match", "nonsense"}, 400, "BAD_IF_MATCH"},
			{"none", nil, c.status, ""},
			{"any", []string{"If-Match", "*"}, c.status, ""},
			{"the version there is", []string{"If-Match", `"<now>"`}, c.status, ""},
			{"the version there is, and once", []string{"If-Match", `"<now>"`, "Idempotency-Key", "key"}, c.status, ""},
		} {
			t.Run(c.name+"/"+tt.name, func(t *testing.T) {
				id := fmt.Sprintf("c%d-%d", i, j)
				before := s.ready(id, c)
				got := s.send(c.method, customerURL(id)+c.path, c.body(id), versioned(tt.header, before)...)
				if got.status != tt.status || tt.code != "" && got.body["code"] != tt.code {
					t.Errorf("got %d %s, want %d %s", got.status, got.text, tt.status, tt.code)
				}
				after := s.must(200, get, customerURL(id), "")
				if changed := after.text != before.text; changed != (tt.code == "") {
					t.Errorf("the customer became %s from %s", after.text, before.text)
				}
			})
		}
	}
}

func customerURL(id string) string { return "/v1/customers/" + id }

// ready creates a customer that the change applies to.
func (s *system) ready(id string, c bound) answer {
	s.t.Helper()
	s.must(201, post, "/v1/customers", `{"lastName":"Anders","id":"`+id+`"}`)
	for _, step := range c.before {
		s.step(id, step)
	}
	return s.must(200, get, customerURL(id), "")
}

// step is a change of a customer: a method, and the rest of the path after the customer.
func (s *system) step(id, step string) {
	s.t.Helper()
	method, path, _ := strings.Cut(step, " ")
	s.must(200, method, customerURL(id)+path, "")
}

func replaceID(text, id string) string { return strings.ReplaceAll(text, "<id>", id) }

func (c bound) body(id string) string {
	if c.path == "/purge" {
		return `{"confirm":"` + id + `"}`
	}
	return ""
}

// versioned replaces the placeholders of versions.
func versioned(header []string, of answer) []string {
	version := int(of.body["version"].(float64))
	filled := make([]string, len(header))
	for i, value := range header {
		filled[i] = strings.NewReplacer("<now>", fmt.Sprint(version), "<before>", fmt.Sprint(version-1)).Replace(value)
	}
	return filled
}
