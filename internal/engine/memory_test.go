package engine

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

func TestFoldersOfProcessesThatEndedAreRemoved(t *testing.T) {
	t.Parallel()
	over := exec.Command(os.Args[0], "-test.run=^$")
	if err := over.Run(); err != nil {
		t.Fatal(err)
	}
	base := t.TempDir()
	kept, orphan := memoryPrefix+strconv.Itoa(os.Getpid())+"-1", memoryPrefix+strconv.Itoa(over.Process.Pid)+"-1"
	for _, name := range []string{kept, orphan, memoryPrefix + "x", "other"} {
		if err := os.Mkdir(filepath.Join(base, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	removeOrphans(base)
	left, err := os.ReadDir(base)
	if err != nil || len(left) != 3 {
		t.Errorf("the folder has %v, %v; want all but %s", left, err, orphan)
	}
	if _, err := os.Stat(filepath.Join(base, orphan)); err == nil {
		t.Errorf("%s is there, and its process has ended", orphan)
	}
}
