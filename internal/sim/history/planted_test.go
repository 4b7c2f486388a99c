package history

import (
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// planted is a bug: places of the source, and what stands there instead. Those of the
// code are what somebody could write; those of the model, what a store could do.
type planted struct {
	name  string
	edits []edit
}

type edit struct {
	file     string // in internal
	old, new string
}

// enough histories to find each of the bugs, some of which take a rare turn of events.
const enough = "20000"

// near is a seed shortly before the first whose history shows a rare bug. That is only to
// save time: when the code has changed, and with it the histories, another shows it.
var near = map[string]string{
	"a customer is created over one that is there":                "64000",
	"an undo restores what others deleted":                        "19100",
	"an id is used again before the stream tells that it is gone": "11700",
	"a chunk is taken while a worker has it":                      "28000",
}

// TestPlantedBugs plants each bug into a copy of the source, simulates, and wants to see
// a rule broken.
func TestPlantedBugs(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the simulation once for each bug")
	}
	internal, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, bug := range bugs {
		t.Run(bug.name, func(t *testing.T) {
			t.Parallel()
			overlay := bug.plant(t, internal)
			out, err := exec.CommandContext(t.Context(), "go", "test", "-vet=off", "-overlay="+overlay,
				"-run=^TestHistories$", ".", "-histories="+enough, "-from="+cmp.Or(near[bug.name], "1")).CombinedOutput()
			_, told, found := strings.Cut(string(out), "a rule is broken in the history of -seed ")
			switch {
			case err == nil:
				t.Errorf("not found in %s histories", enough)
			case !found:
				t.Errorf("%v, but no rule is broken:\n%s", err, out)
			default:
				line, _, _ := strings.Cut(told, "\n")
				t.Log(line)
			}
		})
	}
}

// plant writes the files as they are with the bug, and says to the go command where.
func (p planted) plant(t *testing.T, internal string) (overlay string) {
	t.Helper()
	dir, texts := t.TempDir(), map[string]string{}
	for _, e := range p.edits {
		path := filepath.Join(internal, e.file)
		if _, ok := texts[path]; !ok {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			texts[path] = string(text)
		}
		if n := strings.Count(texts[path], e.old); n != 1 {
			t.Fatalf("%s has %d places to plant the bug in, not one: bring the bug up to date\n%s", e.file, n, e.old)
		}
		texts[path] = strings.Replace(texts[path], e.old, e.new, 1)
	}
	replace := map[string]string{}
	for path, text := range texts {
		replace[path] = filepath.Join(dir, strings.ReplaceAll(strings.TrimPrefix(path, internal), string(filepath.Separator), "-"))
		write(t, replace[path], []byte(text))
	}
	listed, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	overlay = filepath.Join(dir, "overlay.json")
	write(t, overlay, listed)
	return overlay
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
