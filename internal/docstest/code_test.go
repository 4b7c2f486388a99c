package docstest

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const architecture = "docs/architecture.md"

// TestThePackageMapIsComplete compares the map with the folders that there are.
func TestThePackageMapIsComplete(t *testing.T) {
	var told []string
	for _, row := range Rows(Section(t, architecture, "## Packages")) {
		told = append(told, Code(row[0])...)
	}
	want := []string{"cmd/lethe", "functions"}
	folders, err := os.ReadDir(filepath.Join(Root(t), "internal"))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if folder.IsDir() {
			want = append(want, "internal/"+folder.Name())
		}
	}
	slices.Sort(told)
	slices.Sort(want)
	if !slices.Equal(told, want) {
		t.Errorf("%s lists %q\nwant %q", architecture, told, want)
	}
}

var arrow = regexp.MustCompile(`(?m)^ *(\w+) --> (\w+)$`)

// TestThePictureHasOnlyArrowsThatAreThere holds each arrow of the picture of packages against the imports.
func TestThePictureHasOnlyArrowsThatAreThere(t *testing.T) {
	imports := importsByName(t)
	drawn := 0
	for _, sample := range Samples(t, architecture) {
		for _, ends := range arrow.FindAllStringSubmatch(sample.Text, -1) {
			drawn++
			if !slices.Contains(imports[ends[1]], ends[2]) {
				t.Errorf("%s does not import %s: it imports %q", ends[1], ends[2], imports[ends[1]])
			}
		}
	}
	if drawn < 10 {
		t.Errorf("only %d arrows are drawn", drawn)
	}
}

// importsByName lists what each package imports of Lethe's, by the names that the picture has.
func importsByName(t *testing.T) map[string][]string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...")
	list.Dir = Root(t)
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	imports := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		paths := strings.Fields(line)
		of := nameOf(paths[0])
		for _, path := range paths[1:] {
			if strings.HasPrefix(path, "lethe/") {
				imports[of] = append(imports[of], nameOf(path))
			}
		}
	}
	return imports
}

func nameOf(path string) string {
	if strings.HasPrefix(path, "lethe/functions/") {
		return "functions"
	}
	return path[strings.LastIndexByte(path, '/')+1:]
}

var (
	makeTarget  = regexp.MustCompile(`(?m)^([a-z]+):`)
	makeCommand = regexp.MustCompile(`\bmake ([a-z]+)`)
	goTest      = regexp.MustCompile(`\bgo test (\./\S+)(?: .*?-run '?([\w^(|)$]+)'?)?`)
	samOption   = regexp.MustCompile(`\b([A-Z]\w+)=`)
)

// TestWhatCommandsNameIsThere looks at the commands of samples that no test can run.
func TestWhatCommandsNameIsThere(t *testing.T) {
	targets := map[string]bool{}
	for _, target := range makeTarget.FindAllStringSubmatch(Read(t, "Makefile"), -1) {
		targets[target[1]] = true
	}
	parameters := Read(t, "template.yaml")
	for _, page := range Pages(t) {
		for _, sample := range Samples(t, page) {
			for line := range strings.Lines(sample.Text) {
				if sample.Language != "sh" || !namedOnly.MatchString(line) {
					continue
				}
				for _, found := range makeCommand.FindAllStringSubmatch(strings.Split(line, "#")[0], -1) {
					if !targets[found[1]] {
						t.Errorf("%s: %s: the Makefile has %q", page, strings.TrimSpace(line), slices.Sorted(maps.Keys(targets)))
					}
				}
				for _, found := range goTest.FindAllStringSubmatch(line, -1) {
					wantTests(t, page, found[1], found[2])
				}
				if strings.HasPrefix(line, "sam ") {
					for _, found := range samOption.FindAllStringSubmatch(line, -1) {
						if !strings.Contains(parameters, "\n  "+found[1]+":\n") {
							t.Errorf("%s: the template has no parameter %s", page, found[1])
						}
					}
				}
			}
		}
	}
}

var testName = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

// wantTests fails the test unless the package has tests that the pattern of -run chooses.
func wantTests(t *testing.T, page, folder, pattern string) {
	t.Helper()
	chosen, err := regexp.Compile(pattern)
	if err != nil {
		t.Fatalf("%s: -run %s: %v", page, pattern, err)
	}
	files, err := filepath.Glob(filepath.Join(Root(t), folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range testName.FindAllStringSubmatch(string(text), -1) {
			if chosen.MatchString(name[1]) {
				return
			}
		}
	}
	t.Errorf("%s: %s has no test %s", page, folder, pattern)
}

// TestThePageListsEveryVariable compares the table in docs/testing.md with the variables that tests read.
func TestThePageListsEveryVariable(t *testing.T) {
	var told []string
	for _, row := range Rows(Section(t, "docs/testing.md", "## Variables")) {
		told = append(told, Code(row[0])...)
	}
	read := map[string]bool{}
	err := filepath.WalkDir(filepath.Join(Root(t), "internal"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() && entry.Name() == "node_modules" {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.Contains(path, "docstest") {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, found := range variable.FindAllStringSubmatch(string(text), -1) {
			if !strings.HasPrefix(found[1], "LETHE_TEST_") { // between a test and its child
				read[found[1]] = true
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(told)
	if want := slices.Sorted(maps.Keys(read)); !slices.Equal(told, want) {
		t.Errorf("the page lists %q\nwant %q", told, want)
	}
}

var variable = regexp.MustCompile(`"(LETHE_[A-Z_]+)"`)
