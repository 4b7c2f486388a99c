//go:build unix

package child

import "syscall"

// Supported returns why this system cannot keep children together, nil where it can.
func Supported() error { return nil }

// signalGroup sends the signal to the process and to all that it has started.
func signalGroup(leader int, s syscall.Signal) error { return syscall.Kill(-leader, s) }
