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

// roomNeeded, in bytes, is more than all the data takes.
const roomNeeded = 4 << 30

// memory returns a folder in memory if it is large enough, else the folder for temporary files.
// The local engine waits for the disk once for each item it writes; DynamoDB does not.
func memory() string {
	const shared = "/dev/shm"
	var at unix.Statfs_t
	if err := unix.Statfs(shared, &at); err != nil || at.Bavail*uint64(at.Bsize) < roomNeeded {
		return os.TempDir()
	}
	return shared
}

// folderPrefix starts the name of each data folder; the id of the process that owns it follows.
const folderPrefix = "lethe-bench-"

// makeFolder creates a folder for the data, and removes the folders that killed processes left.
func makeFolder(base string) (string, error) {
	found, _ := filepath.Glob(filepath.Join(base, folderPrefix+"*")) // the pattern is well formed
	for _, orphan := range found {
		id, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(orphan), folderPrefix), "-")
		if pid, err := strconv.Atoi(id); err == nil && syscall.Kill(pid, 0) == syscall.ESRCH {
			_ = os.RemoveAll(orphan) // another process may be removing it, too
		}
	}
	dir, err := os.MkdirTemp(base, folderPrefix+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return "", fmt.Errorf("make a folder: %w", err)
	}
	return dir, os.Chmod(dir, 0o755) // PostgreSQL may run as another user
}
