package dashboard

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// configOf asks a dashboard with this configuration for what its page reads.
func configOf(t *testing.T, config Config) (map[string]string, *httptest.ResponseRecorder) {
	t.Helper()
	w := httptest.NewRecorder()
	serve(fstest.MapFS{}, config).ServeHTTP(w, httptest.NewRequest("GET", "/config.json", nil))
	told := map[string]string{}
	if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil {
		t.Fatalf("%v in %s", err, w.Body)
	}
	return told, w
}

func TestConfigIsReadFromTheEnvironment(t *testing.T) {
	environment := map[string]string{
		"ISSUER": "https://issuer.example", "CLIENT_ID": "dashboard", "SCOPE": "lethe/admin", "AUDIENCE": "lethe",
		"TOKEN_ORIGIN": "https://tokens.example", "PLACE": "production",
	}
	told, w := configOf(t, FromEnvironment(func(name string) string { return environment[name] }))
	want := map[string]string{
		"issuer": "https://issuer.example", "clientId": "dashboard", "scope": "lethe/admin", "audience": "lethe", "place": "production",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	if got := w.Header().Get("Cache-Control"); w.Code != 200 || got != "no-store" || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	for _, directive := range []string{
		"connect-src 'self' https://issuer.example https://tokens.example;",
		"form-action 'self' https://issuer.example https://tokens.example;",
	} {
		if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, directive) {
			t.Errorf("no %q in %q", directive, policy)
		}
	}
}

func TestConfigSaysWhatIsMissing(t *testing.T) {
	change := func(f func(*Config)) Config {
		c := configured
		f(&c)
		return c
	}
	for _, tt := range []struct {
		name   string
		config Config
		want   string // in the problem; empty for none
	}{
		{"nothing is set", Config{}, "ISSUER is not set."},
		{"no client", change(func(c *Config) { c.ClientID = "" }), "CLIENT_ID is not set."},
		{"no scope", change(func(c *Config) { c.Scope = "" }), "SCOPE is not set."},
		{"an issuer without TLS", change(func(c *Config) { c.Issuer = "http://issuer.example" }), "ISSUER has to be"},
		{"an issuer that would add to the policy", change(func(c *Config) { c.Issuer = "https://a.example; script-src *" }), "ISSUER has to be"},
		{"any issuer", change(func(c *Config) { c.Issuer = "https://*.example" }), "ISSUER has to be"},
		{"no address", change(func(c *Config) { c.Issuer = "issuer.example" }), "ISSUER has to be"},
		{"a token endpoint without TLS", change(func(c *Config) { c.TokenOrigin = "http://tokens.example" }), "TOKEN_ORIGIN has to be"},
		{"an issuer on this machine", change(func(c *Config) { c.Issuer = "http://127.0.0.1:8081" }), ""},
		{"an issuer with a path", configured, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			told, w := configOf(t, tt.config)
			problem, found := told["problem"]
			if found != (tt.want != "") || !strings.Contains(problem, tt.want) {
				t.Errorf("problem %q", problem)
			}
			policy := w.Header().Get("Content-Security-Policy")
			if _, issuer := told["issuer"]; issuer == found || strings.Contains(policy, "connect-src 'self';") != found || strings.Count(policy, ";") != 8 {
				t.Errorf("told %v with policy %q", told, policy)
			}
		})
	}
}
