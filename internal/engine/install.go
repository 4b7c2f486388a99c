package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

// Set is a subset of the packages in package-lock.json.
type Set string

// The sets. Runtime is needed to run and to test; Everything adds Amazon's DynamoDB Local.
const (
	Runtime    Set = "runtime"
	Everything Set = "everything"
)

// stagingPrefix begins the name of the folder in which an installation is prepared.
const stagingPrefix = ".staging-"

// Install installs the packages of the set into this folder's node_modules with `npm ci`, unless the packages of the
// present lock are installed. It writes to progress, which may be nil, when there is something to wait for. Several
// processes may call it at once: one installs, the others wait.
func Install(ctx context.Context, set Set, progress io.Writer) error {
	dir, err := folder()
	if err != nil {
		return err
	}
	lock := flock.New(filepath.Join(dir, ".install.lock"))
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("lock the engines' folder: %w", err)
	}
	defer lock.Close()
	stamp, err := lockStamp(dir)
	if err != nil || installed(dir, set, stamp) {
		return err
	}
	if progress != nil {
		fmt.Fprintln(progress, "Installing the engines (npm ci, once; up to a minute) ...")
	}
	return install(ctx, dir, set, stamp)
}

// install fills a folder beside node_modules and then swaps the two, so that a running engine keeps its
// files, and an interrupted installation does not look complete.
func install(ctx context.Context, dir string, set Set, stamp string) error {
	removeInterrupted(dir)
	staging, err := os.MkdirTemp(dir, stagingPrefix)
	if err != nil {
		return fmt.Errorf("install engines: %w", err)
	}
	defer os.RemoveAll(staging)
	for _, name := range []string{"package.json", "package-lock.json", ".npmrc"} {
		if err := copyFile(filepath.Join(dir, name), filepath.Join(staging, name)); err != nil {
			return fmt.Errorf("install engines: %w", err)
		}
	}
	if err := npmCI(ctx, staging, set); err != nil {
		return err
	}
	flush() // after a loss of power the stamp must not exist without the files that it stands for
	modules := filepath.Join(staging, "node_modules")
	if err := os.WriteFile(filepath.Join(modules, ".lethe"), []byte(string(set)+" "+stamp), 0o644); err != nil {
		return fmt.Errorf("install engines: %w", err)
	}
	return swap(modules, filepath.Join(dir, "node_modules"), filepath.Join(staging, "replaced"))
}

// removeInterrupted removes the folders of installations that were killed. The caller holds the lock.
func removeInterrupted(dir string) {
	left, _ := filepath.Glob(filepath.Join(dir, stagingPrefix+"*")) // the pattern is well formed
	for _, folder := range left {
		_ = os.RemoveAll(folder) // a leftover only takes disk space
	}
}

func npmCI(ctx context.Context, dir string, set Set) error {
	args := []string{"ci", "--no-progress", "--loglevel=error"}
	if set == Runtime {
		args = append(args, "--omit=dev")
	}
	cmd := exec.CommandContext(ctx, "npm", args...)
	cmd.Dir = dir
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err := cmd.Run()
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("install the engines: npm is not on the PATH: install Node.js 20 or newer from https://nodejs.org, which contains it")
	}
	if err != nil {
		return fmt.Errorf("install the engines from the npm registry: npm ci: %w\n%s", err, output.String())
	}
	return nil
}

func swap(fresh, place, replaced string) error {
	if err := os.Rename(place, replaced); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("install engines: %w", err)
	}
	if err := os.Rename(fresh, place); err != nil {
		return fmt.Errorf("install engines: %w", err)
	}
	return nil
}

// installed reports whether node_modules has at least the set, as the present lock pins it for this platform.
func installed(dir string, set Set, stamp string) bool {
	have, err := os.ReadFile(filepath.Join(dir, "node_modules", ".lethe"))
	if err != nil {
		return false
	}
	kind, of, _ := strings.Cut(string(have), " ")
	return of == stamp && (Set(kind) == set || Set(kind) == Everything)
}

// lockStamp identifies an installation by lock and platform: a machine and its containers may share a checkout.
func lockStamp(dir string) (string, error) {
	lock, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return "", fmt.Errorf("read the engines' pins: %w", err)
	}
	sum := sha256.Sum256(lock)
	return platform() + " " + hex.EncodeToString(sum[:]), nil
}

func copyFile(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o644)
}

// folder returns this package's source folder, found from the working directory, which is inside the module with
// `go run` and `go test`: the engines belong to a checkout, not to a built binary.
func folder() (string, error) {
	root, err := ModuleRoot()
	if err != nil {
		return "", err
	}
	return filepath.Join(root, "internal", "engine"), nil
}

// ModuleRoot returns the folder of Lethe's go.mod, at or above the working directory.
func ModuleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the checkout of Lethe: %w", err)
	}
	for {
		if mod, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil && bytes.HasPrefix(mod, []byte("module lethe\n")) {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("find the checkout of Lethe: neither the working directory nor one above it has its go.mod; run this in the checkout")
		}
		dir = parent
	}
}
