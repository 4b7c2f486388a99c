//go:build unix

package engine

import "golang.org/x/sys/unix"

// flush has the system write to the disk all that programs have written to files.
func flush() { unix.Sync() }
