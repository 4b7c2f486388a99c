// Package docstest reads README.md and the pages of docs, for the tests that hold what these say against the code.
package docstest

import (
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Root is the folder of the module, in which README.md lies.
func Root(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "README.md")); err == nil {
			return folder
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			t.Fatal("no folder above this one has a README.md")
		}
		folder = parent
	}
}

// Pages are all documents, each by its path from the root: README.md, and what lies in docs.
func Pages(t testing.TB) []string {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join(Root(t), "docs", "*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("docs has no pages: %v", err)
	}
	for i := range pages {
		pages[i] = "docs/" + filepath.Base(pages[i])
	}
	return append([]string{"README.md"}, pages...)
}

// Read is the text of a file, by its path from the root.
func Read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(Root(t), filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Section is the text below a heading, such as "## Limits", up to the next heading of its level or above.
func Section(t testing.TB, page, heading string) string {
	t.Helper()
	_, text, found := strings.Cut("\n"+Read(t, page), "\n"+heading+"\n")
	if !found {
		t.Fatalf("%s has no heading %q", page, heading)
	}
	level := len(heading) - len(strings.TrimLeft(heading, "#"))
	var section strings.Builder
	for line, sample := range lines(text) {
		if marks := headingMarks.FindString(line); !sample && marks != "" && len(marks) <= level+1 {
			break
		}
		section.WriteString(line)
	}
	return section.String()
}

var headingMarks = regexp.MustCompile(`^#{1,6} `)

// lines goes through the lines of a page, and says of each whether it belongs to a code sample, its fences included.
func lines(text string) iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		inside := false
		for line := range strings.Lines(text) {
			fence := strings.HasPrefix(line, "```")
			inside = inside != fence
			if !yield(line, inside || fence) {
				return
			}
		}
	}
}

// Rows are the rows of the tables in a text, each as its cells. Headers are left out.
func Rows(text string) [][]string {
	var rows [][]string
	for line := range strings.Lines(text) {
		cells := cellsOf(line)
		switch {
		case cells == nil:
		case separator.MatchString(cells[0]):
			rows = rows[:len(rows)-1] // the header
		default:
			rows = append(rows, cells)
		}
	}
	return rows
}

var (
	separator  = regexp.MustCompile(`^:?-+:?$`)
	escapedBar = regexp.MustCompile(`\\\|`)
)

// cellsOf splits a row of a table; nil of what is not a row.
func cellsOf(line string) []string {
	line = strings.TrimSpace(line)
	if !strings.HasPrefix(line, "|") || !strings.HasSuffix(line, "|") {
		return nil
	}
	const bar = "\x00"
	cells := strings.Split(escapedBar.ReplaceAllString(line, bar), "|")
	cells = cells[1 : len(cells)-1]
	for i := range cells {
		cells[i] = strings.ReplaceAll(strings.TrimSpace(cells[i]), bar, "|")
	}
	return cells
}

// Code are the texts in backquotes.
func Code(text string) []string {
	var all []string
	for _, found := range inBackquotes.FindAllStringSubmatch(text, -1) {
		all = append(all, found[1])
	}
	return all
}

var inBackquotes = regexp.MustCompile("`([^`\n]+)`")

// Refusals are the stable codes that a text names, such as `ON_HOLD`.
func Refusals(text string) []string {
	return slices.DeleteFunc(Code(text), func(code string) bool { return !refusal.MatchString(code) })
}

var refusal = regexp.MustCompile(`^[A-Z][A-Z_]+$`)

// Sample is what stands within a fence.
type Sample struct {
	Language string // sh: commands; console: commands, each after "$ ", and what they print
	Text     string
	Line     int // of its first line in the page
}

// Samples are the code samples of a page, in their order.
func Samples(t testing.TB, page string) []Sample {
	t.Helper()
	var samples []Sample
	inside, number := false, 0
	for line := range strings.Lines(Read(t, page)) {
		number++
		language, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && !inside:
			samples = append(samples, Sample{Language: strings.TrimSpace(language), Line: number + 1})
		case !fence && inside:
			samples[len(samples)-1].Text += line
		}
		inside = inside != fence
	}
	if inside {
		t.Fatalf("%s: a fence is not closed", page)
	}
	return samples
}
