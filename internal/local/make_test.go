//go:build unix

package main

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"lethe/internal/engine"
	"lethe/internal/engine/enginetest"
)

// TestCtrlCIsNoErrorOfMake runs the command with make, and interrupts it as a terminal does: every process in the
// foreground gets the signal, also make.
func TestCtrlCIsNoErrorOfMake(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("there is no make here")
	}
	if testing.Short() {
		t.Skip("it builds the dashboard")
	}
	root, err := engine.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	said := &journal{}
	run := exec.CommandContext(t.Context(), "make", "run", "ARGS=--port=0 --demo=false --dir="+t.TempDir()+" --engine="+string(enginetest.Kind()))
	run.Dir, run.Stdout, run.Stderr = root, said, said
	run.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	run.WaitDelay = 10 * time.Second
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-run.Process.Pid, syscall.SIGKILL) }) // if the test has failed
	eventually(t, "the system is up", func() bool { return strings.Contains(said.String(), "Ctrl-C stops everything") })

	if err := syscall.Kill(-run.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = run.Wait() // make ends by the signal
	if text := said.String(); !strings.HasSuffix(text, "Stopping ...\n") {
		t.Errorf("the last that make run says is not that it stops:\n%s", text)
	}
}
