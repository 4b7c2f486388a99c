package docstest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sourceFile is a file name in code marks: with folders, such as internal/web/flags.go, or alone, such as keys.go.
var sourceFile = regexp.MustCompile("`([\\w./-]+\\.(?:go|ts|tsx|mjs|md|yaml|toml))`")

// TestFilesThatPagesNameAreThere looks for each file that the text of a page names in code marks. A name with folders is
// a path from the root of the repository; a name without folders can be in any.
func TestFilesThatPagesNameAreThere(t *testing.T) {
	files := sourceFiles(t)
	found := 0
	for _, page := range Pages(t) {
		for line, sample := range lines(Read(t, page)) {
			if sample {
				continue
			}
			for _, name := range sourceFile.FindAllStringSubmatch(line, -1) {
				found++
				if !slices.ContainsFunc(files, func(file string) bool { return isCalled(file, name[1]) }) {
					t.Errorf("%s names the file %s: no file has this path or name", page, name[1])
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d file names are found", found)
	}
}

// isCalled reports whether a page may call the file so: by its whole path, or without folders by its name alone.
func isCalled(file, name string) bool {
	return file == name || !strings.Contains(name, "/") && strings.HasSuffix(file, "/"+name)
}

func TestIsCalled(t *testing.T) {
	for _, tt := range []struct {
		name string
		want bool
	}{
		{"internal/web/flags.go", true}, {"flags.go", true},
		{"web/flags.go", false}, {"internal/flags.go", false}, {"lags.go", false}, {"flag.go", false},
	} {
		if got := isCalled("internal/web/flags.go", tt.name); got != tt.want {
			t.Errorf("%s: %t", tt.name, got)
		}
	}
}

// sourceFiles are the paths of all files from the root, without hidden folders and installed packages.
func sourceFiles(t *testing.T) (files []string) {
	t.Helper()
	root := Root(t)
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules"):
			return filepath.SkipDir
		case entry.IsDir():
			return nil
		}
		relative, err := filepath.Rel(root, path)
		files = append(files, filepath.ToSlash(relative))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
