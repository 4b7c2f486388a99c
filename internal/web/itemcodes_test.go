package web

import (
	"slices"
	"strings"
	"testing"

	"lethe/internal/docstest"
)

// itemCodes returns all codes of items.
func itemCodes() []string {
	var codes []string
	for _, c := range slices.Concat(skippedCodes, failedCodes, leftCodes) {
		codes = append(codes, c.code)
	}
	return codes
}

// TestThePageListsEveryItemCode compares the outcome codes in docs/operations.md with those of the engine.
func TestThePageListsEveryItemCode(t *testing.T) {
	told := docstest.Refusals(docstest.Section(t, "docs/operations.md", "## Outcome codes"))
	slices.Sort(told)
	if want := slices.Sorted(slices.Values(itemCodes())); !slices.Equal(slices.Compact(told), want) {
		t.Errorf("the page lists %q\nwant %q", told, want)
	}
}

func TestTheDocumentListsEveryItemCode(t *testing.T) {
	description := newAPI(t).document().Components.Schemas.Map()["Item"].Properties["code"].Description
	for _, code := range itemCodes() {
		if !strings.Contains(description, code) {
			t.Errorf("%s is not in %q", code, description)
		}
	}
}
