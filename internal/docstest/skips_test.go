package docstest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const testingPage = "docs/testing.md"

// TestWhatShortCutsRunsInFull holds that each package whose tests ask for testing.Short is listed, and that `make check` runs
// these packages without -short and without a choice of tests.
func TestWhatShortCutsRunsInFull(t *testing.T) {
	var cut []string
	for _, file := range testFiles(t) {
		if folder := path.Dir(file.path); file.asksForShort() && !slices.Contains(cut, folder) {
			cut = append(cut, folder)
		}
	}
	wantListed(t, "## What runs where", cut)
	for _, half := range []string{".ci/full simulation", ".ci/full rest"} {
		if !strings.Contains(Read(t, ".ci/check"), half+"\n") {
			t.Errorf(".ci/check does not run %s", half)
		}
	}
	if choice := regexp.MustCompile(`(?m)^go test .*-(?:short|run|skip)\b`).FindString(Read(t, ".ci/full")); choice != "" {
		t.Errorf(".ci/full leaves tests out: %s", choice)
	}
}

// TestWhatSkipsItselfIsListed holds that each test which skips itself for another reason than -short is listed with that reason,
// and with the place where it runs.
func TestWhatSkipsItselfIsListed(t *testing.T) {
	var skip []string
	for _, file := range testFiles(t) {
		skip = append(skip, file.skipping()...)
	}
	wantListed(t, "## Tests that skip themselves", skip)
}

// wantListed compares the first column of a table of the page with what there is.
func wantListed(t *testing.T, heading string, want []string) {
	t.Helper()
	var told []string
	for _, row := range Rows(Section(t, testingPage, heading)) {
		told = append(told, Code(row[0])...)
	}
	slices.Sort(told)
	slices.Sort(want)
	if !slices.Equal(told, want) {
		t.Errorf("%s, %s, lists %q\nwant %q", testingPage, heading, told, want)
	}
}

// testFile is a parsed file of tests, with its path from the root.
type testFile struct {
	path string
	*ast.File
}

func testFiles(t *testing.T) (files []testFile) {
	t.Helper()
	for _, folder := range []string{"cmd", "functions", "internal"} {
		err := filepath.WalkDir(filepath.Join(Root(t), folder), func(file string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && entry.Name() == "node_modules":
				return filepath.SkipDir
			case !strings.HasSuffix(file, "_test.go"):
				return nil
			}
			from, err := filepath.Rel(Root(t), file)
			if err != nil {
				return err
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			files = append(files, testFile{filepath.ToSlash(from), parsed})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func (f testFile) asksForShort() (asks bool) {
	ast.Inspect(f.File, func(n ast.Node) bool {
		asks = asks || isShort(n)
		return !asks
	})
	return asks
}

// skipping returns the functions that skip a test, except those that do it only under -short.
func (f testFile) skipping() (names []string) {
	for _, decl := range f.Decls {
		function, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		ast.Inspect(function, func(n ast.Node) bool {
			if branch, ok := n.(*ast.IfStmt); ok && isShort(branch.Cond) {
				return false
			}
			if isSkip(n) && !slices.Contains(names, function.Name.Name) {
				names = append(names, function.Name.Name)
			}
			return true
		})
	}
	return names
}

func isShort(n ast.Node) bool { return calls(n, "testing", "Short") }

func isSkip(n ast.Node) bool {
	return calls(n, "t", "Skip", "Skipf", "SkipNow")
}

// calls reports whether a node calls one of some functions or methods of what has a name.
func calls(n ast.Node, of string, names ...string) bool {
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return false
	}
	function, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	owner, ok := function.X.(*ast.Ident)
	return ok && owner.Name == of && slices.Contains(names, function.Sel.Name)
}
