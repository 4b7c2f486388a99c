package web

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// itemCodes are all codes of items.
func itemCodes() []string {
	var codes []string
	for _, c := range slices.Concat(skippedCodes, failedCodes, leftCodes) {
		codes = append(codes, c.code)
	}
	return codes
}

// TestTheReadmeListsEveryItemCode compares the README's list of the codes of those who are skipped or failed with those that there are.
func TestTheReadmeListsEveryItemCode(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, paragraph, _ := strings.Cut(string(text), "Who is skipped has a code")
	paragraph, _, _ = strings.Cut(paragraph, "\n\n")
	var told []string
	for _, code := range regexp.MustCompile("`([A-Z_]+)`").FindAllStringSubmatch(paragraph, -1) {
		told = append(told, code[1])
	}
	slices.Sort(told)
	if want := slices.Sorted(slices.Values(itemCodes())); !slices.Equal(slices.Compact(told), want) {
		t.Errorf("the README lists %q\nwant %q", told, want)
	}
}

func TestTheDocumentListsEveryItemCode(t *testing.T) {
	description := newAPI(t).huma.OpenAPI().Components.Schemas.Map()["Item"].Properties["code"].Description
	for _, code := range itemCodes() {
		if !strings.Contains(description, code) {
			t.Errorf("%s is not in %q", code, description)
		}
	}
}
