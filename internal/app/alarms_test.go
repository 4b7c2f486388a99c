package app

import (
	"path"
	"regexp"
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
		if got := matches(t, errors.FilterPattern, status); got != counted {
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

var term = regexp.MustCompile(`\(\$\.status (=|!=) "([0-9*]+)"\)`)

// matches reports whether a status matches all terms of a filter pattern.
func matches(t *testing.T, pattern, status string) bool {
	t.Helper()
	terms := term.FindAllStringSubmatch(pattern, -1)
	if rest := strings.Trim(term.ReplaceAllString(pattern, ""), "{ }"); len(terms) == 0 || strings.Trim(rest, "& ") != "" {
		t.Fatalf("the test can't read %s", pattern)
	}
	for _, is := range terms {
		equal, err := path.Match(is[2], status)
		if err != nil {
			t.Fatal(err)
		}
		if equal != (is[1] == "=") {
			return false
		}
	}
	return true
}
