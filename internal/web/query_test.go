package web_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestEmptyAndRepeatedParameters sends each parameter of each route without a value, and twice. An empty one must not
// count as left out, and neither of two may be chosen.
func TestEmptyAndRepeatedParameters(t *testing.T) {
	s, sent := newSystem(t), 0
	for path, methods := range s.document().Paths {
		for method, r := range methods {
			for _, p := range r.Parameters {
				if p.In != "query" {
					continue
				}
				queries := map[string]string{p.Name + "=": "empty", p.Name: "empty", "a=1&" + p.Name + "=": "empty"}
				if p.Schema.Type != "array" {
					queries[p.Name+"=1&"+p.Name+"=1"] = "more than once"
				}
				for query, problem := range queries {
					got := s.send(strings.ToUpper(method), attack{}.target(path, "none")+"?"+query, "")
					sent++
					if got.status != 422 || got.body["code"] != "INVALID" || got.at("errors.0.field") != "query."+p.Name || !strings.Contains(fmt.Sprint(got.at("errors.0.problem")), problem) {
						t.Errorf("%s %s?%s: %d %s", method, path, query, got.status, got.text)
					}
				}
			}
		}
	}
	if sent < 50 {
		t.Errorf("%d requests", sent)
	}
}

// TestAParameterGivenTwiceDoesNotWrite repeats dryRun, which decides between a check and an import.
func TestAParameterGivenTwiceDoesNotWrite(t *testing.T) {
	s := newSystem(t)
	for _, query := range []string{"dryRun=", "dryRun", "dryRun=true&dryRun=false", "dryRun=false&dryRun=true", "dryrun=true", "dryRun=perhaps"} {
		if got := s.send(post, "/v1/imports/customers?"+query, "id,lastName\nA,A\n", asCSV...); got.status != 422 {
			t.Errorf("%s: %d %s", query, got.status, got.text)
		}
	}
	s.must(404, get, "/v1/customers/A", "")
}
