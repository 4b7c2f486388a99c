package app

import (
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// declared holds the API's log, its metric filter and the alarms of the template.
type declared struct {
	Resources map[string]struct {
		Type       string `yaml:"Type"`
		Properties struct {
			AccessLogSettings struct {
				Format string `yaml:"Format"`
			} `yaml:"AccessLogSettings"`
			FilterPattern         string `yaml:"FilterPattern"`
			Namespace             string `yaml:"Namespace"`
			MetricName            string `yaml:"MetricName"`
			MetricTransformations []struct {
				MetricNamespace string              `yaml:"MetricNamespace"`
				MetricName      string              `yaml:"MetricName"`
				Dimensions      []map[string]string `yaml:"Dimensions"`
			} `yaml:"MetricTransformations"`
		} `yaml:"Properties"`
	} `yaml:"Resources"`
}

func readDeclared(t *testing.T) (d declared) {
	t.Helper()
	readTemplate(t, &d)
	return d
}

// TestNoAlarmRingsForEach503 checks which statuses the alarm of the API's errors counts.
func TestNoAlarmRingsForEach503(t *testing.T) {
	d := readDeclared(t)
	errors, alarm, format := d.Resources["ApiErrors"].Properties, d.Resources["ApiErrorsAlarm"].Properties, d.Resources["Api"].Properties.AccessLogSettings.Format
	for status, counted := range map[string]bool{"200": false, "404": false, "429": false, "500": true, "502": true, "503": false, "504": true, "507": true} {
		if got := matches(t, errors.FilterPattern, map[string]string{"status": status}); got != counted {
			t.Errorf("is %s counted? %v", status, got)
		}
	}
	to := errors.MetricTransformations[0]
	if to.MetricNamespace != alarm.Namespace || to.MetricName != alarm.MetricName {
		t.Errorf("%s writes the metric %s/%s, the alarm reads %s/%s", errors.FilterPattern, to.MetricNamespace, to.MetricName, alarm.Namespace, alarm.MetricName)
	}
	for _, field := range []string{"$.status", to.Dimensions[0]["Value"]} {
		if !strings.Contains(format, `"`+strings.TrimPrefix(field, "$.")+`":"$context.`) {
			t.Errorf("the access log has no %s", field)
		}
	}
	for id, r := range d.Resources {
		if r.Type == "AWS::CloudWatch::Alarm" && r.Properties.MetricName == "5xx" {
			t.Errorf("%s uses the metric 5xx, which includes 503", id)
		}
	}
}

// TestOnlyTheGatewaysRefusalsCount checks which lines of the access log the alarm of sign-in counts. A function's 401 and 403 say
// what an administrator lacks, and are no sign of a broken sign-in.
func TestOnlyTheGatewaysRefusalsCount(t *testing.T) {
	d := readDeclared(t)
	refusals, alarm := d.Resources["ApiRefusals"].Properties, d.Resources["SignInAlarm"].Properties
	for _, tt := range []struct {
		status, functionStatus string
		counted                bool
	}{
		{"401", "-", true}, {"403", "-", true}, {"401", "401", false}, {"403", "403", false}, {"401", "200", false},
		{"429", "-", false}, {"404", "-", false}, {"500", "-", false}, {"200", "200", false},
	} {
		if got := matches(t, refusals.FilterPattern, map[string]string{"status": tt.status, "functionStatus": tt.functionStatus}); got != tt.counted {
			t.Errorf("is %+v counted? %v", tt, got)
		}
	}
	if to := refusals.MetricTransformations[0]; to.MetricNamespace != alarm.Namespace || to.MetricName != alarm.MetricName {
		t.Errorf("the filter writes %s/%s, the alarm reads %s/%s", to.MetricNamespace, to.MetricName, alarm.Namespace, alarm.MetricName)
	}
}

// inLog are the variables of the access log. A new one must hold no personal data: no path, query, address, claim or token.
var inLog = []string{
	"requestTimeEpoch", "apiId", "requestId", "httpMethod", "status", "responseLength", "responseLatency", "integration.latency",
	"integration.integrationStatus", "integration.requestId", "authorizer.error",
}

// TestTheAccessLogHoldsNoPersonalData reads which variables of API Gateway the access log has.
func TestTheAccessLogHoldsNoPersonalData(t *testing.T) {
	format := readDeclared(t).Resources["Api"].Properties.AccessLogSettings.Format
	var got []string
	for _, found := range regexp.MustCompile(`\$context\.([\w.]+)`).FindAllStringSubmatch(format, -1) {
		got = append(got, found[1])
	}
	if !slices.Equal(got, inLog) || strings.Count(format, "$") != len(inLog) {
		t.Errorf("the access log has %q, want %q", got, inLog)
	}
}

var term = regexp.MustCompile(`\(\$\.(\w+) (=|!=) "([0-9*-]+)"\)`)

// matches reports whether a line of the access log matches a filter pattern of comparisons, && and ||.
func matches(t *testing.T, pattern string, line map[string]string) bool {
	t.Helper()
	formula := term.ReplaceAllStringFunc(strings.Trim(pattern, "{ }"), func(comparison string) string {
		is := term.FindStringSubmatch(comparison)
		equal, err := path.Match(is[3], line[is[1]])
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(equal == (is[2] == "="))
	})
	result, err := types.Eval(token.NewFileSet(), nil, token.NoPos, formula)
	if err != nil {
		t.Fatalf("the test can't read %s: %v", pattern, err)
	}
	return constant.BoolVal(result.Value)
}
