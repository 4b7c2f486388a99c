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

// planted is a bug that is planted into a copy of the source by edits. An edit of the code is a mistake
// that a programmer could make; an edit of the model is a mistake of a store.
type planted struct {
	name  string
	edits []edit
}

type edit struct {
	file     string // in internal
	old, new string
}

// enough is the number of histories in which each bug must be found. Some bugs need rare events.
const enough = "20000"

// near has, for a rare bug, a seed shortly before the first history that shows it. It only saves time:
// after a change of the code, which changes the histories, another seed shows the bug.
var near = map[string]string{
	"a customer is created although it exists":                  "68300",
	"an undo restores customers that others deleted":            "20100",
	"an id is used again before the stream reports its removal": "96000",
	"a chunk is taken while a worker has it":                    "28000",
}

// TestPlantedBugs plants each bug into a copy of the source and runs the simulation, which must find a
// broken rule.
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
			_, message, found := strings.Cut(string(out), "a rule is broken in the history of -seed ")
			switch {
			case err == nil:
				t.Errorf("not found in %s histories", enough)
			case !found:
				t.Errorf("%v, but no rule is broken:\n%s", err, out)
			default:
				line, _, _ := strings.Cut(message, "\n")
				t.Log(line)
			}
		})
	}
}

// plant writes the edited files and an overlay for the go command that names them.
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
			t.Fatalf("%s has the text to replace %d times, want once: update the edit of this bug\n%s", e.file, n, e.old)
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
