package app

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// maxInit, in bytes, is a few times what a package of Lethe allocates before main. A regular expression with a repetition
// of 128 allocates as much alone, and takes as long to compile as all the rest of a function's start together.
const maxInit = 64 << 10

var initLine = regexp.MustCompile(`(?m)^init (\S+) @.* (\d+) bytes, `)

// TestNoPackageIsSlowToStart reads what each package of Lethe allocates at the start of a process. This test's binary has
// those of all functions.
func TestNoPackageIsSlowToStart(t *testing.T) {
	itself, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	start := exec.CommandContext(t.Context(), itself, "-test.run", "^$")
	start.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	trace, err := start.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, trace)
	}
	allocated := map[string]int{}
	for _, line := range initLine.FindAllStringSubmatch(string(trace), -1) {
		if allocated[line[1]], err = strconv.Atoi(line[2]); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"customer", "bulk", "web"} {
		if allocated["lethe/internal/"+name] == 0 {
			t.Errorf("nothing is known of package %s in\n%s", name, trace)
		}
	}
	for name, bytes := range allocated {
		if strings.HasPrefix(name, "lethe/") && bytes > maxInit {
			t.Errorf("package %s allocates %d bytes before main, at most %d are expected: do it when it is first needed", name, bytes, maxInit)
		}
	}
}
