package web_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lethe/internal/admin"
)

var (
	fresh   = time.Now // when tests sign in
	support = func() admin.Identity {
		return admin.Identity{Subject: "sam", Groups: []string{"support"}, SignedIn: fresh()}
	}
)

func TestAccessRulesAreReplacedByVersion(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	got := s.send("GET", "/v1/access", "")
	want := map[string]any{"version": 0.0, "groups": []any{}, "fourEyes": map[string]any{"purges": false}, "adminGroup": "owners"}
	if diff := cmp.Diff(want, got.body); got.status != 200 || got.header.Get("ETag") != `"0"` || diff != "" {
		t.Errorf("before the first rules: %d %s", got.status, diff)
	}
	const rules = `"groups":[{"group":"support","permissions":["message","customers.read"]},{"group":"audit","permissions":[]}],"fourEyes":{"deleteAbove":0,"purges":true}`
	if got := s.send("PUT", "/v1/access", `{`+rules+`}`); got.status != 428 {
		t.Errorf("without a version: %d", got.status)
	}
	got = s.send("PUT", "/v1/access", `{"version":0,`+rules+`}`)
	changed, _ := got.body["changed"].(map[string]any)
	want = map[string]any{
		"version": 1.0, "adminGroup": "owners", "fourEyes": map[string]any{"deleteAbove": 0.0, "purges": true},
		"groups": []any{
			map[string]any{"group": "audit", "permissions": []any{}}, map[string]any{"group": "support", "permissions": []any{"customers.read", "message"}},
		},
		"changed": map[string]any{"by": "tester", "at": changed["at"]},
	}
	if diff := cmp.Diff(want, got.body); got.status != 200 || got.header.Get("ETag") != `"1"` || diff != "" {
		t.Errorf("the first rules: %d %s", got.status, diff)
	}
	for _, tt := range []struct {
		name, body, ifMatch string
		want                int
	}{
		{"the old version", `{"version":0,` + rules + `}`, "", 412},
		{"the old version as If-Match", `{` + rules + `}`, `"0"`, 412},
		{"two versions", `{"version":1,` + rules + `}`, `"0"`, 412},
		{"a bad If-Match", `{` + rules + `}`, `1`, 400},
		{"the answer as it is", got.text, "", 200},
		{"the version as If-Match", `{` + rules + `}`, `"2"`, 200},
	} {
		header := []string{}
		if tt.ifMatch != "" {
			header = []string{"If-Match", tt.ifMatch}
		}
		if got := s.send("PUT", "/v1/access", tt.body, header...); got.status != tt.want {
			t.Errorf("%s: %d %s", tt.name, got.status, got.text)
		}
	}
}

func TestWrongAccessRulesNameTheField(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	for _, tt := range []struct{ groups, fourEyes, field string }{
		{`[{"group":"x admin","permissions":[]}]`, `{"purges":false}`, "groups[0].group"},
		{`[{"group":"a","permissions":[]},{"group":"[a]","permissions":[]}]`, `{"purges":false}`, "groups[1].group"},
		{`[{"group":"a","permissions":[]},{"group":"a","permissions":[]}]`, `{"purges":false}`, "groups[1].group"},
		{`[{"group":"a","permissions":["root"]}]`, `{"purges":false}`, "groups[0].permissions[0]"},
		{`[{"group":"a","permissions":["audit","audit"]}]`, `{"purges":false}`, "groups[0].permissions[1]"},
		{`[{"group":"","permissions":[]}]`, `{"purges":false}`, "groups[0].group"},
		{`[{"group":"a"}]`, `{"purges":false}`, "groups[0]"},
		{`[]`, `{"deleteAbove":-1,"purges":false}`, "fourEyes.deleteAbove"},
		{`[]`, `{}`, "fourEyes"},
	} {
		got := s.send("PUT", "/v1/access", `{"version":0,"groups":`+tt.groups+`,"fourEyes":`+tt.fourEyes+`}`)
		if got.status != 422 || got.at("errors.0.field") != tt.field {
			t.Errorf("%s %s: %d %s", tt.groups, tt.fourEyes, got.status, got.text)
		}
	}
	got := s.send("PUT", "/v1/access", `{"version":0,"groups":[]}`)
	if got.status != 422 {
		t.Errorf("without four eyes, which would end them: %d %s", got.status, got.text)
	}
}

// TestGroupsHaveTheirPermissions maps a group, takes a permission from it, and leaves it out.
func TestGroupsHaveTheirPermissions(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	for i, tt := range []struct {
		groups string
		want   int
		code   any
		lacks  any
	}{
		{`[{"group":"sales","permissions":["customers.read"]}]`, 403, "FORBIDDEN", "customers.read"},
		{`[{"group":"support","permissions":["customers.read"]}]`, 404, "NOT_FOUND", nil},
		{`[{"group":"support","permissions":["customers.write","delete"]}]`, 403, "FORBIDDEN", "customers.read"},
		{`[]`, 403, "FORBIDDEN", "customers.read"},
	} {
		version, _ := json.Marshal(i)
		s.must(200, "PUT", "/v1/access", `{"version":`+string(version)+`,"fourEyes":{"purges":false},"groups":`+tt.groups+`}`)
		got := s.getAs(support(), "/v1/customers/nobody")
		if got.status != tt.want || got.body["code"] != tt.code || got.body["permission"] != tt.lacks {
			t.Errorf("%s: %d %s", tt.groups, got.status, got.text)
		}
	}
}

func TestTheAuthorOfRulesKeepsAWayBack(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.must(200, "PUT", "/v1/access", `{"version":0,"fourEyes":{"purges":false},"groups":[{"group":"support","permissions":["settings"]}]}`)
	got := s.asWith(support(), "PUT", "/v1/access", `{"version":1,"fourEyes":{"purges":false},"groups":[{"group":"support","permissions":["audit"]}]}`)
	if got.status != 422 || got.at("errors.0.field") != "groups" {
		t.Errorf("%d %s", got.status, got.text)
	}
	if got := s.asWith(support(), "PUT", "/v1/access", `{"version":1,"fourEyes":{"purges":false},"groups":[{"group":"support","permissions":["settings","audit"]}]}`); got.status != 200 {
		t.Errorf("%d %s", got.status, got.text)
	}
}

func TestASuspendedAdministratorIsShutOut(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	sam := support()
	sam.Groups = []string{"owners"} // with all permissions
	for _, tt := range []struct {
		body, field string
	}{
		{`{"subject":"tester"}`, "subject"}, {`{"subject":""}`, "subject"}, {`{"subject":"a\nb"}`, "subject"}, {`{}`, "body"},
	} {
		if got := s.send("POST", "/v1/suspensions", tt.body); got.status != 422 || got.at("errors.0.field") != tt.field {
			t.Errorf("%s: %d %s", tt.body, got.status, got.text)
		}
	}
	for range 2 {
		got := s.must(200, "POST", "/v1/suspensions", `{"subject":"sam"}`)
		if got.at("suspensions.0.subject") != "sam" || got.at("suspensions.0.by") != "tester" || got.at("suspensions.1") != nil {
			t.Errorf("answered %s", got.text)
		}
	}
	for _, path := range []string{"/v1/me", "/v1/customers", "/v1/nothing"} {
		if got := s.getAs(sam, path); got.status != 403 || got.body["code"] != "SUSPENDED" {
			t.Errorf("%s: %d %s", path, got.status, got.text)
		}
	}
	if got := s.asWith(sam, "POST", "/v1/suspensions/lift", `{"subject":"sam"}`); got.status != 403 {
		t.Errorf("lifts its own suspension: %d", got.status)
	}
	if got := s.must(200, "GET", "/v1/suspensions", ""); got.at("suspensions.0.subject") != "sam" {
		t.Errorf("listed %s", got.text)
	}
	if got := s.must(200, "POST", "/v1/suspensions/lift", `{"subject":"sam"}`); got.at("suspensions.0") != nil {
		t.Errorf("lifted %s", got.text)
	}
	if got := s.getAs(sam, "/v1/me"); got.status != 200 {
		t.Errorf("after the suspension: %d", got.status)
	}
}
