package operations

import (
	"maps"
	"slices"
	"testing"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/docstest"
)

// TestThePageListsEveryCode compares the outcome codes in docs/operations.md with those that the actions give.
func TestThePageListsEveryCode(t *testing.T) {
	want := map[string]bool{bulk.GaveUp: true, bulk.Interrupted: true}
	for _, err := range []error{&customer.DependentsError{}, &customer.HoldError{}, &customer.PurgedError{}} {
		want[code(err)] = true
	}
	for _, known := range codes {
		want[known.code] = true
	}
	told := map[string]bool{}
	for _, code := range docstest.Refusals(docstest.Section(t, "docs/operations.md", "## Outcome codes")) {
		told[code] = true
	}
	if !maps.Equal(told, want) {
		t.Errorf("the page lists %q\nwant %q", slices.Sorted(maps.Keys(told)), slices.Sorted(maps.Keys(want)))
	}
}

// TestThePageListsEveryAction compares its table of actions with those that the engine has.
func TestThePageListsEveryAction(t *testing.T) {
	engine := Engine(&customer.Service{}, nil, nil)
	AddFsck(engine, Tables{})
	var told []string
	for _, row := range docstest.Rows(docstest.Section(t, "docs/operations.md", "## Actions and selections")) {
		for _, action := range docstest.Code(row[0]) {
			if action[0] != '{' {
				told = append(told, action)
			}
		}
	}
	slices.Sort(told)
	if want := slices.Sorted(maps.Keys(engine.Actions)); !slices.Equal(told, want) {
		t.Errorf("the page lists %q\nwant %q", told, want)
	}
}
