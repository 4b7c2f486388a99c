package app

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

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
