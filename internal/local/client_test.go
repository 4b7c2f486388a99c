package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"
)

// api is the HTTP API of a system. The client acts as an administrator; nil acts as nobody.
type api struct {
	base   string
	client *http.Client
}

// answer is an answer of the API.
type answer struct {
	status int
	header http.Header
	body   []byte
}

const (
	typeJSON   = "application/json"
	typeCSV    = "text/csv"
	typeNDJSON = "application/x-ndjson"
)

// send sends a request. Headers come in pairs of name and value.
func (a api) send(t *testing.T, method, path, contentType string, body []byte, headers ...string) answer {
	t.Helper()
	got, err := a.request(t.Context(), method, path, contentType, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	if got.status >= http.StatusInternalServerError {
		t.Errorf("%s %s: %d %s", method, path, got.status, got.body)
	}
	return got
}

// request is send for goroutines that must not end the test.
func (a api) request(ctx context.Context, method, path, contentType string, body []byte, headers ...string) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, a.base+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if body != nil {
		request.Header.Set("Content-Type", contentType)
	}
	for pair := range slices.Chunk(headers, 2) {
		request.Header.Set(pair[0], pair[1])
	}
	response, err := cmp.Or(a.client, http.DefaultClient).Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return answer{response.StatusCode, response.Header, text}, nil
}

// do sends a document, nil for none.
func (a api) do(t *testing.T, method, path string, document any, headers ...string) answer {
	t.Helper()
	if document == nil {
		return a.send(t, method, path, "", nil, headers...)
	}
	body, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	contentType := typeJSON
	if method == http.MethodPatch {
		contentType = "application/merge-patch+json"
	}
	return a.send(t, method, path, contentType, body, headers...)
}

func (a api) get(t *testing.T, path string) answer {
	t.Helper()
	return a.do(t, http.MethodGet, path, nil)
}

// want fails the test unless the answer has the status, and the code unless that is empty.
func (a answer) want(t *testing.T, status int, code string) answer {
	t.Helper()
	if a.status != status || code != "" && a.problem(t).Code != code {
		t.Fatalf("answered %d %s\nwant %d %s", a.status, a.body, status, code)
	}
	return a
}

func decode[T any](t *testing.T, a answer) T {
	t.Helper()
	var document T
	if err := json.Unmarshal(a.body, &document); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return document
}

// problem has the fields of a problem document that the tests read.
type problem struct {
	Code     string `json:"code"`
	Blocking []struct {
		Kind  string `json:"kind"`
		Count int64  `json:"count"`
	} `json:"blocking"`
	Certificate *certificate `json:"certificate"`
}

func (a answer) problem(t *testing.T) problem {
	t.Helper()
	return decode[problem](t, a)
}

// blocking returns the numbers of blocking records by kind.
func (p problem) blocking() map[string]int64 {
	counts := map[string]int64{}
	for _, b := range p.Blocking {
		counts[b.Kind] = b.Count
	}
	return counts
}

type certificate struct {
	Customer string            `json:"customer"`
	PurgedAt time.Time         `json:"purgedAt"`
	PurgedBy string            `json:"purgedBy"`
	Policies map[string]string `json:"policies"`
	Erased   map[string]int64  `json:"erased"`
	Retained map[string]int64  `json:"retained"`
	Residue  int               `json:"residue"`
}

// customerView has the fields of a customer that the tests read.
type customerView struct {
	ID           string           `json:"id"`
	State        string           `json:"state"`
	Organisation string           `json:"organisation"`
	FirstName    string           `json:"firstName"`
	LastName     string           `json:"lastName"`
	Email        string           `json:"email"`
	Phone        string           `json:"phone"`
	Records      map[string]int64 `json:"records"`
	Deletion     *struct {
		PurgeTime time.Time `json:"purgeTime"`
	} `json:"deletion"`
}

// portrait is a customer with up to 100 of its records, as the API shows it, or the API's refusal.
type portrait struct {
	State    string
	Version  int64
	Blocked  bool
	Deletion struct {
		ID        string
		PurgeTime time.Time
	}
	status int
	text   string
}

func (a api) portrait(t *testing.T, id string) portrait {
	t.Helper()
	got := a.get(t, customerPath(id))
	var p portrait
	if p.status = got.status; got.status != http.StatusOK {
		p.text = got.problem(t).Code
		return p
	}
	p = decode[portrait](t, got)
	p.status, p.text = got.status, string(got.body)
	if records := a.get(t, customerPath(id)+"/records?limit=100"); records.status == http.StatusOK {
		p.text += string(records.body)
	}
	return p
}

func customerPath(id string) string { return "/v1/customers/" + id }

func (a api) customer(t *testing.T, id string) customerView {
	t.Helper()
	return decode[customerView](t, a.get(t, customerPath(id)).want(t, http.StatusOK, ""))
}

// after returns the query of the page after a cursor, of the first page if that is empty.
func after(cursor string) string {
	if cursor == "" {
		return ""
	}
	return "&cursor=" + url.QueryEscape(cursor)
}

// list reads all pages of a list of customers, and returns their ids.
func (a api) list(t *testing.T, path string) []string {
	t.Helper()
	var ids []string
	for cursor := ""; ; {
		page := decode[struct {
			Customers  []customerView `json:"customers"`
			NextCursor string         `json:"nextCursor"`
		}](t, a.get(t, path+"?limit=20"+after(cursor)).want(t, http.StatusOK, ""))
		for _, c := range page.Customers {
			ids = append(ids, c.ID)
		}
		if cursor = page.NextCursor; cursor == "" {
			return ids
		}
	}
}

// search returns the ids of the customers that match the words.
func (a api) search(t *testing.T, words, state string) []string {
	t.Helper()
	got := a.do(t, http.MethodPost, "/v1/customers/search", map[string]any{"search": words, "state": state, "limit": 200})
	page := decode[struct {
		Customers []customerView `json:"customers"`
	}](t, got.want(t, http.StatusOK, ""))
	ids := make([]string, len(page.Customers))
	for i, c := range page.Customers {
		ids[i] = c.ID
	}
	return ids
}

// records returns all records of a customer, as the API writes them.
func (a api) records(t *testing.T, id string) string {
	t.Helper()
	var all bytes.Buffer
	for cursor := ""; ; {
		page := decode[struct {
			Records    []json.RawMessage `json:"records"`
			NextCursor string            `json:"nextCursor"`
		}](t, a.get(t, customerPath(id)+"/records?limit=100"+after(cursor)).want(t, http.StatusOK, ""))
		for _, r := range page.Records {
			all.Write(append(r, '\n'))
		}
		if cursor = page.NextCursor; cursor == "" {
			return all.String()
		}
	}
}

type kind struct {
	Name   string `json:"name"`
	Policy string `json:"policy"`
}

// settle puts settings in force. A retention of seconds is meant.
func (a api) settle(t *testing.T, retention string, kinds ...kind) {
	t.Helper()
	version := a.get(t, "/v1/settings").want(t, http.StatusOK, "").header.Get("ETag")
	a.do(t, http.MethodPut, "/v1/settings", map[string]any{"retention": retention, "kinds": kinds, "acknowledged": true}, "If-Match", version).
		want(t, http.StatusOK, "")
}

// awaitCertificate waits until the customer is purged, and returns the certificate in the 410 answer.
func (a api) awaitCertificate(t *testing.T, id string) certificate {
	t.Helper()
	var gone answer
	eventually(t, "the purge of "+id, func() bool {
		gone = a.get(t, customerPath(id))
		return gone.status == http.StatusGone
	})
	cert := gone.want(t, http.StatusGone, "PURGED").problem(t).Certificate
	if cert == nil {
		t.Fatalf("no certificate in %s", gone.body)
	}
	return *cert
}
