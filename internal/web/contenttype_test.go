package web_test

import "testing"

// TestContentTypes sends different spellings of the content types for JSON, CSV and NDJSON in UTF-8, and others.
func TestContentTypes(t *testing.T) {
	s := newSystem(t)
	s.must(201, post, "/v1/customers", `{"id":"A","lastName":"Example"}`)
	const object, table = `{"phone":"1"}`, "lastName\nExample\n"
	for _, tt := range []struct {
		contentType string
		method, url string
		body        string
		status      int
	}{
		{"APPLICATION/JSON", patch, "/v1/customers/A", object, 200},
		{"Application/Json; Charset=UTF-8", patch, "/v1/customers/A", object, 200},
		{`application/json;charset="utf-8"`, patch, "/v1/customers/A", object, 200},
		{"application/json; charset=utf8", patch, "/v1/customers/A", object, 200},
		{"application/json; charset=US-ASCII", patch, "/v1/customers/A", object, 200},
		{"application/MERGE-PATCH+json", patch, "/v1/customers/A", object, 200},
		{"application/json; charset=utf-16", patch, "/v1/customers/A", object, 415},
		{"application/json; charset=iso-8859-1", patch, "/v1/customers/A", object, 415},
		{"text/json", patch, "/v1/customers/A", object, 415},
		{"application/json, application/json", patch, "/v1/customers/A", object, 415},
		{"TEXT/CSV; charset=Utf-8", post, "/v1/imports/customers", table, 200},
		{"text/csv; charset=windows-1252", post, "/v1/imports/customers", table, 415},
		{"Application/X-NDJSON", post, "/v1/imports/customers", `{"lastName":"Example"}`, 200},
	} {
		got := s.send(tt.method, tt.url, tt.body, "Content-Type", tt.contentType)
		if got.status != tt.status || tt.status == 415 && got.body["code"] != "UNSUPPORTED_MEDIA_TYPE" {
			t.Errorf("%s: %d %s, want %d", tt.contentType, got.status, got.text, tt.status)
		}
	}
}
