package web

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTheReadmeListsEveryProblem compares the README's table of refusals with the types of problems, by status and code.
func TestTheReadmeListsEveryProblem(t *testing.T) {
	var want []string
	for _, p := range problemTypes {
		want = append(want, fmt.Sprintf("%d %s", p.status, p.code))
	}
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "### What a refusal looks like\n")
	section, _, _ = strings.Cut(section, "\n#")
	var told []string
	for row := range strings.Lines(section) {
		if cells := strings.Split(row, "|"); len(cells) == 5 {
			told = append(told, problemsIn(cells[1], cells[2], want)...)
		}
	}
	for _, problem := range want {
		if !slices.Contains(told, problem) {
			t.Errorf("the README does not list %s", problem)
		}
	}
	for _, problem := range told {
		if !slices.Contains(want, problem) {
			t.Errorf("the README lists %s, which the API never answers", problem)
		}
	}
}

var (
	statusInRow = regexp.MustCompile(`\d{3}`)
	codeInRow   = regexp.MustCompile("`([A-Z_]+)`")
)

// problemsIn are the problems of a row of the table. Each of its codes comes with one of its statuses, or with several.
func problemsIn(statuses, codes string, known []string) (problems []string) {
	for _, code := range codeInRow.FindAllStringSubmatch(codes, -1) {
		before := len(problems)
		for _, status := range statusInRow.FindAllString(statuses, -1) {
			if problem := status + " " + code[1]; slices.Contains(known, problem) {
				problems = append(problems, problem)
			}
		}
		if len(problems) == before {
			problems = append(problems, strings.TrimSpace(statuses)+" "+code[1])
		}
	}
	return problems
}
