package engine

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWhatAnInterruptedInstallationLeftIsRemoved(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{stagingPrefix + "1", stagingPrefix + "2", "node_modules"} {
		if err := os.MkdirAll(filepath.Join(dir, name, "package"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	removeInterrupted(dir)
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != "node_modules" {
		t.Errorf("the folder has %v, %v; want node_modules only", left, err)
	}
}
