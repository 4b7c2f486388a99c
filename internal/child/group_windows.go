package child

import (
	"errors"
	"os/exec"
	"syscall"
)

// Supported returns why this system cannot keep children together, nil where it can. Windows has neither process groups
// that take a signal nor a signal that asks a process to end, so that engines would be killed while they write.
func Supported() error {
	return errors.New(`native Windows is not supported: install WSL with "wsl --install", ` +
		`and run the same command in its shell, on a checkout in WSL's own file system`)
}

func isolate(*exec.Cmd) {}

func signalGroup(int, syscall.Signal) error { return Supported() }
