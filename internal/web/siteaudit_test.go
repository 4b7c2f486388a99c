package web_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"lethe/internal/admin"
	"lethe/internal/audit"
	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/web"
)

// siteLog reads all entries of today, newest first.
func (s *system) siteLog(search string) (entries []map[string]any) {
	s.t.Helper()
	today := string(customer.DayOf(time.Now()))
	for cursor := ""; ; {
		body := fmt.Sprintf(`{"day":%q,"limit":3,"cursor":%q%s}`, today, cursor, search)
		page := s.must(http.StatusOK, post, "/v1/audit/search", body)
		for _, e := range page.body["entries"].([]any) {
			entries = append(entries, e.(map[string]any))
		}
		if cursor, _ = page.body["nextCursor"].(string); cursor == "" {
			return entries
		}
	}
}

// said returns who did what, and to what, without sign-ins.
func said(entries []map[string]any) (lines []string) {
	for _, e := range entries {
		if e["action"] == "administrator.signedIn" {
			continue
		}
		line := fmt.Sprintf("%v %v", e["by"], e["action"])
		for _, name := range []string{"customer", "subject", "fields"} {
			if e[name] != nil {
				line += fmt.Sprintf(" %v", e[name])
			}
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

func wantSaid(t *testing.T, got []map[string]any, want ...string) {
	t.Helper()
	slices.Sort(want)
	if lines := said(got); !slices.Equal(lines, want) {
		t.Errorf("the log says\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

// TestTheLogOfADayHasAllKinds changes settings, plans and applies an operation, and exports.
func TestTheLogOfADayHasAllKinds(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.must(201, post, "/v1/customers", `{"id":"ALFKI","organisation":"Alfreds"}`)
	settings := s.must(200, get, "/v1/settings", "")
	changed := strings.Replace(strings.Replace(settings.text, `"P30D"`, `"P7D"`, 1), `"cascade"`, `"restrict"`, 1)
	s.must(200, put, "/v1/settings", changed, "X-Request-Id", "r-settings")
	s.must(412, put, "/v1/settings", changed)
	plan := s.must(202, post, "/v1/operations", `{"action":"delete","selection":{"ids":["ALFKI"]},"reasonCode":"test"}`, "Actor", "planner")
	address := plan.header.Get("Location")
	s.must(202, post, address+"/apply", fmt.Sprintf(`{"digest":%q,"acknowledged":true,"onBlocked":"skip"}`, plan.body["digest"]), "Actor", "applier")
	s.must(200, post, address+"/cancel", "", "Actor", "canceller")
	s.must(200, get, address+"/items.csv", "")
	s.must(200, get, "/v1/certificates.ndjson", "")
	s.must(200, get, "/v1/audit/export", "")
	today := string(customer.DayOf(time.Now()))
	wantSaid(t, s.siteLog(""),
		"tester settings.changed [retention kinds.line]",
		"planner operation.created delete, customers: 1",
		"applier operation.applied delete, customers: 1",
		"canceller operation.cancelled delete, customers: 1",
		"tester operation.exported",
		"tester certificates.exported",
		"tester audit.exported "+today+"/"+today,
	)
	one := s.siteLog(`,"action":"settings.changed"`)
	if len(one) != 1 || one[0]["requestId"] != "r-settings" || one[0]["customer"] != nil {
		t.Errorf("%v", one)
	}
	operation := strings.TrimPrefix(address, "/v1/operations/")
	for _, e := range append(s.siteLog(`,"by":"planner","action":"operation.created"`), s.siteLog(`,"by":"applier","action":"operation.applied"`)...) {
		if e["operation"] != operation || e["reasonCode"] != "test" {
			t.Errorf("%v", e)
		}
	}
	if others := s.siteLog(`,"by":"nobody"`); len(others) > 0 {
		t.Errorf("%v", others)
	}
}

// TestARepeatedRequestIsLoggedOnce applies and creates again.
func TestARepeatedRequestIsLoggedOnce(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.must(201, post, "/v1/customers", `{"id":"ALFKI","organisation":"Alfreds"}`)
	var plan answer
	for range 2 {
		plan = s.must(202, post, "/v1/operations", `{"action":"delete","selection":{"ids":["ALFKI"]}}`, "Idempotency-Key", "k")
	}
	for _, by := range []string{"ann", "bob"} {
		s.must(202, post, plan.header.Get("Location")+"/apply", fmt.Sprintf(`{"digest":%q,"acknowledged":true,"onBlocked":"skip"}`, plan.body["digest"]), "Actor", by)
	}
	wantSaid(t, s.siteLog(""), "tester operation.created delete, customers: 1", "ann operation.applied delete, customers: 1")
}

// refusing is a store that refuses entries of what changes no customer.
type refusing struct {
	customer.Store
	refused int
}

func (r *refusing) AddEntry(ctx context.Context, e audit.Entry) error {
	if r.refused == 0 {
		return r.Store.AddEntry(ctx, e)
	}
	r.refused--
	return fmt.Errorf("throttled: %w", customer.ErrBusy)
}

// TestNothingIsAnsweredThatIsNotLogged has a busy store. Its client repeats the request.
func TestNothingIsAnsweredThatIsNotLogged(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.must(201, post, "/v1/customers", `{"id":"ALFKI","organisation":"Alfreds"}`)
	store := &refusing{Store: s.store.Store}
	s.store.Store = store
	twice := func(status int, method, url, body string, header ...string) answer {
		t.Helper()
		store.refused = 1
		if a := s.must(http.StatusServiceUnavailable, method, url, body, header...); a.body["code"] != "BUSY" || strings.Contains(a.text, "customer,outcome") {
			t.Errorf("%s: %s", url, a.text)
		}
		return s.must(status, method, url, body, header...)
	}
	plan := twice(202, post, "/v1/operations", `{"action":"delete","selection":{"ids":["ALFKI"]}}`, "Idempotency-Key", "k")
	address := plan.header.Get("Location")
	twice(202, post, address+"/apply", fmt.Sprintf(`{"digest":%q,"acknowledged":true,"onBlocked":"skip"}`, plan.body["digest"]))
	twice(200, get, address+"/items.csv", "")
	twice(200, get, "/v1/certificates.ndjson", "")
	twice(200, get, "/v1/audit/export", "")
	today := string(customer.DayOf(time.Now()))
	wantSaid(t, s.siteLog(""),
		"tester operation.created delete, customers: 1", "tester operation.applied delete, customers: 1", "tester operation.exported",
		"tester certificates.exported", "tester audit.exported "+today+"/"+today)
}

func TestARetryIsLoggedIfSomethingFailed(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	op := bulk.Operation{ID: "failed0000000000000000000000", Action: "delete", By: "ann", State: bulk.Planning, Version: 1, Created: time.Now(), Planned: time.Now(), Applied: time.Now()}
	var err error
	op.Basis, err = s.engine.Actions[op.Action].Basis(t.Context())
	created := s.operations.Create(t.Context(), op, nil)
	op.State, op.Version, op.Chunks, op.Tally.Failed, op.Impact.Subjects = bulk.Failed, 2, 1, 1, 1
	chunk := bulk.Chunk{Subjects: []bulk.Subject{{ID: "nobody", Bind: "1 0 false "}}, Outcomes: []bulk.Outcome{{Result: bulk.OutcomeFailed, Code: bulk.GaveUp}}}
	if err := errors.Join(err, created, s.operations.Freeze(t.Context(), op, []bulk.Chunk{chunk})); err != nil {
		t.Fatal(err)
	}
	for _, by := range []string{"bob", "cas"} { // the second finds it running
		s.must(202, post, "/v1/operations/"+op.ID+"/retry", "", "Actor", by)
	}
	wantSaid(t, s.siteLog(""), "bob operation.retried delete, customers: 0")
}

// TestExportOfTheLogInParts reads three days in parts of two entries, in both formats.
func TestExportOfTheLogInParts(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	today := customer.DayOf(time.Now())
	var want []string
	for n := range 9 {
		e := audit.New(t.Context(), today.Plus(-n%3*2).Begin().Add(time.Duration(n)*time.Second), fmt.Sprint("=by ", n), audit.Refused)
		e.Subject = "purge-customer"
		if err := s.store.AddEntry(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		want = append(want, e.Time.Format(time.RFC3339)+" "+e.By)
	}
	slices.Sort(want)
	for _, format := range []string{"csv", "ndjson"} {
		var got []string
		url := fmt.Sprintf("/v1/audit/export?from=%s&to=%s&lines=2&format=%s", today.Plus(-4), today, format)
		for url != "" {
			part := s.must(http.StatusOK, get, url, "")
			got = append(got, exportedEntries(t, format, part)...)
			url, _, _ = strings.Cut(strings.TrimPrefix(part.header.Get("Link"), "<"), ">")
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", format, got, want)
		}
	}
	if n := len(s.siteLog(`,"action":"audit.exported"`)); n < 10 {
		t.Errorf("%d parts are in the log", n)
	}
}

// exportedEntries returns the refusals in a part of an export.
func exportedEntries(t *testing.T, format string, part answer) (lines []string) {
	t.Helper()
	if format == "csv" {
		rows, err := csv.NewReader(strings.NewReader(part.text)).ReadAll()
		if err != nil || part.header.Get("Content-Type") != "text/csv; charset=utf-8" || rows[0][0] != "time" {
			t.Fatalf("%v %q", err, part.text)
		}
		for _, row := range rows[1:] {
			if row[3] == "request.refused" {
				lines = append(lines, row[0]+" "+strings.TrimPrefix(row[1], "'"))
			}
			if strings.HasPrefix(row[1], "=") {
				t.Errorf("%q is a formula", row[1])
			}
		}
		return lines
	}
	for line := range strings.Lines(part.text) {
		var e struct{ Time, By, Action string }
		if err := json.Unmarshal([]byte(line), &e); err != nil || part.header.Get("Content-Type") != "application/x-ndjson" {
			t.Fatalf("%v %q", err, line)
		}
		if e.Action == "request.refused" {
			lines = append(lines, e.Time+" "+e.By)
		}
	}
	return lines
}

func TestSearchesAndExportsOfTheLogThatAreRefused(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	for range 2 {
		if err := s.store.AddEntry(t.Context(), audit.New(t.Context(), time.Now(), "ann", audit.Refused)); err != nil {
			t.Fatal(err)
		}
	}
	today := string(customer.DayOf(time.Now()))
	cursor := s.must(200, post, "/v1/audit/search", fmt.Sprintf(`{"day":%q,"limit":1}`, today)).body["nextCursor"]
	part := s.must(200, get, "/v1/audit/export?lines=1", "").header.Get("Link")
	s.run(t, []call{
		{Name: "no day", Method: post, URL: "/v1/audit/search", Body: `{}`, Status: 422, Code: "INVALID"},
		{Name: "not a day", Method: post, URL: "/v1/audit/search", Body: `{"day":"yesterday"}`, Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "day"}},
		{Name: "a day that no month has", Method: post, URL: "/v1/audit/search", Body: `{"day":"2026-02-30"}`, Status: 422, Code: "INVALID"},
		{Name: "not an action", Method: post, URL: "/v1/audit/search", Body: `{"day":"2026-02-28","action":"deleted"}`, Status: 422, Code: "INVALID"},
		{Name: "a cursor of another search", Method: post, URL: "/v1/audit/search", Body: fmt.Sprintf(`{"day":%q,"by":"ann","cursor":%q}`, today, cursor), Status: 400, Code: "BAD_CURSOR"},
		{Name: "a cursor of another day", Method: post, URL: "/v1/audit/search", Body: fmt.Sprintf(`{"day":"2026-02-28","cursor":%q}`, cursor), Status: 400, Code: "BAD_CURSOR"},
		{Name: "from after to", Method: get, URL: "/v1/audit/export?from=2026-03-01&to=2026-02-28", Status: 422, Code: "INVALID"},
		{Name: "too many days", Method: get, URL: "/v1/audit/export?from=2026-01-01&to=2026-02-01", Status: 422, Code: "INVALID"},
		{Name: "as many as may be", Method: get, URL: "/v1/audit/export?from=2026-01-01&to=2026-01-31", Status: 200},
		{Name: "another format", Method: get, URL: "/v1/audit/export?format=xml", Status: 422, Code: "INVALID"},
		{Name: "a cursor of no export", Method: get, URL: "/v1/audit/export?cursor=x", Status: 400, Code: "BAD_CURSOR"},
		{Name: "a cursor of a day before", Method: get, URL: "/v1/audit/export?cursor=2026-01-01.", Status: 400, Code: "BAD_CURSOR"},
		{Name: "a cursor of a search", Method: get, URL: fmt.Sprintf("/v1/audit/export?cursor=%s.%s", today, cursor), Status: 400, Code: "BAD_CURSOR"},
	})
	if !strings.Contains(part, "rel=\"next\"") {
		t.Errorf("the first part has the link %q", part)
	}
}

// asks sends a request with what a token says.
func (s *system) asks(who admin.Identity, method, url, body string) answer {
	s.t.Helper()
	r := httptest.NewRequest(method, url, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return s.do(r.WithContext(web.WithIdentity(r.Context(), who)))
}

// TestRefusalsAndSignInsAreLogged has administrators who lack a permission, and one who is suspended.
func TestRefusalsAndSignInsAreLogged(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	morning := customer.DayOf(time.Now()).Begin()
	ann := admin.Identity{Subject: "ann", Groups: []string{"support"}, SignedIn: morning}
	leaver := admin.Identity{Subject: "leaver", Groups: []string{"support"}, SignedIn: morning.Add(time.Second)}
	s.must(200, put, "/v1/access", `{"version":0,"groups":[{"group":"support","permissions":["customers.read","bulk"]}],"fourEyes":{"purges":false}}`)
	s.must(200, post, "/v1/suspensions", `{"subject":"leaver"}`)
	for _, c := range []struct {
		who               admin.Identity
		method, url, body string
		status            int
	}{
		{ann, get, "/v1/customers", "", 200},
		{ann, post, "/v1/customers", `{"organisation":"New"}`, 403},
		{ann, post, "/v1/customers/NOBODY/purge", `{"confirm":"NOBODY"}`, 403},
		{ann, post, "/v1/operations", `{"action":"delete","selection":{"filter":{"state":"active"}}}`, 403},
		{ann, post, "/v1/audit/search", `{"day":"2026-11-30"}`, 403},
		{leaver, get, "/v1/customers", "", 403},
		{leaver, get, "/v1/nowhere", "", 403},
		{admin.Identity{}, get, "/v1/customers", "", 401},
		{ann, get, "/v1/nowhere", "", 404},
	} {
		if a := s.asks(c.who, c.method, c.url, c.body); a.status != c.status {
			t.Errorf("%s %s by %q: %d %s, want %d", c.method, c.url, c.who.Subject, a.status, a.text, c.status)
		}
	}
	s.must(200, post, "/v1/suspensions/lift", `{"subject":"leaver"}`)
	s.must(200, post, "/v1/suspensions/lift", `{"subject":"leaver"}`) // nothing changes
	log := s.siteLog("")
	wantSaid(t, log,
		"tester access.changed [groups.support]",
		"tester administrator.suspended leaver",
		"tester administrator.reinstated leaver",
		"ann request.refused create-customer [customers.write]",
		"ann request.refused purge-customer [purge]",
		"ann request.refused create-operation [delete]",
		"ann request.refused search-audit [audit]",
		"leaver request.refused list-customers [suspended]",
		"leaver request.refused [suspended]",
	)
	signedIn := map[string]string{}
	for _, e := range s.siteLog(`,"action":"administrator.signedIn"`) {
		if signedIn[e["by"].(string)] = e["time"].(string); e["requestId"] == "" {
			t.Errorf("%v", e)
		}
	}
	if signedIn["ann"] != morning.Format(time.RFC3339) || signedIn["leaver"] != morning.Add(time.Second).Format(time.RFC3339) {
		t.Errorf("signed in: %v", signedIn)
	}
}

// TestNobodyIsRefusedUnseen has a busy store: the answer is that, and not the refusal.
func TestNobodyIsRefusedUnseen(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	store := &refusing{Store: s.store.Store}
	s.store.Store = store
	ann := admin.Identity{Subject: "ann", SignedIn: time.Now().Truncate(time.Second)}
	for _, want := range []int{403, 503, 403} {
		store.refused = 0
		if want == 503 {
			store.refused = 1
		}
		if a := s.asks(ann, get, "/v1/customers", ""); a.status != want {
			t.Errorf("%d %s, want %d", a.status, a.text, want)
		}
	}
	store.refused = 1
	if a := s.asks(admin.Identity{Subject: "bob", SignedIn: ann.SignedIn}, get, "/v1/me", ""); a.status != 503 {
		t.Errorf("a sign-in that is not logged: %d %s", a.status, a.text)
	}
	wantSaid(t, s.siteLog(""), "ann request.refused list-customers [customers.read]", "ann request.refused list-customers [customers.read]")
}
