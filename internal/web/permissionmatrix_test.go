package web_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
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
	"lethe/internal/operations"
	"lethe/internal/sim/model"
	"lethe/internal/web"
)

// withRules replaces the API by one with these access rules, and without an admin group.
func (s *system) withRules(rules admin.Rules) {
	s.t.Helper()
	store := model.Table{Model: model.New()}
	if _, err := store.PutRules(s.t.Context(), rules, audit.Entry{}); err != nil {
		s.t.Fatal(err)
	}
	s.handler = web.New(s.service, s.engine, admin.New(store), web.Options{Log: slog.New(slog.DiscardHandler)})
}

// eachAlone maps a group "only-<permission>" for each permission, and suspends leaver.
func eachAlone() admin.Rules {
	rules := admin.Rules{Suspended: []admin.Suspension{{Subject: "leaver"}}}
	for _, p := range admin.Permissions {
		rules.Groups = append(rules.Groups, admin.Grant{Group: "only-" + string(p), Permissions: []admin.Permission{p}})
	}
	return rules
}

// having returns an administrator with just these permissions.
func having(permissions ...admin.Permission) admin.Identity {
	who := admin.Identity{Subject: "ann", SignedIn: fresh()}
	for _, p := range permissions {
		who.Groups = append(who.Groups, "only-"+string(p))
	}
	return who
}

func staleOf(who admin.Identity) admin.Identity {
	who.SignedIn = who.SignedIn.Add(-admin.FreshFor - time.Minute)
	return who
}

// unread is a body that nobody may read.
type unread struct {
	t    *testing.T
	what string
}

func (u unread) Read([]byte) (int, error) {
	u.t.Errorf("%s: the body was read", u.what)
	return 0, io.EOF
}

// example is the example of a request's body in the document.
func (r route) example() (contentType, body string) {
	if r.RequestBody == nil {
		return "", ""
	}
	for contentType, media := range r.RequestBody.Content {
		if text := ""; json.Unmarshal(media.Example, &text) == nil {
			return contentType, text
		}
		return contentType, string(media.Example)
	}
	return "", ""
}

// TestEveryOperationNeedsItsPermission sends every operation of the OpenAPI document as an administrator with each permission
// alone, and with none: without an identity, suspended, with a sign-in that is too old or of an unknown time, and as is right.
// A refused request is refused before its body is read, and whether the customer or operation in its path exists or not.
func TestEveryOperationNeedsItsPermission(t *testing.T) {
	s := newSystem(t)
	s.must(201, post, "/v1/customers", `{"id":"ALFKI","lastName":"Anders"}`)
	d := s.document()
	s.withRules(eachAlone())
	sent := 0
	for path, methods := range d.Paths {
		for method, r := range methods {
			m := matrix{s, t, strings.ToUpper(method), path, r, new(int)}
			m.check()
			sent += *m.sent
		}
	}
	if want := len(d.Paths) * (len(admin.Permissions) + 1) * 4; sent < want {
		t.Errorf("only %d requests, want at least %d", sent, want)
	}
	t.Logf("%d requests", sent)
}

// matrix is one operation of the document.
type matrix struct {
	*system

	t            *testing.T
	method, path string
	route        route
	sent         *int
}

func (m matrix) check() {
	for _, p := range append([]admin.Permission{""}, admin.Permissions...) {
		who := having(p)
		if p == "" {
			who.Groups = []string{"only-", "only", "customers.read", "only-bulk only-purge", "Only-purge"} // none of which is mapped
		}
		suspended, nobody, undated := who, who, who
		suspended.Subject, nobody.Subject, undated.SignedIn = "leaver", "", time.Time{}
		m.refused(nobody, 401, "UNAUTHENTICATED", "")
		m.refused(suspended, 403, "SUSPENDED", "")
		n := m.route.Permission
		switch {
		case len(n.AnyOf) > 0 && !slices.Contains(n.AnyOf, p):
			for _, one := range []admin.Identity{who, staleOf(who), undated} {
				m.refused(one, 403, "FORBIDDEN", n.AnyOf[0])
			}
			continue
		case n.FreshSignIn == "always":
			m.refused(staleOf(who), 401, "STALE_SIGN_IN", "")
			m.refused(undated, 401, "STALE_SIGN_IN", "")
		default:
			m.passes(staleOf(who))
		}
		m.passes(who)
	}
}

// refused sends the operation, for what exists and what does not, with a body that must not be read.
func (m matrix) refused(who admin.Identity, status int, code string, permission admin.Permission) {
	for _, id := range []string{"ALFKI", "NOBODY"} {
		*m.sent++
		target := strings.ReplaceAll(m.path, "{id}", id)
		what := fmt.Sprintf("%s %s by %+v", m.method, target, who)
		r := httptest.NewRequest(m.method, attack{}.target(target, "nothing")+"?unknown=x", unread{m.t, what})
		r.Header.Set("Content-Type", "nonsense")
		got := m.do(r.WithContext(web.WithIdentity(r.Context(), who)))
		lacks, _ := got.body["permission"].(string)
		if got.status != status || got.body["code"] != code || lacks != string(permission) || !got.isProblem() {
			m.t.Errorf("%s: %d %s, want %d %s %s", what, got.status, got.text, status, code, permission)
		}
		m.challenged(what, got)
	}
}

// challenged checks the header and the member that tell a client to sign in again: RFC 9470.
func (m matrix) challenged(what string, got answer) {
	want := map[any]string{
		"UNAUTHENTICATED": "Bearer", "STALE_SIGN_IN": `Bearer error="insufficient_user_authentication", max_age="300"`,
	}[got.body["code"]]
	if header := got.header.Get("WWW-Authenticate"); header != want {
		m.t.Errorf("%s: the challenge is %s, want %s", what, header, want)
	}
	if stale := got.body["code"] == "STALE_SIGN_IN"; stale != (got.body["maxAge"] == 300.0) {
		m.t.Errorf("%s: maxAge %v", what, got.body["maxAge"])
	}
}

// passes sends the operation with its example. The only refusal of the administrator is for the action that the example names.
func (m matrix) passes(who admin.Identity) {
	*m.sent++
	contentType, body := m.route.example()
	r := httptest.NewRequest(m.method, attack{}.target(m.path, customer.NewID()), strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	got := m.do(r.WithContext(web.WithIdentity(r.Context(), who)))
	lacks := got.body["permission"]
	ofAction := m.route.Permission.Action && lacks != nil && lacks != "bulk"
	if (got.status == 401 || got.status == 403) && !ofAction || got.status >= 500 {
		m.t.Errorf("%s %s by %+v: %d %s", m.method, m.path, who, got.status, got.text)
	}
}

// TestAnActionOnManyNeedsTheSamePermissionAsOnOne creates, applies and retries operations of every action, with the permission
// bulk alone, with the action's permission alone, and with both.
func TestAnActionOnManyNeedsTheSamePermissionAsOnOne(t *testing.T) {
	s := newSystem(t)
	s.withRules(eachAlone())
	for action, permission := range map[string]admin.Permission{
		"delete": admin.Delete, "restore": admin.Restore, "purge": admin.Purge, "block": admin.CustomersWrite, "unblock": admin.CustomersWrite,
		"redate": admin.Settings, "undo": admin.Restore, "replay": admin.Purge, "fsck": admin.Audit,
	} {
		id := s.planned(bulk.Operation{Action: action, Basis: []byte(`{"retention":"P30D"}`)})
		for url, body := range map[string]string{
			"/v1/operations":                  fmt.Sprintf(`{"action":%q,"selection":{"ids":["A"],"trash":true}}`, action), // which is invalid
			"/v1/operations/" + id + "/apply": `{"digest":"of another plan","acknowledged":true}`,
			"/v1/operations/" + id + "/retry": "",
		} {
			for _, tt := range []struct {
				who   admin.Identity
				lacks any
			}{
				{having(admin.Bulk), string(permission)},
				{having(permission), "bulk"},
				{having(admin.Bulk, permission), nil},
			} {
				got := s.asWith(tt.who, post, url, body)
				if forbidden := got.status == http.StatusForbidden; forbidden != (tt.lacks != nil) || got.body["permission"] != tt.lacks || got.status < 400 || got.status >= 500 {
					t.Errorf("%s, %s by %v: %d %s, want to lack %v", action, url, tt.who.Groups, got.status, got.text, tt.lacks)
				}
			}
		}
	}
}

// planned stores an operation that can be applied.
func (s *system) planned(op bulk.Operation) (id string) {
	s.t.Helper()
	op.ID, op.State, op.Version, op.Digest = customer.NewID(), bulk.Ready, 1, "of the plan"
	op.Created, op.Expires = s.service.Now(), s.service.Now().Add(time.Hour)
	if err := s.operations.Create(s.t.Context(), op, nil); err != nil {
		s.t.Fatal(err)
	}
	return op.ID
}

// TestWhatCantBeUndoneNeedsAFreshSignIn applies plans with an old sign-in and a new one.
func TestWhatCantBeUndoneNeedsAFreshSignIn(t *testing.T) {
	s := newSystem(t)
	s.withRules(eachAlone())
	all := having(admin.Permissions...)
	month, hours := []byte(`{"retention":"P30D"}`), []byte(`{"retention":"PT23H"}`)
	for _, tt := range []struct {
		name  string
		op    bulk.Operation
		stale bool
	}{
		{"purge", bulk.Operation{Action: operations.Purge}, true},
		{"redate", bulk.Operation{Action: operations.Redate, Basis: month}, true},
		{"replay", bulk.Operation{Action: operations.Replay}, true},
		{"delete some", bulk.Operation{Action: operations.Delete, Basis: month}, false},
		{"delete all", bulk.Operation{Action: operations.Delete, Basis: month, Params: []byte(`{"everything":true}`)}, true},
		{"delete some for hours", bulk.Operation{Action: operations.Delete, Basis: hours}, true},
		{"delete some for a day", bulk.Operation{Action: operations.Delete, Basis: []byte(`{"retention":"P1D"}`)}, false},
		{"restore", bulk.Operation{Action: operations.Restore}, false},
		{"block", bulk.Operation{Action: operations.Block}, false},
		{"fsck", bulk.Operation{Action: operations.Fsck}, false},
	} {
		url := "/v1/operations/" + s.planned(tt.op) + "/apply"
		const body = `{"digest":"of another plan","acknowledged":true}`
		if got := s.asWith(staleOf(all), post, url, body); (got.body["code"] == "STALE_SIGN_IN") != tt.stale || !tt.stale && got.body["code"] != "PLAN_STALE" {
			t.Errorf("%s, with an old sign-in: %d %s", tt.name, got.status, got.text)
		}
		if got := s.asWith(all, post, url, body); got.body["code"] != "PLAN_STALE" {
			t.Errorf("%s, with a new one: %d %s", tt.name, got.status, got.text)
		}
	}
}

// TestADeletionOfAllNeedsAFreshSignIn plans deletions by selections of every width.
func TestADeletionOfAllNeedsAFreshSignIn(t *testing.T) {
	s := newSystem(t)
	s.add(2)
	s.withRules(eachAlone())
	all := having(admin.Permissions...)
	for selection, stale := range map[string]bool{
		`{"ids":["c000"]}`:                                    false,
		`{"filter":{"search":"anders"}}`:                      false,
		`{"filter":{"state":"active"}}`:                       true,
		`{"filter":{"state":"active","search":" "}}`:          true,
		`{"filter":{"blocked":false}}`:                        true,
		`{"filter":{"state":"active"},"exclude":["c000"]}`:    true,
		`{"trash":true}`:                                      true,
		`{"filter":{"search":"anders","blocked":false}}`:      false,
		`{"filter":{"search":"trial"},"exclude":["c001"]}`:    false,
		`{"ids":["c000","c001","c002","c003","c004","c005"]}`: false,
	} {
		made := s.asWith(all, post, "/v1/operations", `{"action":"delete","selection":`+selection+`}`)
		if made.status == http.StatusUnprocessableEntity && strings.Contains(selection, `" "`) {
			continue // a search without a word is refused
		}
		s.settle()
		got := s.asWith(staleOf(all), post, fmt.Sprintf("/v1/operations/%v/apply", made.body["id"]), `{"digest":"of another plan","acknowledged":true}`)
		if made.status != http.StatusAccepted || (got.body["code"] == "STALE_SIGN_IN") != stale {
			t.Errorf("%s: %d, %d %s", selection, made.status, got.status, got.text)
		}
	}
}

// TestARetentionNeedsAFreshSignIn changes settings with an old sign-in, and deletes a customer under a long and a short
// retention.
func TestARetentionNeedsAFreshSignIn(t *testing.T) {
	s := newSystem(t)
	s.add(3)
	s.withRules(eachAlone())
	old := staleOf(having(admin.Permissions...))
	const kinds = `"kinds":[{"name":"invoice","policy":"restrict"},{"name":"line","policy":"cascade"},{"name":"tax","policy":"retain","keep":["amount"],"keepFor":"never"},{"name":"ticket","policy":"cascade"}]`
	for i, tt := range []struct {
		who         admin.Identity
		method, url string
		body        string
		status      int
		code        string
	}{
		{old, put, "/v1/settings", `{"version":0,"retention":"P31D",` + kinds + `}`, 401, "STALE_SIGN_IN"},
		{having(admin.Settings), put, "/v1/settings", `{"version":0,"retention":"P30D",` + kinds + `}`, 200, ""},
		{old, put, "/v1/settings", `{"version":1,"retention":"P30D",` + kinds + `}`, 200, ""},
		{old, put, "/v1/settings", `{"version":1,"retention":"P31D",` + kinds + `}`, 412, "VERSION_MISMATCH"},
		{old, put, "/v1/settings", `{"version":2,"retention":"P31D",` + kinds + `}`, 401, "STALE_SIGN_IN"},
		{old, remove, "/v1/customers/c000", "", 200, ""},
		{having(admin.Settings), put, "/v1/settings", `{"version":2,"retention":"PT1H","acknowledged":true,` + kinds + `}`, 200, ""},
		{old, remove, "/v1/customers/c001", "", 401, "STALE_SIGN_IN"},
		{old, remove, "/v1/customers/nobody", "", 401, "STALE_SIGN_IN"},
		{having(admin.Delete), remove, "/v1/customers/c001", "", 200, ""},
		{having(admin.Settings), put, "/v1/settings", `{"version":3,"retention":"never",` + kinds + `}`, 200, ""},
		{old, remove, "/v1/customers/c002", "", 200, ""},
	} {
		got := s.asWith(tt.who, tt.method, tt.url, tt.body)
		if code, _ := got.body["code"].(string); got.status != tt.status || code != tt.code {
			t.Errorf("%d. %s %s: %d %s", i, tt.method, tt.url, got.status, got.text)
		}
	}
}
