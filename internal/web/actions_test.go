package web

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestActionsAreNamedOnce compares the places that repeat the names of audit actions with the constants: an
// example, and the dashboard's texts for them.
func TestActionsAreNamedOnce(t *testing.T) {
	actions := constantsOf(t, "../customer/customer.go", "Action")
	if len(actions) < 15 {
		t.Fatalf("only %d actions were found", len(actions))
	}
	field, _ := reflect.TypeFor[Entry]().FieldByName("Action")
	if example := field.Tag.Get("example"); !slices.Contains(actions, example) {
		t.Errorf("the example %q is no action", example)
	}
	text, err := os.ReadFile("dashboard/src/words.ts")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "const actions: Record<string, string> = {")
	table, _, _ = strings.Cut(table, "};")
	var worded []string
	for _, row := range regexp.MustCompile(`"([a-z.]+)":`).FindAllStringSubmatch(table, -1) {
		worded = append(worded, row[1])
	}
	slices.Sort(worded)
	slices.Sort(actions)
	if !slices.Equal(worded, actions) {
		t.Errorf("the dashboard has words for %q\nactions are %q", worded, actions)
	}
}
