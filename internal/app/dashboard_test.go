package app

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"go.yaml.in/yaml/v3"

	"lethe/internal/apigateway"
	"lethe/internal/web/dashboard"
)

// TestDashboardNeedsNoToken requests a page without a token. It must have the security policy, even if the
// dashboard is not built.
func TestDashboardNeedsNoToken(t *testing.T) {
	out, err := apigateway.Public(dashboard.Handler(dashboard.Config{}))(t.Context(), request(func(e *events.APIGatewayV2HTTPRequest) {
		e.RequestContext.HTTP.Method, e.RawPath, e.Body = "GET", "/customers", ""
	}))
	if err != nil || out.StatusCode != 200 && out.StatusCode != 503 {
		t.Fatalf("%d %v", out.StatusCode, err)
	}
	if policy := out.Headers["Content-Security-Policy"]; !strings.HasPrefix(policy, "default-src 'none'; script-src 'self'") {
		t.Errorf("policy %q", policy)
	}
}

// TestDashboardIsToldWhatItReads compares the variables that the function reads with those that the template gives it alone.
func TestDashboardIsToldWhatItReads(t *testing.T) {
	var declared struct {
		Resources struct {
			DashboardFunction struct {
				Properties struct {
					Environment struct {
						Variables map[string]yaml.Node `yaml:"Variables"`
					} `yaml:"Environment"`
				} `yaml:"Properties"`
			} `yaml:"DashboardFunction"`
		} `yaml:"Resources"`
	}
	readTemplate(t, &declared)
	var read []string
	dashboard.FromEnvironment(func(name string) string { read = append(read, name); return "" })
	slices.Sort(read)
	if told := slices.Sorted(maps.Keys(declared.Resources.DashboardFunction.Properties.Environment.Variables)); !slices.Equal(read, told) {
		t.Errorf("it reads %q, the template tells it %q", read, told)
	}
}

// TestDashboardMayOnlyLog checks that the dashboard's role has no other permissions.
func TestDashboardMayOnlyLog(t *testing.T) {
	want := []string{"logs:CreateLogStream DashboardLog", "logs:PutLogEvents DashboardLog", "xray:PutTelemetryRecords *", "xray:PutTraceSegments *"}
	var got []string
	for _, s := range readPolicies(t).Roles["DashboardRole"] {
		for _, action := range s.Actions {
			got = append(got, action+" "+strings.Join(s.Resources, " "))
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("it may %q, want %q", got, want)
	}
}
