package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"lethe/internal/docstest"
	"lethe/internal/engine"
)

// TestTheSamplesOfTheDocuments runs the commands of each page in a shell, on a system of its own, and compares their output
// with the page.
func TestTheSamplesOfTheDocuments(t *testing.T) {
	t.Parallel()
	lethe := buildLethe(t)
	for _, page := range docstest.Pages(t) {
		samples := docstest.Samples(t, page)
		if !slices.ContainsFunc(samples, docstest.Sample.Runs) || testing.Short() && page != "docs/api.md" {
			continue
		}
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			layOut(t, folder)
			r := launch(t, func(o *options) { o.Dir = filepath.Join(folder, ".lethe") })
			r.settle(t, "P30D", kind{"booking", "cascade"}, kind{"invoice", "restrict"}, kind{"line", "cascade"})
			terminal := docstest.NewTerminal(t, folder, lethe, "http://127.0.0.1:8080", r.BaseURL, "http://127.0.0.1:8081", r.issuer.URL)
			for _, sample := range samples {
				terminal.Try(t, page, sample)
			}
		})
	}
}

// TestThePageListsEveryOption compares the table in docs/local.md with the help of the command.
func TestThePageListsEveryOption(t *testing.T) {
	t.Parallel()
	var help bytes.Buffer
	if _, err := parse([]string{"--help"}, &help); err == nil {
		t.Fatal("--help is no error")
	}
	var told, want []string
	for _, row := range docstest.Rows(docstest.Section(t, "docs/local.md", "## Options")) {
		told = append(told, docstest.Code(row[0])...)
	}
	for _, option := range regexp.MustCompile(`(?m)^  -([\w-]+)`).FindAllStringSubmatch(help.String(), -1) {
		want = append(want, "--"+option[1])
	}
	for _, name := range regexp.MustCompile(`(?m)^  (AWS_ENDPOINT_\w+)`).FindAllStringSubmatch(help.String(), -1) {
		want = append(want, name[1])
	}
	slices.Sort(told)
	slices.Sort(want)
	if !slices.Equal(told, want) {
		t.Errorf("the page lists %q\nwant %q", told, want)
	}
}

func buildLethe(t *testing.T) string {
	t.Helper()
	root, err := engine.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "lethe")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", path, "./cmd/lethe")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build lethe: %v\n%s", err, output)
	}
	return path
}

// layOut creates the files that the page on importing names.
func layOut(t *testing.T, folder string) {
	t.Helper()
	root, err := engine.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(folder, os.DirFS(filepath.Join(root, "internal/web/testdata/exports"))); err != nil {
		t.Fatal(err)
	}
	files := makeNorthwind()
	for name, text := range map[string][]byte{
		"customers.csv": files.customers, "orders.csv": files.orders, "order-details.csv": files.lines, "big.csv": files.customers,
	} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
