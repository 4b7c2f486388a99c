package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"lethe/internal/customer"
)

// call is one request and the expected answer.
type call struct {
	Name   string
	Method string
	URL    string
	Body   string
	Header []string // name, value, …

	Status int
	Code   string            // of a problem
	Want   map[string]any    // by path in the body; nil: absent
	Answer map[string]string // headers
}

// run makes the calls one after the other.
func (s *system) run(t *testing.T, calls []call) {
	t.Helper()
	for _, c := range calls {
		t.Run(c.Name, func(t *testing.T) {
			got := s.send(c.Method, c.URL, c.Body, c.Header...)
			if got.status != c.Status || c.Code != "" && got.body["code"] != c.Code {
				t.Fatalf("got %d %s, want %d %s", got.status, got.text, c.Status, c.Code)
			}
			for path, want := range c.Want {
				if value := got.at(path); fmt.Sprint(value) != fmt.Sprint(want) {
					t.Errorf("%s is %v, want %v, in %s", path, value, want, got.text)
				}
			}
			for name, want := range c.Answer {
				if value := got.header.Get(name); value != want {
					t.Errorf("%s is %q, want %q", name, value, want)
				}
			}
		})
	}
}

const (
	post   = http.MethodPost
	get    = http.MethodGet
	patch  = http.MethodPatch
	put    = http.MethodPut
	remove = http.MethodDelete
)

func TestCustomers(t *testing.T) {
	newSystem(t).run(t, []call{
		{Name: "add", Method: post, URL: "/v1/customers",
			Body:   `{"id":"ALFKI","organisation":" Alfreds ","lastName":"Anders","email":"Maria@Example.com","push":true,"consents":{"news":true}}`,
			Status: 201, Want: map[string]any{"organisation": "Alfreds", "email": "maria@example.com", "version": 1, "state": "active", "consents.news": true, "deletion": nil},
			Answer: map[string]string{"Location": "/v1/customers/ALFKI", "Etag": `"1"`, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}},
		{Name: "the id is taken", Method: post, URL: "/v1/customers", Body: `{"id":"ALFKI","lastName":"X"}`, Status: 409, Code: "EXISTS"},
		{Name: "the address is taken", Method: post, URL: "/v1/customers", Body: `{"lastName":"X","email":"MARIA@example.com"}`, Status: 409, Code: "EMAIL_TAKEN",
			Want: map[string]any{"owner.id": "ALFKI", "owner.state": "active", "owner.links.restore": nil}},
		{Name: "nobody", Method: post, URL: "/v1/customers", Body: `{"push":true}`, Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "organisation"}},
		{Name: "no address", Method: post, URL: "/v1/customers", Body: `{"lastName":"X","email":"nowhere"}`, Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "email"}},
		{Name: "show", Method: get, URL: "/v1/customers/ALFKI", Status: 200, Want: map[string]any{"links.records": "/v1/customers/ALFKI/records"}, Answer: map[string]string{"Etag": `"1"`}},
		{Name: "an unknown id", Method: get, URL: "/v1/customers/NOBODY", Status: 404, Code: "NOT_FOUND"},
		{Name: "no id", Method: get, URL: "/v1/customers/~x", Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "path.id"}},
		{Name: "change", Method: patch, URL: "/v1/customers/ALFKI", Body: `{"phone":"123","consents":{"sms":false}}`, Header: []string{"If-Match", `"1"`}, Status: 200,
			Want: map[string]any{"version": 2, "phone": "123", "organisation": "Alfreds", "consents.news": true, "consents.sms": false}, Answer: map[string]string{"Etag": `"2"`}},
		{Name: "null clears", Method: patch, URL: "/v1/customers/ALFKI", Body: `{"phone":null,"push":null,"consents":{"news":null}}`, Header: []string{"Content-Type", "application/merge-patch+json"}, Status: 200,
			Want: map[string]any{"phone": "", "push": false, "consents.news": nil, "consents.sms": false, "email": "maria@example.com"}},
		{Name: "null clears all consents", Method: patch, URL: "/v1/customers/ALFKI", Body: `{"consents":null}`, Status: 200, Want: map[string]any{"consents": map[string]any{}}},
		{Name: "an old version", Method: patch, URL: "/v1/customers/ALFKI", Body: `{"phone":"1"}`, Header: []string{"If-Match", `"1"`}, Status: 412, Code: "VERSION_MISMATCH"},
		{Name: "a weak tag never matches", Method: patch, URL: "/v1/customers/ALFKI", Body: `{"phone":"1"}`, Header: []string{"If-Match", `W/"4"`}, Status: 412, Code: "VERSION_MISMATCH"},
		{Name: "no version is 0", Method: patch, URL: "/v1/customers/ALFKI", Body: `{"phone":"1"}`, Header: []string{"If-Match", `"0"`}, Status: 412, Code: "VERSION_MISMATCH"},
		{Name: "any version", Method: patch, URL: "/v1/customers/ALFKI", Body: `{"phone":"1"}`, Header: []string{"If-Match", "*"}, Status: 200},
		{Name: "no tag", Method: patch, URL: "/v1/customers/ALFKI", Body: `{"phone":"1"}`, Header: []string{"If-Match", "4"}, Status: 400, Code: "BAD_IF_MATCH"},
		{Name: "all by which a customer is known can't be cleared away", Method: patch, URL: "/v1/customers/ALFKI", Body: `{"organisation":null,"firstName":null,"lastName":"","email":null,"phone":null}`, Status: 422, Code: "INVALID"},
		{Name: "search", Method: post, URL: "/v1/customers/search", Body: `{"search":"alf and"}`, Status: 200, Want: map[string]any{"customers.0.id": "ALFKI", "nextCursor": nil}},
		{Name: "search in vain", Method: post, URL: "/v1/customers/search", Body: `{"search":"zz"}`, Status: 200, Want: map[string]any{"customers": []any{}}},
		{Name: "no search in addresses", Method: get, URL: "/v1/customers?search=maria", Status: 422, Code: "INVALID"},
		{Name: "list", Method: get, URL: "/v1/customers", Status: 200, Want: map[string]any{"customers.0.id": "ALFKI", "customers.0.held": false}, Answer: map[string]string{"Link": ""}},
		{Name: "no state to list", Method: get, URL: "/v1/customers?state=gone", Status: 422, Code: "INVALID"},
		{Name: "too many", Method: get, URL: "/v1/customers?limit=201", Status: 422, Code: "INVALID"},
	})
}

func TestWhoIsFound(t *testing.T) {
	s := newSystem(t)
	var long string
	for i := range rune(60) {
		long += string('一' + i)
	}
	s.run(t, []call{
		{Name: "an address and a phone number", Method: post, URL: "/v1/customers", Body: `{"id":"A","lastName":"Straßer","email":"Ann@XN--MNCHEN-3YA.de","phone":"+49 30 7654321-98"}`, Status: 201,
			Want: map[string]any{"email": "ann@münchen.de", "unsearchable": nil}},
		{Name: "the same address", Method: post, URL: "/v1/customers", Body: `{"id":"B","lastName":"B","email":"ann@mu\u0308nchen.de"}`, Status: 409, Code: "EMAIL_TAKEN", Want: map[string]any{"owner.id": "A"}},
		{Name: "by the whole address", Method: post, URL: "/v1/customers/search", Body: `{"search":"ANN@münchen.de"}`, Status: 200, Want: map[string]any{"customers.0.id": "A", "customers.1": nil}},
		{Name: "by it and a word", Method: post, URL: "/v1/customers/search", Body: `{"search":"ann@münchen.de STRASSER"}`, Status: 200, Want: map[string]any{"customers.0.id": "A"}},
		{Name: "by it, in the trash", Method: post, URL: "/v1/customers/search", Body: `{"search":"ann@münchen.de","state":"deleted"}`, Status: 200, Want: map[string]any{"customers": []any{}}},
		{Name: "by a phone number as dialled", Method: post, URL: "/v1/customers/search", Body: `{"search":"030 7654321"}`, Status: 200, Want: map[string]any{"customers.0.id": "A"}},
		{Name: "by too little", Method: post, URL: "/v1/customers/search", Body: `{"search":"s"}`, Status: 422, Code: "INVALID"},
		{Name: "more words than are searched for", Method: post, URL: "/v1/customers", Body: `{"id":"L","lastName":"Long","organisation":"` + long + `"}`, Status: 201, Want: map[string]any{"unsearchable": []any{"organisation"}}},
		{Name: "said again", Method: get, URL: "/v1/customers/L", Status: 200, Want: map[string]any{"unsearchable": []any{"organisation"}}},
		{Name: "text turned around", Method: post, URL: "/v1/customers", Body: `{"lastName":"a\u202eb"}`, Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "lastName"}},
		{Name: "a name nobody sees", Method: post, URL: "/v1/customers", Body: `{"lastName":"\u200b"}`, Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "lastName"}},
		{Name: "an address with what nobody sees", Method: post, URL: "/v1/customers", Body: `{"lastName":"A","email":"a\u200bnn@example.com"}`, Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "email", "errors.0.problem": "has invisible characters; remove them"}},
		{Name: "a reason turned around", Method: post, URL: "/v1/customers/A/block", Body: `{"reason":"a\u202eb"}`, Status: 422, Code: "INVALID"},
		{Name: "an operation's reason turned around", Method: post, URL: "/v1/operations", Body: `{"action":"delete","selection":{"ids":["A"]},"reason":"a\u202eb"}`, Status: 422, Code: "INVALID"},
	})
}

// TestIDsOfOtherPlatforms creates customers with ids in the formats of other platforms, and follows the links of each
// answer.
func TestIDsOfOtherPlatforms(t *testing.T) {
	s := newSystem(t)
	for _, id := range []string{
		"auth0|5f7c8ec7c33c6c004bbafe82", "eu-west-1:4f0e2b1c-1c1b-4b7e-9d4c-0d5f6a7b8c9d", "-MabcDEF_gh", "_x", "__export__.res_partner_1_abc",
		"ann+test@example.com", "YWJjZA==", "search", strings.Repeat("x", customer.MaxID),
	} {
		made := s.must(201, post, "/v1/customers", fmt.Sprintf(`{"id":%q,"lastName":"A"}`, id))
		at := made.header.Get("Location")
		for _, link := range []string{at, fmt.Sprint(made.at("links.self")), "/v1/customers/" + percent(id)} {
			if got := s.must(200, get, link, ""); got.at("id") != id {
				t.Errorf("%s leads to %v, want %s", link, got.at("id"), id)
			}
		}
		record := s.must(201, post, at+"/records", `{"kind":"ticket","id":"1"}`)
		s.must(200, get, record.header.Get("Location"), "")
		s.must(200, get, fmt.Sprint(made.at("links.audit")), "")
		s.must(200, put, at+"/holds/case", `{"reason":"r"}`)
		s.must(200, remove, at+"/holds/case", "")
		s.must(422, put, at+"/holds/"+percent("a|b"), "")
		gone := s.must(200, remove, at, "")
		s.must(202, post, fmt.Sprint(gone.at("links.purge")), fmt.Sprintf(`{"confirm":%q}`, id))
		s.work()
		purged := s.must(410, get, at, "")
		if purged.at("certificate.customer") != id {
			t.Error(purged.text)
		}
		s.must(200, get, "/v1/certificates/"+percent(id), "")
		s.must(410, post, "/v1/customers", fmt.Sprintf(`{"id":%q,"lastName":"A"}`, id))
	}
	for _, id := range []string{"a#b", "a~b", "a b", ".", "=a", "+a", "@a", "é", strings.Repeat("x", customer.MaxID+1)} {
		s.must(422, post, "/v1/customers", fmt.Sprintf(`{"id":%q,"lastName":"A"}`, id))
		if id != "." { // which addresses resolve
			s.must(422, get, "/v1/customers/"+percent(id), "")
		}
	}
}

// percent escapes every byte of a segment of a path.
func percent(segment string) string {
	var b strings.Builder
	for _, c := range []byte(segment) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

func TestFormulasAreKeptAsTheyAre(t *testing.T) {
	s := newSystem(t)
	for i, name := range []string{"=1+1", "@SUM(A1)", "+49 30", "-2", "=HYPERLINK(\"http://x\")", "<script>alert(1)</script>", "O'Brien; DROP TABLE", "مرحبا", "🦊"} {
		id := fmt.Sprintf("F%d", i)
		s.must(201, post, "/v1/customers", fmt.Sprintf(`{"id":%q,"organisation":%q}`, id, name))
		got := s.must(200, get, "/v1/customers/"+id, "")
		if got.body["organisation"] != name || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s came back as %v, %s", name, got.body["organisation"], got.header.Get("Content-Type"))
		}
	}
}

func TestTrash(t *testing.T) {
	s := newSystem(t)
	s.must(201, post, "/v1/customers", `{"id":"A","lastName":"Alder","email":"a@example.com"}`)
	s.must(201, post, "/v1/customers/A/records", `{"kind":"invoice","id":"1"}`)
	s.must(201, post, "/v1/customers/A/records", `{"kind":"ticket","id":"9"}`)
	s.run(t, []call{
		{Name: "records block", Method: remove, URL: "/v1/customers/A", Status: 409, Code: "HAS_DEPENDENTS",
			Want: map[string]any{"blocking.0.kind": "invoice", "blocking.0.count": 1, "blocking.0.href": "/v1/customers/A/records?kind=invoice", "blocking.1": nil}},
		{Name: "the link leads to them", Method: get, URL: "/v1/customers/A/records?kind=invoice", Status: 200, Want: map[string]any{"records.0.key": "invoice~1", "records.1": nil}},
		{Name: "remove it", Method: remove, URL: "/v1/customers/A/records/invoice~1", Status: 204},
		{Name: "of another version", Method: remove, URL: "/v1/customers/A", Header: []string{"If-Match", `"7"`}, Status: 412, Code: "VERSION_MISMATCH"},
		{Name: "delete", Method: remove, URL: "/v1/customers/A", Body: `{"reason":"asked by phone"}`, Status: 200,
			Want: map[string]any{"state": "deleted", "deletion.by": "tester", "deletion.reason": "asked by phone", "deletion.daysLeft": 30, "links.restore": "/v1/customers/A/restore", "links.purge": "/v1/customers/A/purge"}},
		{Name: "delete again", Method: remove, URL: "/v1/customers/A", Body: `{"reason":"other"}`, Status: 200, Want: map[string]any{"deletion.reason": "asked by phone"}},
		{Name: "gone from the list", Method: get, URL: "/v1/customers", Status: 200, Want: map[string]any{"customers": []any{}}},
		{Name: "in the trash", Method: get, URL: "/v1/deleted-customers", Status: 200, Want: map[string]any{"customers.0.id": "A", "customers.0.deletion.by": "tester", "customers.0.deletion.daysLeft": 30}},
		{Name: "in the trash by state", Method: get, URL: "/v1/customers?state=deleted", Status: 200, Want: map[string]any{"customers.0.id": "A"}},
		{Name: "found in the trash", Method: post, URL: "/v1/customers/search", Body: `{"search":"alder","state":"deleted"}`, Status: 200, Want: map[string]any{"customers.0.id": "A"}},
		{Name: "shown with its deletion", Method: get, URL: "/v1/customers/A", Status: 200, Want: map[string]any{"state": "deleted", "records.ticket": 1}},
		{Name: "the address stays taken", Method: post, URL: "/v1/customers", Body: `{"lastName":"B","email":"a@example.com"}`, Status: 409, Code: "EMAIL_TAKEN",
			Want: map[string]any{"owner.id": "A", "owner.state": "deleted", "owner.links.restore": "/v1/customers/A/restore", "owner.links.purge": "/v1/customers/A/purge"}},
		{Name: "records are hidden", Method: get, URL: "/v1/customers/A/records", Status: 404, Code: "IN_TRASH"},
		{Name: "a record is hidden", Method: get, URL: "/v1/customers/A/records/ticket~9", Status: 404, Code: "IN_TRASH"},
		{Name: "none can be added", Method: post, URL: "/v1/customers/A/records", Body: `{"kind":"ticket"}`, Status: 404, Code: "IN_TRASH"},
		{Name: "none can be removed", Method: remove, URL: "/v1/customers/A/records/ticket~9", Status: 404, Code: "IN_TRASH"},
		{Name: "it can't be changed", Method: patch, URL: "/v1/customers/A", Body: `{"phone":"1"}`, Status: 409, Code: "IN_TRASH"},
		{Name: "restore of another deletion", Method: post, URL: "/v1/customers/A/restore", Body: `{"deletionId":"x"}`, Status: 409, Code: "NOT_DELETED"},
		{Name: "restore", Method: post, URL: "/v1/customers/A/restore", Status: 200, Want: map[string]any{"state": "active", "deletion": nil}},
		{Name: "restore again", Method: post, URL: "/v1/customers/A/restore", Body: `{"reason":"twice"}`, Status: 200, Want: map[string]any{"state": "active"}},
		{Name: "its records are back", Method: get, URL: "/v1/customers/A/records/ticket~9", Status: 200},
		{Name: "what was removed is not", Method: get, URL: "/v1/customers/A/records/invoice~1", Status: 404, Code: "RECORD_NOT_FOUND"},
		{Name: "the active are not purged", Method: post, URL: "/v1/customers/A/purge", Body: `{"confirm":"A"}`, Status: 409, Code: "NOT_DELETED"},
		{Name: "nobody to delete", Method: remove, URL: "/v1/customers/NOBODY", Status: 404, Code: "NOT_FOUND"},
		{Name: "nobody to restore", Method: post, URL: "/v1/customers/NOBODY/restore", Status: 404, Code: "NOT_FOUND"},
	})
}

func TestPurge(t *testing.T) {
	s := newSystem(t)
	s.must(201, post, "/v1/customers", `{"id":"A","lastName":"Alder","email":"a@example.com"}`)
	s.must(201, post, "/v1/customers/A/records", `{"kind":"ticket","id":"9"}`)
	s.must(201, post, "/v1/customers/A/records", `{"kind":"tax","id":"1","data":{"amount":"7","name":"Alder"}}`)
	s.must(200, remove, "/v1/customers/A", "")
	s.run(t, []call{
		{Name: "no certificate yet", Method: get, URL: "/v1/certificates/A", Status: 404, Code: "NO_CERTIFICATE"},
		{Name: "another id", Method: post, URL: "/v1/customers/A/purge", Body: `{"confirm":"a"}`, Status: 422, Code: "CONFIRMATION_MISMATCH"},
		{Name: "no confirmation", Method: post, URL: "/v1/customers/A/purge", Body: `{}`, Status: 422, Code: "INVALID"},
		{Name: "of another deletion", Method: post, URL: "/v1/customers/A/purge", Body: `{"confirm":"A","deletionId":"x"}`, Status: 409, Code: "NOT_DELETED"},
		{Name: "purge", Method: post, URL: "/v1/customers/A/purge", Body: `{"confirm":"A"}`, Header: []string{"Idempotency-Key", "p1"}, Status: 202,
			Want: map[string]any{"state": "purging"}, Answer: map[string]string{"Location": "/v1/certificates/A", "Retry-After": "5"}},
		{Name: "purge once more", Method: post, URL: "/v1/customers/A/purge", Body: `{"confirm":"A"}`, Header: []string{"Idempotency-Key", "p1"}, Status: 202, Answer: map[string]string{"Idempotency-Replayed": "true"}},
		{Name: "the certificate is on its way", Method: get, URL: "/v1/certificates/A", Status: 404, Code: "PURGE_RUNNING", Answer: map[string]string{"Retry-After": "5"}},
		{Name: "no way back", Method: post, URL: "/v1/customers/A/restore", Status: 409, Code: "PURGE_STARTED"},
		{Name: "no hold any more", Method: put, URL: "/v1/customers/A/holds/h", Status: 409, Code: "PURGE_STARTED"},
		{Name: "deleting it", Method: remove, URL: "/v1/customers/A", Status: 409, Code: "PURGE_STARTED"},
		{Name: "shown as purging", Method: get, URL: "/v1/customers/A", Status: 200, Want: map[string]any{"state": "purging", "links.certificate": "/v1/certificates/A", "links.restore": nil}},
		{Name: "the address is taken a little longer", Method: post, URL: "/v1/customers", Body: `{"lastName":"B","email":"a@example.com"}`, Status: 409, Code: "EMAIL_TAKEN", Want: map[string]any{"owner.state": "purging", "owner.links.restore": nil}},
	})
	s.work()
	s.run(t, []call{
		{Name: "certified", Method: get, URL: "/v1/certificates/A", Status: 200,
			Want: map[string]any{"customer": "A", "deletedBy": "tester", "purgedBy": "tester", "erased.ticket": 1, "retained.tax": 1, "policies.tax": "retain", "residue": 0}},
		{Name: "what the law keeps", Method: get, URL: "/v1/certificates/A/retained", Status: 200, Want: map[string]any{"records.0.key": "tax~1", "records.0.data.amount": "7", "records.0.data.name": nil, "records.0.by": nil}},
		{Name: "gone", Method: get, URL: "/v1/customers/A", Status: 410, Code: "PURGED", Want: map[string]any{"certificate.customer": "A", "certificate.residue": 0}},
		{Name: "gone to restore", Method: post, URL: "/v1/customers/A/restore", Status: 410, Code: "PURGED"},
		{Name: "gone to delete", Method: remove, URL: "/v1/customers/A", Status: 410, Code: "PURGED"},
		{Name: "gone to change", Method: patch, URL: "/v1/customers/A", Body: `{"phone":"1"}`, Status: 410, Code: "PURGED"},
		{Name: "gone to block", Method: post, URL: "/v1/customers/A/block", Status: 410, Code: "PURGED"},
		{Name: "records gone", Method: get, URL: "/v1/customers/A/records", Status: 410, Code: "PURGED"},
		{Name: "a record gone", Method: get, URL: "/v1/customers/A/records/ticket~9", Status: 410, Code: "PURGED"},
		{Name: "the id is used up", Method: post, URL: "/v1/customers", Body: `{"id":"A","lastName":"B"}`, Status: 410, Code: "PURGED"},
		{Name: "the address is free", Method: post, URL: "/v1/customers", Body: `{"lastName":"B","email":"a@example.com"}`, Status: 201},
		{Name: "audit goes on", Method: get, URL: "/v1/customers/A/audit", Status: 200},
		{Name: "nobody has no audit", Method: get, URL: "/v1/customers/NOBODY/audit", Status: 404, Code: "NOT_FOUND"},
		{Name: "nobody has no certificate", Method: get, URL: "/v1/certificates/NOBODY", Status: 404, Code: "NO_CERTIFICATE"},
		{Name: "nor retained records", Method: get, URL: "/v1/certificates/NOBODY/retained", Status: 404, Code: "NO_CERTIFICATE"},
	})
}

func TestBlocksAndHolds(t *testing.T) {
	s := newSystem(t)
	s.must(201, post, "/v1/customers", `{"id":"A","lastName":"Alder"}`)
	s.run(t, []call{
		{Name: "block", Method: post, URL: "/v1/customers/A/block", Body: `{"reason":"unpaid"}`, Status: 200, Want: map[string]any{"blocked": true, "version": 2}},
		{Name: "block again", Method: post, URL: "/v1/customers/A/block", Status: 200, Want: map[string]any{"blocked": true, "version": 2}},
		{Name: "delete the blocked", Method: remove, URL: "/v1/customers/A", Status: 200, Want: map[string]any{"blocked": true}},
		{Name: "restored it is still blocked", Method: post, URL: "/v1/customers/A/restore", Status: 200, Want: map[string]any{"blocked": true}},
		{Name: "unblock", Method: post, URL: "/v1/customers/A/unblock", Status: 200, Want: map[string]any{"blocked": false}},
		{Name: "hold", Method: put, URL: "/v1/customers/A/holds/case-1", Body: `{"reason":"lawsuit"}`, Status: 200, Want: map[string]any{"held": true, "holds.0.id": "case-1", "holds.0.by": "tester", "holds.0.reason": "lawsuit"}},
		{Name: "hold again", Method: put, URL: "/v1/customers/A/holds/case-1", Body: `{"reason":"other"}`, Status: 200, Want: map[string]any{"holds.0.reason": "lawsuit", "holds.1": nil}},
		{Name: "listed as held", Method: get, URL: "/v1/customers", Status: 200, Want: map[string]any{"customers.0.held": true}},
		{Name: "the held is not deleted", Method: remove, URL: "/v1/customers/A", Status: 409, Code: "ON_HOLD", Want: map[string]any{"holds.0": "case-1"}},
		{Name: "lift", Method: remove, URL: "/v1/customers/A/holds/case-1", Status: 200, Want: map[string]any{"held": false, "holds": []any{}}},
		{Name: "lift again", Method: remove, URL: "/v1/customers/A/holds/case-1", Status: 200},
		{Name: "delete", Method: remove, URL: "/v1/customers/A", Status: 200},
		{Name: "hold in the trash", Method: put, URL: "/v1/customers/A/holds/case-2", Status: 200},
		{Name: "the held is not purged", Method: post, URL: "/v1/customers/A/purge", Body: `{"confirm":"A"}`, Status: 409, Code: "ON_HOLD"},
		{Name: "no name for a hold", Method: put, URL: "/v1/customers/A/holds/" + strings.Repeat("x", 65), Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "path.hold"}},
		{Name: "reason too long", Method: post, URL: "/v1/customers/A/block", Body: `{"reason":"` + strings.Repeat("x", 301) + `"}`, Status: 422, Code: "INVALID"},
		{Name: "reason with control characters", Method: post, URL: "/v1/customers/A/block", Body: `{"reason":"a\u0000b"}`, Status: 422, Code: "INVALID"},
	})
}

func TestRecords(t *testing.T) {
	s := newSystem(t)
	s.must(201, post, "/v1/customers", `{"id":"A","lastName":"Alder"}`)
	s.run(t, []call{
		{Name: "add", Method: post, URL: "/v1/customers/A/records", Body: `{"kind":"invoice","id":"1","data":{"n":12345678901234567890,"x":[1,{"y":null}]}}`, Status: 201,
			Want: map[string]any{"key": "invoice~1", "kind": "invoice", "id": "1", "by": "tester", "parent": nil}, Answer: map[string]string{"Location": "/v1/customers/A/records/invoice~1"}},
		{Name: "add again", Method: post, URL: "/v1/customers/A/records", Body: `{"kind":"invoice","id":"1"}`, Status: 409, Code: "EXISTS"},
		{Name: "below it", Method: post, URL: "/v1/customers/A/records", Body: `{"kind":"line","id":"11","parent":"invoice~1"}`, Status: 201, Want: map[string]any{"key": "invoice~1~line~11", "parent": "invoice~1"}},
		{Name: "without an id", Method: post, URL: "/v1/customers/A/records", Body: `{"kind":"ticket"}`, Status: 201},
		{Name: "no parent", Method: post, URL: "/v1/customers/A/records", Body: `{"kind":"line","parent":"invoice~9"}`, Status: 422, Code: "NO_PARENT"},
		{Name: "parent that is no key", Method: post, URL: "/v1/customers/A/records", Body: `{"kind":"line","parent":"invoice"}`, Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "parent"}},
		{Name: "undeclared kind", Method: post, URL: "/v1/customers/A/records", Body: `{"kind":"letter"}`, Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "kind"}},
		{Name: "data that is no object", Method: post, URL: "/v1/customers/A/records", Body: `{"kind":"ticket","data":[1]}`, Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "data"}},
		{Name: "too much data", Method: post, URL: "/v1/customers/A/records", Body: `{"kind":"ticket","data":{"x":"` + strings.Repeat("x", 65<<10) + `"}}`, Status: 422, Code: "INVALID"},
		{Name: "nobody's", Method: post, URL: "/v1/customers/NOBODY/records", Body: `{"kind":"ticket"}`, Status: 404, Code: "NOT_FOUND"},
		{Name: "show", Method: get, URL: "/v1/customers/A/records/invoice~1~line~11", Status: 200, Want: map[string]any{"kind": "line"}},
		{Name: "no such record", Method: get, URL: "/v1/customers/A/records/invoice~2", Status: 404, Code: "RECORD_NOT_FOUND"},
		{Name: "nobody's record", Method: get, URL: "/v1/customers/NOBODY/records/invoice~2", Status: 404, Code: "NOT_FOUND"},
		{Name: "no key", Method: get, URL: "/v1/customers/A/records/invoice", Status: 422, Code: "INVALID"},
		{Name: "list below", Method: get, URL: "/v1/customers/A/records?parent=invoice~1", Status: 200, Want: map[string]any{"records.0.key": "invoice~1~line~11", "records.1": nil}},
		{Name: "list by parent that is no key", Method: get, URL: "/v1/customers/A/records?parent=x", Status: 422, Code: "INVALID"},
		{Name: "counted", Method: get, URL: "/v1/customers/A", Status: 200, Want: map[string]any{"records.invoice": 1, "records.line": 1, "records.ticket": 1}},
		{Name: "remove with all below", Method: remove, URL: "/v1/customers/A/records/invoice~1", Status: 204},
		{Name: "what was below is gone", Method: get, URL: "/v1/customers/A/records/invoice~1~line~11", Status: 404, Code: "RECORD_NOT_FOUND"},
		{Name: "remove again", Method: remove, URL: "/v1/customers/A/records/invoice~1", Status: 404, Code: "RECORD_NOT_FOUND"},
		{Name: "counted down", Method: get, URL: "/v1/customers/A", Status: 200, Want: map[string]any{"records.invoice": nil, "records.line": nil}},
	})
}

func TestDataIsKeptToTheDigit(t *testing.T) {
	s := newSystem(t)
	s.must(201, post, "/v1/customers", `{"id":"A","lastName":"Alder"}`)
	const data = `{"n":12345678901234567890.10,"e":"é","x":[1,{"y":null}]}`
	got := s.must(201, post, "/v1/customers/A/records", `{"kind":"ticket","id":"1","data":`+data+`}`)
	if !strings.Contains(got.text, data) {
		t.Errorf("got %s", got.text)
	}
}

func TestSettings(t *testing.T) {
	const (
		old   = `{"name":"ticket","policy":"cascade"},{"name":"line","policy":"cascade"},{"name":"invoice","policy":"cascade"}`
		kinds = `[` + old + `,{"name":"tax","policy":"retain","keep":["amount"],"keepFor":"P3650D"}]`
	)
	s := newSystem(t)
	for _, id := range []string{"A", "B"} {
		s.must(201, post, "/v1/customers", fmt.Sprintf(`{"id":%q,"lastName":"Alder"}`, id))
		s.must(200, remove, "/v1/customers/"+id, "")
	}
	s.must(200, put, "/v1/customers/B/holds/h", "")
	with := func(members string) string { return `{` + members + `,"kinds":` + kinds + `}` }
	s.run(t, []call{
		{Name: "the defaults", Method: get, URL: "/v1/settings", Status: 200, Want: map[string]any{"version": 0, "retention": "P30D", "changed": nil}, Answer: map[string]string{"Etag": `"0"`}},
		{Name: "no version", Method: put, URL: "/v1/settings", Body: with(`"retention":"P30D"`), Status: 428, Code: "VERSION_REQUIRED"},
		{Name: "no version but *", Method: put, URL: "/v1/settings", Body: with(`"retention":"P30D"`), Header: []string{"If-Match", "*"}, Status: 428, Code: "VERSION_REQUIRED"},
		{Name: "another version", Method: put, URL: "/v1/settings", Body: with(`"version":4,"retention":"P30D"`), Status: 412, Code: "VERSION_MISMATCH"},
		{Name: "two versions", Method: put, URL: "/v1/settings", Body: with(`"version":0,"retention":"P30D"`), Header: []string{"If-Match", `"1"`}, Status: 412, Code: "VERSION_MISMATCH"},
		{Name: "no tag", Method: put, URL: "/v1/settings", Body: with(`"retention":"P30D"`), Header: []string{"If-Match", "1"}, Status: 400, Code: "BAD_IF_MATCH"},
		{Name: "kinds can't be left out", Method: put, URL: "/v1/settings", Body: `{"version":0,"retention":"P30D","kinds":[]}`, Status: 422, Code: "INVALID"},
		{Name: "no period", Method: put, URL: "/v1/settings", Body: with(`"version":0,"retention":"P1M"`), Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "retention"}},
		{Name: "no policy", Method: put, URL: "/v1/settings", Body: `{"version":0,"retention":"P1D","kinds":[` + old + `,{"name":"tax","policy":"drop"}]}`, Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "kinds[3].policy"}},
		{Name: "the law wants a time", Method: put, URL: "/v1/settings", Body: `{"version":0,"retention":"P1D","kinds":[` + old + `,{"name":"tax","policy":"retain"}]}`, Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "kinds.keepFor"}},
		{Name: "only the law does", Method: put, URL: "/v1/settings", Body: `{"version":0,"retention":"P1D","kinds":[` + old + `,{"name":"tax","policy":"cascade","keepFor":"P1D"}]}`, Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "kinds.keepFor"}},
		{Name: "short notice", Method: put, URL: "/v1/settings", Body: with(`"version":0,"retention":"PT5S"`), Status: 422, Code: "CONFIRMATION_REQUIRED"},
		{Name: "put", Method: put, URL: "/v1/settings", Body: with(`"version":0,"retention":"P7D"`), Status: 200, Want: map[string]any{"version": 1, "retention": "P7D", "kinds.0.name": "invoice", "kinds.0.keepFor": nil, "kinds.2.keepFor": "P3650D"}, Answer: map[string]string{"Etag": `"1"`}},
		{Name: "put by tag", Method: put, URL: "/v1/settings", Body: with(`"retention":"never"`), Header: []string{"If-Match", `"1"`}, Status: 200, Want: map[string]any{"version": 2, "retention": "never"}},
		{Name: "put the old version", Method: put, URL: "/v1/settings", Body: with(`"retention":"P1D"`), Header: []string{"If-Match", `"1"`}, Status: 412, Code: "VERSION_MISMATCH"},
		{Name: "short notice acknowledged", Method: put, URL: "/v1/settings", Body: with(`"version":2,"acknowledged":true,"retention":"PT0S"`), Status: 200, Want: map[string]any{"retention": "PT0S"}},
		{Name: "preview", Method: post, URL: "/v1/settings/preview", Body: `{"retention":"P7D"}`, Status: 200, Want: map[string]any{"inTrash": 2, "held": 1, "dueWeek": 1, "days.0.customers": 1, "days.1": nil, "complete": true}},
		{Name: "preview never", Method: post, URL: "/v1/settings/preview", Body: `{"retention":"never"}`, Status: 200, Want: map[string]any{"never": 1, "earliest": nil}},
		{Name: "as it is", Method: post, URL: "/v1/settings/preview", Body: `{}`, Status: 200, Want: map[string]any{"inTrash": 2, "held": 1, "dueMonth": 1, "days.0.customers": 1, "days.1": nil}},
		{Name: "preview nothing", Method: post, URL: "/v1/settings/preview", Body: `{"retention":"soon"}`, Status: 422, Code: "INVALID"},
		{Name: "in force: deleted is purged at once", Method: post, URL: "/v1/customers", Body: `{"id":"C","lastName":"X"}`, Status: 201},
		{Name: "purging", Method: remove, URL: "/v1/customers/C", Status: 200, Want: map[string]any{"state": "purging", "links.certificate": "/v1/certificates/C"}},
		{Name: "totals", Method: get, URL: "/v1/totals", Status: 200},
		{Name: "totals by day", Method: get, URL: "/v1/totals/days", Status: 200},
	})
}

// TestPages reads lists page by page, by nextCursor and by the Link header.
func TestPages(t *testing.T) {
	s := newSystem(t)
	const n = 7
	for i := range n {
		s.must(201, post, "/v1/customers", fmt.Sprintf(`{"id":"P%d","lastName":"Page"}`, i))
		s.must(201, post, "/v1/customers/P0/records", fmt.Sprintf(`{"kind":"ticket","id":"%d"}`, i))
	}
	search := func(cursor string) answer {
		return s.must(200, post, "/v1/customers/search", fmt.Sprintf(`{"search":"page","limit":3,"cursor":%q}`, cursor))
	}
	for list, first := range map[string]answer{
		"customers": s.must(200, get, "/v1/customers?limit=3", ""),
		"records":   s.must(200, get, "/v1/customers/P0/records?kind=ticket&limit=3", ""),
		"search":    search(""),
	} {
		seen := map[any]bool{}
		for page := first; ; {
			things, _ := page.body["customers"].([]any)
			if list == "records" {
				things, _ = page.body["records"].([]any)
			}
			for _, thing := range things {
				seen[thing.(map[string]any)["id"]] = true
			}
			cursor, _ := page.body["nextCursor"].(string)
			if cursor == "" {
				break
			}
			if list == "search" {
				page = search(cursor)
				continue
			}
			link := page.header.Get("Link")
			url, ok := strings.CutSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
			if !ok {
				t.Fatalf("%s: Link is %q", list, link)
			}
			page = s.must(200, get, url, "")
		}
		if len(seen) != n {
			t.Errorf("%s: saw %d of %d", list, len(seen), n)
		}
	}
	other := s.must(200, get, "/v1/customers?limit=3", "").body["nextCursor"].(string)
	s.run(t, []call{
		{Name: "cursor of another list", Method: get, URL: "/v1/customers?state=deleted&cursor=" + other, Status: 400, Code: "BAD_CURSOR"},
		{Name: "cursor of another search", Method: post, URL: "/v1/customers/search", Body: `{"search":"page","cursor":"` + other + `"}`, Status: 400, Code: "BAD_CURSOR"},
		{Name: "tampered cursor", Method: get, URL: "/v1/customers?cursor=x" + other, Status: 400, Code: "BAD_CURSOR"},
		{Name: "no cursor", Method: get, URL: "/v1/customers?cursor=%00%ff", Status: 400, Code: "BAD_CURSOR"},
	})
}

func TestIdempotency(t *testing.T) {
	s := newSystem(t)
	key := []string{"Idempotency-Key", "8e03978e-40d5-43e8-bc93-6894a57f9324"}
	quoted := []string{"Idempotency-Key", `"8e03978e-40d5-43e8-bc93-6894a57f9324"`}
	first := s.must(201, post, "/v1/customers", `{"lastName":"Once"}`, key...)
	id, _ := first.body["id"].(string)
	s.must(201, post, "/v1/customers/"+id+"/records", `{"kind":"ticket"}`, key...)
	s.must(200, patch, "/v1/customers/"+id, `{"phone":"1"}`)
	s.run(t, []call{
		{Name: "again", Method: post, URL: "/v1/customers", Body: `{"lastName":"Once"}`, Header: quoted, Status: 201,
			Want: map[string]any{"id": id, "lastName": "Once", "phone": "", "version": 1, "records": map[string]any{}}, Answer: map[string]string{"Idempotency-Replayed": "true", "Location": "/v1/customers/" + id, "Etag": `"1"`}},
		{Name: "with another body", Method: post, URL: "/v1/customers", Body: `{"lastName":"Other"}`, Header: key, Status: 422, Code: "IDEMPOTENCY_KEY_REUSED"},
		{Name: "of another actor", Method: post, URL: "/v1/customers", Body: `{"lastName":"Once"}`, Header: append([]string{"Actor", "somebody"}, key...), Status: 201, Answer: map[string]string{"Idempotency-Replayed": ""}},
		{Name: "a record again", Method: post, URL: "/v1/customers/" + id + "/records", Body: `{"kind":"ticket"}`, Header: key, Status: 201, Answer: map[string]string{"Idempotency-Replayed": "true"}},
		{Name: "only one was added", Method: get, URL: "/v1/customers/" + id, Status: 200, Want: map[string]any{"records.ticket": 1}},
		{Name: "block", Method: post, URL: "/v1/customers/" + id + "/block", Header: key, Status: 200, Want: map[string]any{"blocked": true}},
		{Name: "unblock", Method: post, URL: "/v1/customers/" + id + "/unblock", Header: key, Status: 200, Want: map[string]any{"blocked": false}},
		{Name: "a late repeat of block", Method: post, URL: "/v1/customers/" + id + "/block", Header: key, Status: 200, Want: map[string]any{"blocked": true, "records.ticket": 1}, Answer: map[string]string{"Idempotency-Replayed": "true"}},
		{Name: "delete", Method: remove, URL: "/v1/customers/" + id, Status: 200},
		{Name: "restore", Method: post, URL: "/v1/customers/" + id + "/restore", Header: key, Status: 200, Want: map[string]any{"state": "active"}},
		{Name: "delete once more", Method: remove, URL: "/v1/customers/" + id, Status: 200},
		{Name: "a late repeat of restore", Method: post, URL: "/v1/customers/" + id + "/restore", Header: key, Status: 200, Want: map[string]any{"state": "active", "deletion": nil}, Answer: map[string]string{"Idempotency-Replayed": "true"}},
		{Name: "it is in the trash still", Method: get, URL: "/v1/customers/" + id, Status: 200, Want: map[string]any{"state": "deleted"}},
		{Name: "no key", Method: post, URL: "/v1/customers", Body: `{"lastName":"Once"}`, Header: []string{"Idempotency-Key", "a b"}, Status: 400, Code: "BAD_IDEMPOTENCY_KEY"},
		{Name: "the longest key", Method: post, URL: "/v1/customers", Body: `{"lastName":"Once"}`, Header: []string{"Idempotency-Key", `"` + strings.Repeat("x", 128) + `"`}, Status: 201},
		{Name: "too long a key", Method: post, URL: "/v1/customers", Body: `{"lastName":"Once"}`, Header: []string{"Idempotency-Key", strings.Repeat("x", 129)}, Status: 400, Code: "BAD_IDEMPOTENCY_KEY"},
	})
}

// TestCustomersWithoutAName adds customers that have only an e-mail address or a phone number.
func TestCustomersWithoutAName(t *testing.T) {
	newSystem(t).run(t, []call{
		{Name: "an address", Method: post, URL: "/v1/customers", Body: `{"id":"A","email":"only@example.com"}`, Status: 201, Want: map[string]any{"organisation": "", "lastName": "", "email": "only@example.com"}},
		{Name: "a number", Method: post, URL: "/v1/customers", Body: `{"id":"B","phone":"030 7654321"}`, Status: 201},
		{Name: "a name that goes", Method: post, URL: "/v1/customers", Body: `{"id":"C","lastName":"Anders","phone":"1"}`, Status: 201},
		{Name: "goes", Method: patch, URL: "/v1/customers/C", Body: `{"lastName":null}`, Status: 200},
		{Name: "the number can't go, too", Method: patch, URL: "/v1/customers/C", Body: `{"phone":" "}`, Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "organisation"}},
		{Name: "listed", Method: get, URL: "/v1/customers", Status: 200, Want: map[string]any{"customers.2.id": "A", "customers.2.email": "only@example.com"}},
		{Name: "found by the number", Method: post, URL: "/v1/customers/search", Body: `{"search":"030 7654321"}`, Status: 200, Want: map[string]any{"customers.0.id": "B"}},
		{Name: "deleted", Method: remove, URL: "/v1/customers/A", Status: 200},
		{Name: "in the trash", Method: get, URL: "/v1/deleted-customers", Status: 200, Want: map[string]any{"customers.0.id": "A"}},
	})
}
