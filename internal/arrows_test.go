// Package internal holds no code of its own: its test asserts the architecture.
package internal

import (
	"bufio"
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// arrows names, of each package, the packages of Lethe that it may import, and whether
// it may import modules of others. docs/architecture.md draws those that matter.
var arrows = []struct {
	of      string
	may     []string
	modules bool
	why     string
}{
	{"lethe/internal/admin", []string{"audit", "clock", "inforce", "refusal"}, false, "who may do what knows neither AWS nor HTTP"},
	{"lethe/internal/audit", []string{"clock"}, false, "who did what is noted without knowing customers or where it is stored"},
	{"lethe/internal/backoff", []string{"clock"}, false, "a wait knows nothing of what it waits for"},
	{"lethe/internal/clock", nil, false, "the time comes from nowhere else"},
	{"lethe/internal/customer", []string{"audit", "backoff", "clock", "inforce", "ledger", "parallel", "refusal"}, false, "the rules know neither AWS nor HTTP"},
	{"lethe/internal/inforce", []string{"clock"}, false, "a copy knows not what it is of"},
	{"lethe/internal/parallel", nil, false, "a loop knows nothing of what it calls"},
	{"lethe/internal/bulk", []string{"backoff", "clock", "refusal"}, false, "operations know no customers"},
	{"lethe/internal/operations", []string{"admin", "bulk", "customer", "refusal"}, false, "actions know the rules, not the storage"},
	{"lethe/internal/refusal", nil, false, "every rule may refuse"},
	{"lethe/internal/imports", []string{"customer", "parallel", "refusal"}, false, "what is made of a line is up to the rules, and neither to a file format nor to the storage"},
	{"lethe/internal/ledger", nil, false, "whoever verifies needs nothing else"},
	{"lethe/internal/tabular", nil, true, "a file format knows no customers"},
	{"lethe/internal/dynamo", []string{"admin", "audit", "backoff", "bulk", "busy", "clock", "customer", "ledger", "repair"}, true, "storage knows the rules, not who asks"},
	{"lethe/internal/fsck", []string{"backoff", "clock", "customer", "ledger", "repair"}, true, "what checks the storage shares no code with it"},
	{"lethe/internal/repair", nil, true, "checker and storage share names of repairs, and no rule or code"},
	{"lethe/internal/busy", []string{"customer"}, true, "what AWS answers, for storage and queue alike"},
	{"lethe/internal/queue", []string{"backoff", "bulk", "busy", "customer"}, true, "the queue knows jobs, not who asks"},
	{"lethe/internal/web", []string{"admin", "audit", "bulk", "customer", "imports", "ledger", "operations", "refusal", "tabular"}, true, "HTTP knows the rules, not the storage"},
	{"lethe/internal/web/dashboard", nil, false, "files know neither the rules nor the API"},
	{"lethe/internal/apigateway", []string{"admin"}, true, "the form of an event says who asks, and knows no other rules and no API"},
	{"lethe/internal/app", []string{"admin", "audit", "bulk", "busy", "customer", "dynamo", "fsck", "operations", "queue"}, true, "the wiring knows no laptop, and HTTP is for function api alone"},
	{"lethe/cmd/lethe", []string{"backoff", "customer", "dynamo", "fsck", "ledger"}, true, "an auditor's command needs no function and no queue; of the storage it uses the repairs"},
	{"lethe/functions/api", []string{"apigateway", "app", "web"}, true, "a function is its trigger"},
	{"lethe/functions/dashboard", []string{"apigateway", "web/dashboard"}, true, "files need no table and no queue"},
	{"lethe/functions/work", []string{"app"}, true, "a function is its trigger"},
	{"lethe/functions/purge", []string{"app"}, true, "a function is its trigger"},
	{"lethe/functions/stream", []string{"app"}, true, "a function is its trigger"},
	{"lethe/internal/template", nil, true, "what is declared depends on nothing that runs"},
	{"lethe/internal/iam", nil, true, "who may do what on AWS follows from what is declared, and from calls"},
	{"lethe/internal/deploy", []string{"template"}, true, "tables are made as declared, at any engine"},
	{"lethe/internal/engine", []string{"child", "loopback"}, true, "an engine knows no tables of ours"},
	{"lethe/internal/child", nil, false, "a process knows not what it is for"},
	{"lethe/internal/loopback", nil, false, "a listener knows not what it serves"},
	{"lethe/internal/scale/cloud", nil, false, "what is simulated of AWS knows nothing of Lethe"},
}

// laptop are the packages that only tests and the local system may import: nothing of them is deployed.
var laptop = []string{"local", "sim", "engine", "deploy", "template", "iam", "child", "loopback", "scale"}

// onLaptop tells whether the package is one of those, or lies below one.
func onLaptop(path string) bool {
	own, ok := strings.CutPrefix(path, "lethe/internal/")
	first, _, _ := strings.Cut(own, "/")
	return ok && slices.Contains(laptop, first)
}

// beside names, of packages that may import no modules, what they may import nevertheless.
var beside = []struct{ of, module, why string }{
	{"lethe/internal/customer", "golang.org/x/net/idna", "which domains are the same is decided by tables too"},
	{"lethe/internal/customer", "golang.org/x/text/", "who is found by a word, and whose a reason tells of, is a rule, and goes by Unicode's tables"},
}

func mayBeside(of, imported string) bool {
	for _, b := range beside {
		if b.of == of && strings.HasPrefix(imported, b.module) {
			return true
		}
	}
	return false
}

func TestArrows(t *testing.T) {
	imports := importsOf(t)
	for _, rule := range arrows {
		got, known := imports[rule.of]
		if !known {
			t.Errorf("%s is gone: take its rule away", rule.of)
		}
		for _, imported := range got {
			if !rule.modules && strings.Contains(imported, ".") && !mayBeside(rule.of, imported) {
				t.Errorf("%s imports %s: %s", rule.of, imported, rule.why)
			}
			if own, ok := strings.CutPrefix(imported, "lethe/internal/"); ok && !slices.Contains(rule.may, own) {
				t.Errorf("%s imports %s: %s", rule.of, imported, rule.why)
			}
		}
	}
}

// TestOnlyTheAPILinksHTTP keeps package web, its framework, and the templates of its documentation out of the other
// functions. Linked, they make a cold start a third longer (make bench).
func TestOnlyTheAPILinksHTTP(t *testing.T) {
	heavy := []string{"lethe/internal/web", "github.com/danielgtaylor/huma/v2", "html/template", "text/template"}
	linked := func(function string) []string {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-tags", "lambda.norpc", "-deps", "lethe/functions/"+function).Output() // as the Makefile builds it
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		return strings.Fields(string(out))
	}
	for _, function := range []string{"work", "purge", "stream", "dashboard"} {
		for _, dependency := range linked(function) {
			if slices.Contains(heavy, dependency) {
				t.Errorf("function %s links %s, which only function api may", function, dependency)
			}
		}
	}
	for _, dependency := range linked("dashboard") {
		if strings.HasPrefix(dependency, "github.com/aws/aws-sdk-go-v2/") || dependency == "lethe/internal/app" {
			t.Errorf("function dashboard links %s: it serves files", dependency)
		}
	}
	api := linked("api")
	for _, dependency := range heavy {
		if !slices.Contains(api, dependency) {
			t.Errorf("function api does not link %s: take it off the list", dependency)
		}
	}
}

// TestNobodyKnowsTheLaptop keeps what only tests and the local system need out of what
// is deployed.
func TestNobodyKnowsTheLaptop(t *testing.T) {
	for of, imported := range importsOf(t) {
		if onLaptop(of) || strings.HasSuffix(of, "test") {
			continue
		}
		for _, i := range imported {
			if onLaptop(i) || i == "testing" {
				t.Errorf("%s imports %s, which only tests and the local system may", of, i)
			}
		}
	}
}

// TestLocalStandsOnTop reads every source file of the checkout: tests, the benchmarks' module and other systems' files
// count, too.
func TestLocalStandsOnTop(t *testing.T) {
	read := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || path == filepath.Join("..", "internal", "local")):
			return filepath.SkipDir
		case entry.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		read++
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, imported := range file.Imports {
			if strings.HasPrefix(strings.Trim(imported.Path.Value, `"`)+"/", "lethe/internal/local/") {
				t.Errorf("%s imports %s: internal/local runs the system and is imported by nobody", path, imported.Path.Value)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if read < 100 {
		t.Errorf("only %d source files were read", read)
	}
}

// TestOnlyARepairUsesTheStorage keeps the storage's code out of what checks tables and verifies certificates from outside: of the
// command's files one imports it.
func TestOnlyARepairUsesTheStorage(t *testing.T) {
	const storage, repair = `"lethe/internal/dynamo"`, "../cmd/lethe/repair.go"
	files, err := filepath.Glob("../cmd/lethe/*.go")
	if err != nil || !slices.Contains(files, repair) {
		t.Fatalf("%v, %v", files, err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		uses := slices.ContainsFunc(file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == storage })
		if uses != (name == repair) {
			t.Errorf("%s uses the storage: %t; a check shares no code with it", name, uses)
		}
	}
}

// importsOf lists the direct imports of every package of the module, tests left out.
func importsOf(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "lethe/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	imports := map[string][]string{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		imports[fields[0]] = fields[1:]
	}
	return imports
}
