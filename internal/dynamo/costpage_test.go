package dynamo_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lethe/internal/docstest"
	"lethe/internal/dynamo"
	"lethe/internal/engine"
	"lethe/internal/engine/enginetest"
)

// onPage compares a row of the table in docs/costs.md with the cost on the default engine. DynamoDB Local reports less than
// DynamoDB for some requests.
func onPage(t testing.TB, action string, got dynamo.Cost) {
	t.Helper()
	if enginetest.Kind() == engine.DynamoDBLocal {
		return
	}
	rows := docstest.Rows(docstest.Section(t, "docs/costs.md", "## What each action costs"))
	at := slices.IndexFunc(rows, func(row []string) bool { return row[0] == action })
	if at < 0 {
		t.Errorf("docs/costs.md has no row %q", action)
		return
	}
	write, read, requests := rows[at][1], rows[at][2], rows[at][3]
	if want := grouped(got.Total()); requests != want {
		t.Errorf("docs/costs.md: %s takes %s requests, not %s", action, want, requests)
	}
	if want := grouped(int(got.Write)); write != want {
		t.Errorf("docs/costs.md: %s takes %s write units, not %s", action, want, write)
	}
	if want := fmt.Sprint(got.Read); read != "" && read != want {
		t.Errorf("docs/costs.md: %s takes %s read units, not %s", action, want, read)
	}
}

// grouped writes a number as people do: 10,019.
func grouped(n int) string {
	text := fmt.Sprint(n)
	if len(text) > 3 {
		text = strings.Join([]string{text[:len(text)-3], text[len(text)-3:]}, ",")
	}
	return text
}
