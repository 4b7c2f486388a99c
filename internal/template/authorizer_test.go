package template_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lethe/internal/template"
)

// authorizer is a template's authorizer with its references resolved.
type authorizer struct {
	Issuer           string
	Audience, Scopes []string
}

func resolved(t *testing.T, declared *template.Template) authorizer {
	t.Helper()
	resolve := func(text template.Text) string {
		value, err := text.Resolve(lookup)
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	if declared.Authorizer == nil {
		t.Fatal("the API has no authorizer")
	}
	got := authorizer{Issuer: resolve(declared.Authorizer.Issuer), Scopes: declared.Authorizer.Scopes}
	for _, text := range declared.Authorizer.Audience {
		got.Audience = append(got.Audience, resolve(text))
	}
	return got
}

// TestWhoIssuesTokens reads the deployed template with another issuer and with the stack's own pool: what the authorizer asks
// for, and what the dashboard's function tells the page.
func TestWhoIssuesTokens(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		parameters map[string]string
		authorizer authorizer
		groups     string // GROUPS_CLAIM
		dashboard  map[string]string
	}{
		{
			"the stack's own pool", map[string]string{"DashboardUrl": "https://lethe.example"},
			authorizer{"<Administrators.ProviderURL>", []string{"<DashboardClient.>"}, []string{"lethe/admin"}},
			"cognito:groups",
			map[string]string{
				"ISSUER": "<Administrators.ProviderURL>", "CLIENT_ID": "<DashboardClient.>", "SCOPE": "lethe/admin", "AUDIENCE": "",
				"TOKEN_ORIGIN": "https://<SignInDomain.>.auth.us-east-1.amazoncognito.com", "PLACE": "",
			},
		}, {
			"an issuer that is told the audience",
			map[string]string{
				"JwtIssuer": "https://issuer.example/a", "JwtAudience": "https://lethe.example", "JwtScope": "admin", "DashboardClientId": "id",
				"TokenOrigin": "https://tokens.example", "Place": "staging", "GroupsClaim": "roles",
			},
			authorizer{"https://issuer.example/a", []string{"https://lethe.example"}, []string{"admin"}},
			"roles",
			map[string]string{
				"ISSUER": "https://issuer.example/a", "CLIENT_ID": "id", "SCOPE": "admin", "AUDIENCE": "https://lethe.example",
				"TOKEN_ORIGIN": "https://tokens.example", "PLACE": "staging",
			},
		}, {
			"an issuer with the client as audience",
			map[string]string{"JwtIssuer": "https://issuer.example", "JwtAudience": "id", "DashboardClientId": "id", "DashboardScope": "api://id/admin"},
			authorizer{"https://issuer.example", []string{"id"}, []string{"lethe/admin"}},
			"groups",
			map[string]string{
				"ISSUER": "https://issuer.example", "CLIENT_ID": "id", "SCOPE": "api://id/admin", "AUDIENCE": "", "TOKEN_ORIGIN": "", "PLACE": "",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			declared, err := template.Load("../../template.yaml", test.parameters)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.authorizer, resolved(t, declared)); diff != "" {
				t.Errorf("authorizer (-want +got):\n%s", diff)
			}
			if got := variable(t, declared, "api", "GROUPS_CLAIM"); got != test.groups {
				t.Errorf("the groups are in claim %q, want %q", got, test.groups)
			}
			if diff := cmp.Diff(test.dashboard, ofDashboard(t, declared)); diff != "" {
				t.Errorf("environment of dashboard (-want +got):\n%s", diff)
			}
		})
	}
}

func variable(t *testing.T, declared *template.Template, function, name string) string {
	t.Helper()
	for _, f := range declared.Functions {
		if f.Name != function {
			continue
		}
		value, err := f.Environment[name].Resolve(lookup)
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	t.Fatalf("there is no function %s", function)
	return ""
}

// ofDashboard returns the variables that only function dashboard has.
func ofDashboard(t *testing.T, declared *template.Template) map[string]string {
	t.Helper()
	own := map[string]string{}
	for _, function := range declared.Functions {
		if function.Name != "dashboard" {
			continue
		}
		for name, text := range function.Environment {
			value, err := text.Resolve(lookup)
			if err != nil {
				t.Fatal(err)
			}
			own[name] = value
		}
	}
	maps.DeleteFunc(own, func(name, _ string) bool {
		for _, function := range declared.Functions {
			if _, shared := function.Environment[name]; shared && function.Name != "dashboard" {
				return true
			}
		}
		return false
	})
	return own
}

// TestParametersOfSignInGoTogether tries combinations that would deploy an API with a hole, or one that nobody can use.
func TestParametersOfSignInGoTogether(t *testing.T) {
	t.Parallel()
	const issuer = "https://issuer.example"
	for _, test := range []struct {
		name       string
		parameters map[string]string
		want       string // in the error, "" for none
	}{
		{"nothing", nil, ""},
		{"issuer and audience", map[string]string{"JwtIssuer": issuer, "JwtAudience": "x"}, ""},
		{"the local issuer", map[string]string{"JwtIssuer": "http://127.0.0.1:8081", "JwtAudience": "lethe"}, ""},
		{"issuer without audience", map[string]string{"JwtIssuer": issuer}, "JwtIssuer needs JwtAudience"},
		{"audience without issuer", map[string]string{"JwtAudience": "x"}, "JwtAudience needs JwtIssuer"},
		{"client without issuer", map[string]string{"DashboardClientId": "x"}, "DashboardClientId needs JwtIssuer"},
		{"token origin without issuer", map[string]string{"TokenOrigin": issuer}, "TokenOrigin needs JwtIssuer"},
		{"scope without issuer", map[string]string{"JwtScope": "x"}, "JwtScope and DashboardScope need JwtIssuer"},
		{"the dashboard's scope without issuer", map[string]string{"DashboardScope": "x"}, "JwtScope and DashboardScope need JwtIssuer"},
		{"address of the dashboard with issuer", map[string]string{"JwtIssuer": issuer, "JwtAudience": "x", "DashboardUrl": issuer}, "DashboardUrl is only for"},
		{"issuer without TLS", map[string]string{"JwtIssuer": "http://issuer.example", "JwtAudience": "x"}, "JwtIssuer"},
		{"host that looks like the loopback address", map[string]string{"JwtIssuer": "http://127.0.0.1:1.issuer.example", "JwtAudience": "x"}, "JwtIssuer"},
		{"address of metadata as issuer", map[string]string{"JwtIssuer": issuer + "?x", "JwtAudience": "x"}, "JwtIssuer"},
		{"no scope", map[string]string{"JwtIssuer": issuer, "JwtAudience": "x", "JwtScope": ""}, "JwtScope"},
		{"two scopes", map[string]string{"JwtIssuer": issuer, "JwtAudience": "x", "JwtScope": "a b"}, "JwtScope"},
		{"address of a page as the dashboard's", map[string]string{"DashboardUrl": issuer + "/signed-in"}, "DashboardUrl"},
		{"address with a slash as the dashboard's", map[string]string{"DashboardUrl": issuer + "/"}, "DashboardUrl"},
		{"token origin that adds to the policy", map[string]string{"JwtIssuer": issuer, "JwtAudience": "x", "TokenOrigin": issuer + ";*"}, "TokenOrigin"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := template.Load("../../template.yaml", test.parameters)
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error is %v, want one with %q", err, test.want)
			}
		})
	}
}
