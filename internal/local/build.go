package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"lethe/internal/template"
)

// buildDashboard builds the page that functions/dashboard embeds, unless it is up to date.
// The API works without it, so a failure is only printed.
func buildDashboard(ctx context.Context, root string, progress io.Writer) {
	command := exec.CommandContext(ctx, filepath.Join(root, ".ci", "dashboard"), "build")
	var complaints bytes.Buffer
	command.Stdout, command.Stderr = progress, &complaints
	if err := command.Run(); err != nil && ctx.Err() == nil {
		fmt.Fprintf(progress, "The dashboard cannot be built: %v. The API works without it.\n%s", err, &complaints)
	}
}

// build compiles the functions as for a deployment, but for this machine, and returns the path of each bootstrap by the
// function's name.
func build(ctx context.Context, root, into string, functions []template.Function, progress io.Writer) (map[string]string, error) {
	fmt.Fprintln(progress, "Building the functions (the first time takes a minute) ...")
	fresh := filepath.Join(into, "fresh")
	if err := os.MkdirAll(fresh, 0o755); err != nil {
		return nil, fmt.Errorf("build functions: %w", err)
	}
	args := []string{"build", "-tags", "lambda.norpc", "-trimpath", "-ldflags", "-s -w", "-o", fresh + string(filepath.Separator)}
	for _, function := range functions {
		args = append(args, "./functions/"+function.Name)
	}
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir = root
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build functions: %w\n%s", err, output)
	}
	return place(fresh, into, functions)
}

// place moves each binary into a folder of its own, as Lambda requires.
func place(fresh, into string, functions []template.Function) (map[string]string, error) {
	binaries := map[string]string{}
	var errs []error
	for _, function := range functions {
		binary := filepath.Join(into, function.Name, "bootstrap")
		errs = append(errs,
			os.MkdirAll(filepath.Dir(binary), 0o755),
			os.Rename(filepath.Join(fresh, function.Name), binary))
		binaries[function.Name] = binary
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("build functions: %w", err)
	}
	return binaries, nil
}
