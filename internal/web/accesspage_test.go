package web

import (
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"lethe/internal/admin"
	"lethe/internal/docstest"
)

const accessPage = "docs/access.md"

// TestThePageSaysWhatEachPermissionIsFor compares the first table of docs/access.md with the table of permissions.
func TestThePageSaysWhatEachPermissionIsFor(t *testing.T) {
	routes := map[string][]string{"none": {}}
	for _, p := range admin.Permissions {
		routes[string(p)] = []string{}
	}
	newAPI(t).each(func(method, path string, op *huma.Operation) {
		for _, name := range namesOf(needs[op.OperationID]) {
			routes[name] = append(routes[name], method+" "+path)
		}
	})
	told := map[string]bool{}
	for _, row := range docstest.Rows(docstest.Section(t, accessPage, "## Permissions")) {
		if len(row) != 3 {
			continue // the table of actions
		}
		name := strings.Trim(row[0], "`")
		got, want := docstest.Code(row[2]), routes[name]
		slices.Sort(got)
		slices.Sort(want)
		if told[name] = true; !slices.Equal(got, want) || row[1] == "" {
			t.Errorf("%s: the page lists %q\nwant %q", name, got, want)
		}
	}
	for name := range routes {
		if !told[name] {
			t.Errorf("the page does not list %s", name)
		}
	}
}

// namesOf are the permissions of which one is enough, "none" if none is needed.
func namesOf(n need) []string {
	if len(n.anyOf) == 0 {
		return []string{"none"}
	}
	names := make([]string, len(n.anyOf))
	for i, p := range n.anyOf {
		names[i] = string(p)
	}
	return names
}

func TestThePageSaysWhatEachActionNeeds(t *testing.T) {
	told := 0
	for _, row := range docstest.Rows(docstest.Section(t, accessPage, "## Permissions")) {
		if len(row) != 2 {
			continue
		}
		for _, action := range docstest.Code(row[0]) {
			told++
			if want := string(actionNeeds[action]); strings.Trim(row[1], "`") != want {
				t.Errorf("%s needs %s on the page, want %s", action, row[1], want)
			}
		}
	}
	if told != len(actionNeeds) {
		t.Errorf("the page has %d actions, of %d", told, len(actionNeeds))
	}
}

func TestThePageSaysWhatNeedsAFreshSignIn(t *testing.T) {
	want := map[string]string{}
	newAPI(t).each(func(method, path string, op *huma.Operation) {
		switch n := needs[op.OperationID]; n.fresh {
		case always:
			want[method+" "+path] = "always"
		case sometimes:
			want[method+" "+path] = n.when
		case never:
		}
	})
	for _, row := range docstest.Rows(docstest.Section(t, accessPage, "## Fresh sign-in")) {
		route := strings.Trim(row[0], "`")
		if row[1] != want[route] {
			t.Errorf("%s: the page says %q, want %q", route, row[1], want[route])
		}
		delete(want, route)
	}
	for route := range want {
		t.Errorf("the page does not list %s", route)
	}
}
