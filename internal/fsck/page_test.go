package fsck

import (
	"slices"
	"testing"

	"lethe/internal/docstest"
)

// TestThePageListsEveryRule compares the table in docs/proof.md with the rules.
func TestThePageListsEveryRule(t *testing.T) {
	var listed []Rule
	for _, row := range docstest.Rows(docstest.Section(t, "docs/proof.md", "## Checking the tables")) {
		for _, rule := range docstest.Refusals(row[0]) {
			listed = append(listed, Rule(rule))
		}
	}
	want := slices.Clone(Rules)
	slices.Sort(listed)
	slices.Sort(want)
	if !slices.Equal(listed, want) {
		t.Errorf("the page lists %v\nwant %v", listed, want)
	}
}
