package operations

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// TestTheReadmeListsEveryCode compares the README's list of the codes of those who are skipped or failed with those that there are.
func TestTheReadmeListsEveryCode(t *testing.T) {
	want := map[string]bool{bulk.GaveUp: true, bulk.Interrupted: true}
	for _, err := range []error{&customer.DependentsError{}, &customer.HoldError{}, &customer.PurgedError{}} {
		want[code(err)] = true
	}
	for _, known := range codes {
		want[known.code] = true
	}
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, paragraph, _ := strings.Cut(string(text), "Who is skipped has a code")
	paragraph, _, _ = strings.Cut(paragraph, "\n\n")
	told := map[string]bool{}
	for _, code := range regexp.MustCompile("`([A-Z_]+)`").FindAllStringSubmatch(paragraph, -1) {
		told[code[1]] = true
	}
	if !maps.Equal(told, want) {
		t.Errorf("the README lists %q\nwant %q", slices.Sorted(maps.Keys(told)), slices.Sorted(maps.Keys(want)))
	}
}
