package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lethe/internal/admin"
	"lethe/internal/web"
)

// getAs sends a GET of an identity.
func (s *system) getAs(who admin.Identity, url string) answer {
	s.t.Helper()
	return s.asWith(who, http.MethodGet, url, "")
}

// asWith sends a request of an identity.
func (s *system) asWith(who admin.Identity, method, url, body string) answer {
	s.t.Helper()
	r := httptest.NewRequest(method, url, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return s.do(r.WithContext(web.WithIdentity(r.Context(), who)))
}

func TestMe(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	now := time.Now().UTC().Truncate(time.Second)
	instant := func(at time.Time) string { return at.Format(time.RFC3339) }
	for _, tt := range []struct {
		name string
		who  admin.Identity
		want map[string]any
	}{
		{"nothing but a subject", admin.Identity{Subject: "ann"}, map[string]any{
			"subject": "ann", "groups": []any{}, "permissions": []any{},
		}},
		{"groups without permissions", admin.Identity{Subject: "ann", Name: "Ann", Groups: []string{"b", "a"}, SignedIn: now.Add(-time.Hour)}, map[string]any{
			"subject": "ann", "name": "Ann", "groups": []any{"b", "a"}, "permissions": []any{}, "signedInAt": instant(now.Add(-time.Hour)),
		}},
		{"an owner who has just signed in", admin.Identity{Subject: "ann", Groups: []string{"owners"}, SignedIn: now}, map[string]any{
			"subject": "ann", "groups": []any{"owners"}, "signedInAt": instant(now), "freshUntil": instant(now.Add(5 * time.Minute)),
			"permissions": []any{"customers.read", "customers.write", "delete", "restore", "purge", "bulk", "export", "message", "impersonate", "hold", "settings", "audit", "approve"},
		}},
	} {
		got := s.getAs(tt.who, "/v1/me")
		if diff := cmp.Diff(tt.want, got.body); got.status != http.StatusOK || diff != "" {
			t.Errorf("%s: %d %s", tt.name, got.status, diff)
		}
	}
	if got := s.getAs(admin.Identity{Groups: []string{"owners"}}, "/v1/me"); got.status != http.StatusUnauthorized {
		t.Errorf("groups without a subject: %d", got.status)
	}
}
