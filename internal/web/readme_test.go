package web

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	"lethe/internal/docstest"
)

// TestThePageListsEveryProblem compares the table of refusals in docs/api.md with the types of problems, by status and code.
func TestThePageListsEveryProblem(t *testing.T) {
	var want []string
	for _, p := range problemTypes {
		want = append(want, fmt.Sprintf("%d %s", p.status, p.code))
	}
	var told []string
	for _, row := range docstest.Rows(docstest.Section(t, "docs/api.md", "## What a refusal looks like")) {
		told = append(told, problemsIn(row[0], row[1], want)...)
	}
	for _, problem := range want {
		if !slices.Contains(told, problem) {
			t.Errorf("the page does not list %s", problem)
		}
	}
	for _, problem := range told {
		if !slices.Contains(want, problem) {
			t.Errorf("the page lists %s, which the API never answers", problem)
		}
	}
}

var statusInRow = regexp.MustCompile(`\d{3}`)

// problemsIn returns the problems of a row of the table. Each of its codes has one or more of its statuses.
func problemsIn(statuses, codes string, known []string) (problems []string) {
	for _, code := range docstest.Refusals(codes) {
		before := len(problems)
		for _, status := range statusInRow.FindAllString(statuses, -1) {
			if problem := status + " " + code; slices.Contains(known, problem) {
				problems = append(problems, problem)
			}
		}
		if len(problems) == before {
			problems = append(problems, statuses+" "+code)
		}
	}
	return problems
}
