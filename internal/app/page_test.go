package app

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"lethe/internal/docstest"
)

const deploying = "docs/deploying.md"

// TestThePageListsEveryVariable compares the page's table with the fields of Config, by name and default.
func TestThePageListsEveryVariable(t *testing.T) {
	var want []string
	for field := range reflect.TypeFor[Config]().Fields() {
		name, rules, _ := strings.Cut(field.Tag.Get("env"), ",")
		otherwise := field.Tag.Get("envDefault")
		if otherwise != "" {
			otherwise = "`" + otherwise + "`"
		}
		if strings.Contains(rules, "required") {
			otherwise = "required"
		}
		want = append(want, fmt.Sprintf("`%s` %s", name, otherwise))
	}
	compareTable(t, "## Environment of the functions", want)
}

// TestThePageListsEveryParameter compares the page's table with the template, by name and default.
func TestThePageListsEveryParameter(t *testing.T) {
	var template struct {
		Parameters map[string]struct {
			Default string `yaml:"Default"`
		} `yaml:"Parameters"`
	}
	readTemplate(t, &template)
	var want []string
	for name, parameter := range template.Parameters {
		otherwise := parameter.Default
		if otherwise != "" {
			otherwise = "`" + otherwise + "`"
		}
		want = append(want, fmt.Sprintf("`%s` %s", name, otherwise))
	}
	compareTable(t, "## Parameters", want)
}

// TestThePageListsEveryAlarm compares the page's table with the template.
func TestThePageListsEveryAlarm(t *testing.T) {
	var want []string
	for name, resource := range readDeclared(t).Resources {
		if resource.Type == "AWS::CloudWatch::Alarm" {
			want = append(want, "`"+name+"`")
		}
	}
	var listed []string
	for _, row := range docstest.Rows(docstest.Section(t, deploying, "## Alarms")) {
		listed = append(listed, row[0])
	}
	same(t, listed, want)
}

// compareTable compares the first two cells of each row of a section.
func compareTable(t *testing.T, heading string, want []string) {
	t.Helper()
	var listed []string
	for _, row := range docstest.Rows(docstest.Section(t, deploying, heading)) {
		listed = append(listed, row[0]+" "+row[1])
	}
	same(t, listed, want)
}

func same(t *testing.T, listed, want []string) {
	t.Helper()
	slices.Sort(listed)
	slices.Sort(want)
	if !slices.Equal(listed, want) {
		t.Errorf("%s lists\n%s\nwant\n%s", deploying, strings.Join(listed, "\n"), strings.Join(want, "\n"))
	}
}
