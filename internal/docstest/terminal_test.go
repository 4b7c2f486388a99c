package docstest

import (
	"maps"
	"testing"
)

func TestSteps(t *testing.T) {
	steps := stepsOf(Sample{Language: "console", Text: "$ echo a\na\n\n$ true\n$ echo b\nb\n", Line: 7})
	if len(steps) != 3 || steps[0] != (step{"echo a", "a\n\n", 7}) || steps[1] != (step{"true", "", 10}) || steps[2] != (step{"echo b", "b\n", 11}) {
		t.Errorf("%+v", steps)
	}
}

func TestPattern(t *testing.T) {
	const id, other = "zzikrgofsr2r4ppyhlrhnlvbtj", "aldtvkh7ivokakhiuaqh2g65lq"
	for _, tt := range []struct {
		name, command, shown, printed string
		ids                           map[string]string
		matches                       bool
		learns                        map[string]string
	}{
		{"the same", "curl", "a.b\n", "a.b", nil, true, nil},
		{"a dot is a dot", "curl", "a.b", "axb", nil, false, nil},
		{"more than is shown", "curl", "a", "ab", nil, false, nil},
		{"left out", "curl", "a…", "abc\nd", nil, true, nil},
		{"another time", "curl", `"2026-11-30T16:42:23.282Z"`, `"2027-01-01T00:00:00Z"`, nil, true, nil},
		{"another status", "curl", `"status":409`, `"status":410`, nil, false, nil},
		{"an id is learned", "curl", `"` + id + `"`, `"` + other + `"`, nil, true, map[string]string{id: other}},
		{"and must come again", "curl", `"` + id + `"`, `"` + id + `"`, map[string]string{id: other}, false, nil},
		{"what lethe counts", "go run ./cmd/lethe fsck", "72559 items, 0.5 units", "3 items, 12 units", nil, true, nil},
		{"what it says of it", "go run ./cmd/lethe fsck", "0 findings", "0 faults", nil, false, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pattern, shown := step{command: tt.command, output: tt.shown}.pattern(tt.ids)
			found := pattern.FindStringSubmatch(tt.printed)
			if (found != nil) != tt.matches {
				t.Fatalf("%s matches %q: %v", pattern, tt.printed, found != nil)
			}
			learned := map[string]string{}
			for i, id := range shown {
				if found != nil {
					learned[id] = found[i+1]
				}
			}
			if tt.matches && !maps.Equal(learned, tt.learns) {
				t.Errorf("learned %v", learned)
			}
		})
	}
}

// TestTerminal tries samples that fail in each way there is, on a test of their own.
func TestTerminal(t *testing.T) {
	terminal := NewTerminal(t, t.TempDir(), "echo", "PLACE", "here")
	for _, tt := range []struct {
		name, language, text string
		fails                bool
	}{
		{"what succeeds", "sh", "true\nf() { true; }\nf\n", false},
		{"what fails before the end", "sh", "false\ntrue\n", true},
		{"what fails in a function", "sh", "f() { x=$(false); true; }\nf\n", true},
		{"what is only named", "sh", "make nothing\nsam nothing\nLETHE_SEED=1 go test ./nothing\n", false},
		{"variables stay", "console", "$ x=1; y=PLACE\n$ echo $x $y\n1 here\n", false},
		{"another output", "console", "$ echo a\nb\n", true},
		{"lethe as it was built", "console", "$ go run ./cmd/lethe verify\nverify\n", false},
		{"neither commands nor a session", "json", "{}\n", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			trial := &trial{TB: t}
			terminal.Try(trial, "page", Sample{Language: tt.language, Text: tt.text})
			if trial.failed != tt.fails {
				t.Errorf("failed: %v", trial.failed)
			}
		})
	}
}

// trial notes that it failed, and nothing else.
type trial struct {
	testing.TB

	failed bool
}

func (t *trial) Errorf(string, ...any) { t.failed = true }
