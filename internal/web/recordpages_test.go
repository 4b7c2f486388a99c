package web_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"lethe/internal/customer"
)

// lambdaBytes is the largest answer of AWS Lambda, in bytes.
const lambdaBytes = 6_000_000

// TestAPageOfTheLargestRecordsFitsIntoAnAnswer reads records of 64 KB, of a customer and as retained records after its
// purge.
func TestAPageOfTheLargestRecordsFitsIntoAnAnswer(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		records    int
	}{
		{"HTML", "<", 200},
		{"backslashes", `\\`, 40},
		{"line separators", "\u2028", 40},
	} {
		if testing.Short() && tt.records > 40 {
			continue // these are more than ten megabytes, written and read four times
		}
		t.Run(tt.name, func(t *testing.T) {
			s := newSystem(t)
			s.must(201, post, "/v1/customers", `{"id":"A","lastName":"Anders"}`)
			want := s.fill("A", tt.records, tt.text)
			s.reads(t, "/v1/customers/A/records?limit=200", want)
			s.reads(t, "/v1/customers/A/records?limit=200&kind=tax", want)
			s.must(200, remove, "/v1/customers/A", "")
			s.must(202, post, "/v1/customers/A/purge", `{"confirm":"A"}`)
			s.work()
			s.reads(t, "/v1/certificates/A/retained?limit=200", want)
		})
	}
}

// fill adds records of the largest size, and returns their keys.
func (s *system) fill(id string, n int, text string) (keys []string) {
	s.t.Helper()
	const around = `{"amount":""}`
	data := `{"amount":"` + strings.Repeat(text, (customer.MaxRecordData-len(around))/len(text)) + `"}`
	var batch []customer.Record
	for i := range n {
		key := customer.Key{{Kind: "tax", ID: fmt.Sprintf("%03d", i)}}
		keys = append(keys, key.String())
		batch = append(batch, customer.Record{Key: key, Data: json.RawMessage(data)})
		if len(batch) < customer.MaxBatch && i < n-1 {
			continue
		}
		results, err := s.service.AddRecords(s.t.Context(), id, batch, customer.Change{By: "tester"})
		if err := errors.Join(append(results, err)...); err != nil {
			s.t.Fatal(err)
		}
		batch = nil
	}
	return keys
}

// reads follows the pages from an address, each of which must fit into an answer of Lambda.
func (s *system) reads(t *testing.T, url string, want []string) {
	t.Helper()
	var keys []string
	for next := url; next != ""; {
		page := s.must(200, get, next, "")
		if size := inLambda(t, page.text); size >= lambdaBytes {
			t.Fatalf("%s: a page is an answer of %d bytes", next, size)
		}
		for _, r := range page.body["records"].([]any) {
			keys = append(keys, r.(map[string]any)["key"].(string))
		}
		link := page.header.Get("Link")
		next, _, _ = strings.Cut(strings.TrimPrefix(link, "<"), ">")
	}
	if fmt.Sprint(keys) != fmt.Sprint(want) {
		t.Errorf("%s: read %v, want %v", url, keys, want)
	}
}

// inLambda returns the size of an answer in the encoding of the library that runs functions on Lambda.
func inLambda(t *testing.T, body string) int {
	t.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(events.APIGatewayV2HTTPResponse{StatusCode: 200, Body: body}); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}
