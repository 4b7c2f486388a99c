package operations

import (
	"maps"
	"slices"
	"testing"

	"lethe/internal/customer"
	"lethe/internal/docstest"
)

// TestThePageListsEveryAction compares the page's table with the actions of the engine.
func TestThePageListsEveryAction(t *testing.T) {
	engine := Engine(&customer.Service{}, nil, nil, FsckOf(Tables{}))
	var listed []string
	for _, row := range docstest.Rows(docstest.Section(t, "docs/operations.md", "## Actions and selections")) {
		for _, action := range docstest.Code(row[0]) {
			if action[0] != '{' {
				listed = append(listed, action)
			}
		}
	}
	slices.Sort(listed)
	if want := slices.Sorted(maps.Keys(engine.Actions)); !slices.Equal(listed, want) {
		t.Errorf("the page lists %q\nwant %q", listed, want)
	}
}
