package durable_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lethe/internal/local/durable"
)

func TestReplaceWritesTheWholeFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "f")
	for _, content := range []string{"a longer text", "", "short"} {
		if err := durable.Replace(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != content {
			t.Errorf("the file holds %q, %v; want %q", got, err, content)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v; want the file only", entries, err)
	}
}

func TestReplaceThatFailsLeavesTheOldContent(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "f")
	if err := durable.Replace(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file+durable.Suffix, 0o700); err != nil { // nothing can be written there
		t.Fatal(err)
	}
	if err := durable.Replace(file, []byte("new"), 0o600); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("the error is %v, want one that names the file", err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "old" {
		t.Errorf("the file holds %q, %v; want the old content", got, err)
	}
}

// TestReplaceOverwritesWhatACrashLeft starts with half of a longer text, as after a crash.
func TestReplaceOverwritesWhatACrashLeft(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file+durable.Suffix, []byte("half of something longer"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := durable.Replace(file, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "new" {
		t.Errorf("the file holds %q, %v; want new", got, err)
	}
}
