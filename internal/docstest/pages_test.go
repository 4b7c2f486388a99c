package docstest

import (
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// TestEveryLinkLeadsSomewhere follows each relative link: the file is there, and so is the heading that it names.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	for _, page := range Pages(t) {
		for _, target := range linksOf(t, page) {
			if err := resolves(t, target); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// linksOf are the relative links of a page, as paths from the root.
func linksOf(t *testing.T, page string) (targets []string) {
	t.Helper()
	for line, sample := range lines(Read(t, page)) {
		if sample {
			continue
		}
		for _, found := range link.FindAllStringSubmatch(line, -1) {
			target, err := url.Parse(found[1])
			switch {
			case err != nil:
				t.Errorf("%s: %q is not a link: %v", page, found[1], err)
			case target.IsAbs():
			case target.Path == "":
				targets = append(targets, page+"#"+target.Fragment)
			case target.Fragment == "":
				targets = append(targets, path.Join(path.Dir(page), target.Path))
			default:
				targets = append(targets, path.Join(path.Dir(page), target.Path)+"#"+target.Fragment)
			}
		}
	}
	return targets
}

func resolves(t *testing.T, target string) error {
	t.Helper()
	file, anchor, named := strings.Cut(target, "#")
	if _, err := os.Stat(filepath.Join(Root(t), filepath.FromSlash(file))); err != nil {
		return fmt.Errorf("a link to %s leads nowhere", file)
	}
	if named && !slices.Contains(anchorsOf(t, file), anchor) {
		return fmt.Errorf("a link to %s: the page has no such heading; it has %v", target, anchorsOf(t, file))
	}
	return nil
}

// anchorsOf are the anchors that GitHub gives the headings of a page.
func anchorsOf(t *testing.T, page string) (anchors []string) {
	t.Helper()
	for line, sample := range lines(Read(t, page)) {
		if marks := headingMarks.FindString(line); !sample && marks != "" {
			anchors = append(anchors, anchorOf(strings.TrimSpace(line[len(marks):])))
		}
	}
	return anchors
}

func anchorOf(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}

// TestEveryPageCanBeReached starts at the README.
func TestEveryPageCanBeReached(t *testing.T) {
	reached := map[string]bool{}
	for left := []string{"README.md"}; len(left) > 0; left = left[1:] {
		page := left[0]
		if reached[page] || !slices.Contains(Pages(t), page) {
			continue
		}
		reached[page] = true
		for _, target := range linksOf(t, page) {
			file, _, _ := strings.Cut(target, "#")
			left = append(left, file)
		}
	}
	for _, page := range Pages(t) {
		if !reached[page] {
			t.Errorf("no link leads from the README to %s", page)
		}
	}
}

// TestTheReadmeIsAFrontDoor keeps it short: what has a page of its own moves there.
func TestTheReadmeIsAFrontDoor(t *testing.T) {
	const most = 140
	if lines := strings.Count(Read(t, "README.md"), "\n"); lines > most {
		t.Errorf("it has %d lines, of at most %d", lines, most)
	}
}

// dialect are words that a reader stumbles over whose first language is another.
var dialect = regexp.MustCompile(`(?i)\b(whom|whoever|whose|anew|lest|as far as|at it|meanwhile|by now|so already|what became of|has come|is none|are none|that of)\b`)

func TestPlainWords(t *testing.T) {
	for _, page := range Pages(t) {
		number := 0
		for line := range strings.Lines(Read(t, page)) {
			number++
			if word := dialect.FindString(line); word != "" {
				t.Errorf("%s:%d: %q: write it in plain words", page, number, word)
			}
		}
	}
}
