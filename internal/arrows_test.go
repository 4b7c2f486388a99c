// Package internal holds no code of its own: its test asserts the architecture.
package internal

import (
	"bufio"
	"bytes"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows names, of each package, the packages of Lethe that it may import, and whether
// it may import modules of others. The README draws the same arrows.
var arrows = []struct {
	of      string
	may     []string
	modules bool
	why     string
}{
	{"lethe/internal/backoff", nil, false, "a wait knows nothing of what it waits for"},
	{"lethe/internal/clock", nil, false, "the time comes from nowhere else"},
	{"lethe/internal/customer", []string{"backoff", "clock", "parallel"}, false, "the rules know neither AWS nor HTTP"},
	{"lethe/internal/parallel", nil, false, "a loop knows nothing of what it calls"},
	{"lethe/internal/bulk", []string{"backoff", "clock"}, false, "operations know no customers"},
	{"lethe/internal/operations", []string{"bulk", "customer"}, false, "actions know the rules, not the storage"},
	{"lethe/internal/imports", []string{"customer", "parallel"}, false, "what is made of a line is up to the rules, and neither to a file format nor to the storage"},
	{"lethe/internal/ledger", nil, false, "whoever verifies needs nothing else"},
	{"lethe/internal/tabular", nil, true, "a file format knows no customers"},
	{"lethe/internal/dynamo", []string{"backoff", "bulk", "busy", "clock", "customer", "ledger"}, true, "storage knows the rules, not who asks"},
	{"lethe/internal/fsck", []string{"backoff", "clock", "customer", "ledger"}, true, "what checks the storage shares no code with it"},
	{"lethe/internal/busy", []string{"customer"}, true, "what AWS answers, for storage and queue alike"},
	{"lethe/internal/queue", []string{"backoff", "bulk", "busy", "customer"}, true, "the queue knows jobs, not who asks"},
	{"lethe/internal/web", []string{"bulk", "customer", "imports", "ledger", "operations", "tabular"}, true, "HTTP knows the rules, not the storage"},
	{"lethe/internal/web/dashboard", nil, false, "files know neither the rules nor the API"},
	{"lethe/internal/app", []string{"bulk", "busy", "customer", "dynamo", "fsck", "operations", "queue", "web", "web/dashboard"}, true, "the wiring knows no laptop"},
	{"lethe/cmd/lethe", []string{"backoff", "customer", "fsck", "ledger"}, true, "whoever looks from outside shares no code with the storage"},
	{"lethe/functions/api", []string{"app"}, true, "a function is its trigger"},
	{"lethe/functions/dashboard", []string{"app"}, true, "a function is its trigger"},
	{"lethe/functions/work", []string{"app"}, true, "a function is its trigger"},
	{"lethe/functions/purge", []string{"app"}, true, "a function is its trigger"},
	{"lethe/functions/stream", []string{"app"}, true, "a function is its trigger"},
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

// TestNobodyKnowsTheLaptop keeps what only tests and the local system need out of what
// is deployed.
func TestNobodyKnowsTheLaptop(t *testing.T) {
	for of, imported := range importsOf(t) {
		if strings.HasPrefix(of, "lethe/internal/local") || strings.Contains(of, "/sim") || strings.HasSuffix(of, "test") {
			continue
		}
		for _, i := range imported {
			if strings.HasPrefix(i, "lethe/internal/local") || strings.HasPrefix(i, "lethe/internal/sim") || i == "testing" {
				t.Errorf("%s imports %s, which only tests and the local system may", of, i)
			}
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
