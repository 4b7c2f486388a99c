package engine_test

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"lethe/internal/engine"
	"lethe/internal/engine/enginetest"
)

// TestClassesAreBuiltFromTheirSource compiles what starts DynamoDB Local and compares the result with the classes that are kept
// so that a JRE can run them. One version of the compiler always gives the same result.
func TestClassesAreBuiltFromTheirSource(t *testing.T) {
	if enginetest.Kind() != engine.DynamoDBLocal {
		t.Skip("it takes DynamoDB Local, which is not installed for other engines")
	}
	t.Parallel()
	version, err := exec.CommandContext(t.Context(), "javac", "-version").CombinedOutput()
	if err != nil || !bytes.HasPrefix(version, []byte("javac 17.")) {
		t.Skipf("no JDK 17 is on the PATH: %s %v", version, err)
	}
	if err := engine.Install(t.Context(), engine.Everything, os.Stderr); err != nil {
		t.Fatal(err)
	}
	into := t.TempDir()
	if said, err := exec.CommandContext(t.Context(), filepath.Join("..", "..", ".ci", "loopback"), into).CombinedOutput(); err != nil {
		t.Fatalf("compile: %v\n%s", err, said)
	}
	if got, want := classes(t, "."), classes(t, into); !maps.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("the classes %v are not what their sources compile to, %v: run .ci/loopback",
			slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

// classes are the classes of a folder, by their file names.
func classes(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.class"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s has no classes: %v", folder, err)
	}
	all := map[string][]byte{}
	for _, path := range paths {
		if all[filepath.Base(path)], err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	return all
}
