package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lethe/internal/ledger"
)

// purge deletes and purges a customer.
func (s *system) purge(id string) {
	s.t.Helper()
	s.must(200, remove, "/v1/customers/"+id, "")
	s.must(202, post, "/v1/customers/"+id+"/purge", fmt.Sprintf(`{"confirm":%q}`, id))
	s.work()
}

// TestTheHistoryOfCertificatesCanBeVerified verifies the certificates as an auditor does: from pages, and from a file in parts.
func TestTheHistoryOfCertificatesCanBeVerified(t *testing.T) {
	s := newSystem(t)
	const n = 20
	s.add(n)
	s.must(200, patch, "/v1/customers/c001", `{"firstName":"Ann"}`)
	s.must(201, post, "/v1/customers/c001/records", `{"kind":"ticket"}`)
	s.must(201, post, "/v1/customers/c001/records", `{"kind":"tax","data":{"amount":"7"}}`)
	for i := range n {
		s.purge(fmt.Sprintf("c%03d", i))
	}
	var kept ledger.Checkpoint
	if err := json.Unmarshal([]byte(s.must(200, get, "/v1/checkpoint", "").text), &kept); err != nil {
		t.Fatal(err)
	}
	parts := map[string][]string{"export": exported(t, s, "/v1/certificates.ndjson?lines=3"), "list": listed(t, s)}
	for name, lines := range parts {
		verifier := ledger.NewVerifier()
		if err := verifier.Expect("the checkpoint", kept); err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			for _, found := range verifier.Add([]byte(line)) {
				t.Errorf("%s: %s in %s", name, found, line)
			}
		}
		if found := verifier.End(); len(found) > 0 || verifier.Count() != n || !slices.Equal(verifier.Heads(), kept.Heads) {
			t.Errorf("%s: %v in %d certificates", name, found, verifier.Count())
		}
	}
	one := s.must(200, get, "/v1/certificates/c001", "").text
	if !slices.Contains(parts["export"], strings.TrimSpace(one)) {
		t.Errorf("the certificate is shown as %s, exported otherwise", one)
	}
	s.run(t, []call{
		{Name: "its place", Method: get, URL: "/v1/certificates/c001", Status: 200, Want: map[string]any{"format": 1, "chain": ledger.ChainOf("c001"), "erased.ticket": 1, "retained.tax": 1}},
		{Name: "bad cursor", Method: get, URL: "/v1/certificates?cursor=x", Status: 400, Code: "BAD_CURSOR"},
		{Name: "bad cursor of the export", Method: get, URL: "/v1/certificates.ndjson?cursor=x", Status: 400, Code: "BAD_CURSOR"},
		{Name: "too many lines", Method: get, URL: "/v1/certificates.ndjson?lines=5001", Status: 422, Code: "INVALID"},
		{Name: "a parameter of the list", Method: get, URL: "/v1/certificates.ndjson?limit=5", Status: 422, Code: "INVALID"},
		{Name: "no certificate of that name", Method: get, URL: "/v1/certificates/checkpoint", Status: 404, Code: "NO_CERTIFICATE"},
	})
}

// exported returns the whole file: it follows the Link headers from the first part.
func exported(t *testing.T, s *system, url string) (lines []string) {
	t.Helper()
	for url != "" {
		part := s.must(200, get, url, "")
		lines = append(lines, strings.Split(strings.TrimSuffix(part.text, "\n"), "\n")...)
		link := part.header.Get("Link")
		if url, _, _ = strings.Cut(strings.TrimPrefix(link, "<"), ">"); link != "" && url == link {
			t.Fatalf("Link is %q", link)
		}
	}
	return lines
}

func listed(t *testing.T, s *system) (lines []string) {
	t.Helper()
	for after := ""; ; {
		var page struct {
			Certificates []json.RawMessage
			NextCursor   string
		}
		answer := s.must(200, get, "/v1/certificates?limit=7"+after, "")
		if err := json.Unmarshal([]byte(answer.text), &page); err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Certificates {
			lines = append(lines, string(bytes.TrimSpace(c)))
		}
		if page.NextCursor == "" {
			return lines
		}
		after = "&cursor=" + page.NextCursor
	}
}

func TestAnEmptyLedger(t *testing.T) {
	s := newSystem(t)
	s.run(t, []call{
		{Name: "list", Method: get, URL: "/v1/certificates", Status: 200, Want: map[string]any{"certificates": []any{}, "nextCursor": nil}, Answer: map[string]string{"Link": ""}},
		{Name: "checkpoint", Method: get, URL: "/v1/checkpoint", Status: 200, Want: map[string]any{"heads.0.seq": 0, "heads.3.chain": 3, "heads.0.hash": ledger.Origin}},
	})
	if export := s.must(200, get, "/v1/certificates.ndjson", ""); export.text != "" {
		t.Errorf("the export is %q", export.text)
	}
}
