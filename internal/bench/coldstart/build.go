package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"lethe/internal/engine"
)

// function is a function under measurement, and what was measured.
type function struct {
	name   string
	binary string
	size   int64

	waits     []time.Duration // from exec to the first request for an event
	processor []time.Duration
}

// folders are the functions by name and folder of the repository. The first is the one that the others are compared
// with.
var folders = []struct{ name, path string }{
	{"bare", "internal/bench/coldstart/bare"},
	{"work", "functions/work"},
	{"purge", "functions/purge"},
	{"stream", "functions/stream"},
	{"api", "functions/api"},
	{"dashboard", "functions/dashboard"},
}

// build compiles the functions as the Makefile does for a deployment, but for this machine.
func build(ctx context.Context, into string) ([]*function, error) {
	root, err := engine.ModuleRoot()
	if err != nil {
		return nil, err
	}
	functions := make([]*function, len(folders))
	for i, folder := range folders {
		f := &function{name: folder.name, binary: filepath.Join(into, folder.name)}
		compile := exec.CommandContext(ctx, "go", "build", "-tags", "lambda.norpc", "-trimpath", "-ldflags", "-s -w", "-o", f.binary, ".")
		compile.Dir, compile.Env = filepath.Join(root, folder.path), append(os.Environ(), "CGO_ENABLED=0")
		if output, err := compile.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build function %s: %w\n%s", f.name, err, output)
		}
		info, err := os.Stat(f.binary)
		if err != nil {
			return nil, fmt.Errorf("build function %s: %w", f.name, err)
		}
		f.size, functions[i] = info.Size(), f
	}
	return functions, nil
}
