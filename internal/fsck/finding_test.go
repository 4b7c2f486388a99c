package fsck

import (
	"strings"
	"testing"
)

// TestKeysAreShownWithoutNames shows what ids make, and hashes what may be a name or an address.
func TestKeysAreShownWithoutNames(t *testing.T) {
	for _, tt := range []struct {
		key  key
		want string // empty: hashed
	}{
		{key{"C#styx", "#"}, "C#styx #"},
		{key{"C#styx", "R#ticket#1"}, "C#styx R#ticket#1"},
		{key{"C#styx", "T#0a1b"}, "C#styx T#0a1b"},
		{key{"C#styx", "D#"}, "C#styx D#"},
		{key{"C#styx", "D#Charon"}, ""},
		{key{"X#styx", "R#invoice#1"}, "X#styx R#invoice#1"},
		{key{"O#op", "F#000001"}, "O#op F#000001"},
		{key{"P", "settings"}, "P settings"},
		{key{"P", "access"}, "P access"},
		{key{"C#styx", "N#Charon"}, ""},
		{key{"S#ch", "charon#styx"}, ""},
		{key{"E#charon@styx.example", "#"}, ""},
		{key{"charon@styx.example", "#"}, ""},
		{key{"Z#charon", "#"}, ""},
	} {
		got := tt.key.shown()
		if tt.want != "" && got != tt.want {
			t.Errorf("%v is shown as %q", tt.key, got)
		}
		if hidden := !strings.Contains(strings.ToLower(got), "charon"); tt.want == "" && (!hidden || tt.key.isShownWhole()) {
			t.Errorf("%v is shown as %q, and names nobody: %t", tt.key, got, tt.key.isShownWhole())
		}
	}
	if (key{"E#a", "#"}).shown() == (key{"E#b", "#"}).shown() {
		t.Error("two addresses have one hash")
	}
}
