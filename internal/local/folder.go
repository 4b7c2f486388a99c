package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"lethe/internal/local/durable"
)

// folder holds a system's data. Only one system at a time uses it.
type folder struct {
	path string
	lock *flock.Flock
}

// checkpointsFile stores the position up to which each stream is read.
const checkpointsFile = "checkpoints.json"

// contents are the files of a system in its folder. A reset removes these and nothing else, in case the folder is a
// wrong one.
var contents = []string{
	"dynoxide", "dynamodb-local", "fauxqs", "functions", issuerFolder,
	checkpointsFile, checkpointsFile + durable.Suffix, "demo", runningFile, runningFile + durable.Suffix,
}

func openFolder(path string) (*folder, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find the folder %s: %w", path, err)
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, fmt.Errorf(`make the folder for the data: %w; name another with make run ARGS="--dir FOLDER"`, err)
	}
	f := &folder{path: path, lock: flock.New(filepath.Join(path, "lock"))}
	if free, err := f.lock.TryLock(); err != nil {
		return nil, fmt.Errorf("lock the folder %s: %w", path, err)
	} else if !free {
		return nil, fmt.Errorf(`a system runs in the folder %s; run this one in another: make run ARGS="--dir FOLDER"`, path)
	}
	return f, nil
}

func (f *folder) reset() error {
	var errs []error
	for _, name := range contents {
		errs = append(errs, os.RemoveAll(f.file(name)))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("delete the data in the folder: %w", err)
	}
	return nil
}

func (f *folder) file(name string) string { return filepath.Join(f.path, name) }

func (f *folder) close() { _ = f.lock.Close() }
