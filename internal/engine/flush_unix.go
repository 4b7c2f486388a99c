//go:build unix

package engine

import "golang.org/x/sys/unix"

// flush makes the system write all buffered file content to the disk.
func flush() { unix.Sync() }
