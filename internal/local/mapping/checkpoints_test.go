package mapping

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDamagedCheckpointsBeginAgain(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, content string }{
		{"empty", ""},
		{"zeros, as a loss of power leaves them", "\x00\x00\x00\x00"},
		{"torn", `{"stream shard": "4`},
		{"null", "null"},
		{"a list", "[]"},
		{"a number among texts", `{"stream shard": "4711", "stream other": 3}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "checkpoints.json")
			if err := os.WriteFile(file, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			var said bytes.Buffer
			c, err := OpenCheckpoints(file, slog.New(slog.NewTextHandler(&said, nil)))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(said.String(), "damaged") || !strings.Contains(said.String(), file) {
				t.Errorf("the log says %q, want that %s is damaged", said.String(), file)
			}
			if got := c.get("stream", "shard"); got != "" {
				t.Errorf("a checkpoint of %q is left", got)
			}
			wantKept(t, c, file)
		})
	}
}

// wantKept sets a checkpoint, opens the file again, and checks that the checkpoint is there and nothing is logged.
func wantKept(t *testing.T, c *Checkpoints, file string) {
	t.Helper()
	if err := c.set("stream", "shard", "12"); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	again, err := OpenCheckpoints(file, slog.New(slog.NewTextHandler(&said, nil)))
	if err != nil || again.get("stream", "shard") != "12" || said.Len() > 0 {
		t.Errorf("opened again: %q, %v; the log says %q; want 12 and silence", again.get("stream", "shard"), err, said.String())
	}
}

func TestCheckpointsThatMayNotBeReadAreAnError(t *testing.T) {
	t.Parallel()
	if _, err := OpenCheckpoints(t.TempDir(), slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a folder was read as a file")
	}
}
