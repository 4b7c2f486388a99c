package engine_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"lethe/internal/engine"
	"lethe/internal/engine/enginetest"
)

// TestLoopbackIsBuiltFromItsSource compiles Loopback.java and compares the result with Loopback.class, which is kept so that
// a JRE can run it. One version of the compiler always gives the same result.
func TestLoopbackIsBuiltFromItsSource(t *testing.T) {
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
		t.Fatalf("compile Loopback.java: %v\n%s", err, said)
	}
	made, err := os.ReadDir(into)
	if err != nil || len(made) != 1 {
		t.Fatalf("the compiler made %v, %v; want Loopback.class only", made, err)
	}
	want, err := os.ReadFile(filepath.Join(into, "Loopback.class"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile("Loopback.class"); err != nil || !bytes.Equal(got, want) {
		t.Errorf("Loopback.class is not what Loopback.java compiles to: run .ci/loopback (%v)", err)
	}
}
