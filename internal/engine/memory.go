package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// memoryPrefix begins the names of folders in memory; the id of the process that owns the folder follows.
const memoryPrefix = "lethe-engine-"

// memoryFolder creates a folder in memory, if the system has such (else on disk), and returns a function that removes it. It
// also removes the folders of processes that died without doing so.
func memoryFolder() (dir string, remove func(), err error) {
	base := os.TempDir()
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		base = "/dev/shm"
	}
	removeOrphans(base)
	dir, err = os.MkdirTemp(base, memoryPrefix+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return "", nil, fmt.Errorf("make a folder in memory: %w", err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil
}

func removeOrphans(base string) {
	folders, _ := filepath.Glob(filepath.Join(base, memoryPrefix+"*")) // the pattern is well formed
	for _, folder := range folders {
		id, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(folder), memoryPrefix), "-")
		if pid, err := strconv.Atoi(id); err == nil && ended(pid) {
			_ = os.RemoveAll(folder) // another process may remove it at the same time
		}
	}
}

// ended reports whether no process has the id. A process of another user counts.
func ended(pid int) bool {
	process, err := os.FindProcess(pid)
	return err != nil || errors.Is(process.Signal(syscall.Signal(0)), os.ErrProcessDone)
}
