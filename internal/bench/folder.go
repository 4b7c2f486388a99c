package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// roomNeeded is more than all data takes.
const roomNeeded = 4 << 30

// memory is a folder that costs no disk, if the machine has one that is large enough, or that of temporary files.
// The engine that stands in for DynamoDB waits for the disk once for each item it writes, which DynamoDB does not.
func memory() string {
	const shared = "/dev/shm"
	var at unix.Statfs_t
	if err := unix.Statfs(shared, &at); err != nil || at.Bavail*uint64(at.Bsize) < roomNeeded {
		return os.TempDir()
	}
	return shared
}

// folderPrefix begins the names of folders of data; the id of the process that owns the folder follows.
const folderPrefix = "lethe-bench-"

// makeFolder makes a folder for the data, and removes those of processes that died before they could do so.
func makeFolder(base string) (string, error) {
	found, _ := filepath.Glob(filepath.Join(base, folderPrefix+"*")) // the pattern is well formed
	for _, orphan := range found {
		id, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(orphan), folderPrefix), "-")
		if pid, err := strconv.Atoi(id); err == nil && syscall.Kill(pid, 0) == syscall.ESRCH {
			_ = os.RemoveAll(orphan) // somebody else may be at it too
		}
	}
	dir, err := os.MkdirTemp(base, folderPrefix+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return "", fmt.Errorf("make a folder: %w", err)
	}
	return dir, os.Chmod(dir, 0o755) // PostgreSQL may run as another user
}
