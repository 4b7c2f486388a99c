// Package durable writes small files so that neither a crash nor a loss of power leaves an empty or incomplete one.
package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Suffix ends the name of the file that Replace writes first. A crash may leave it behind; the next Replace overwrites it.
const Suffix = ".new"

// Replace replaces the content of the file. After a crash the file has either its old content or the new one; after Replace
// has returned, it has the new one: the data reaches the disk before the file gets its name, and the name before
// Replace returns. Calls for the same file must not overlap.
func Replace(file string, data []byte, mode fs.FileMode) error {
	fresh := file + Suffix
	if err := write(fresh, data, mode); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	if err := os.Rename(fresh, file); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	if err := syncFolder(filepath.Dir(file)); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return nil
}

func write(file string, data []byte, mode fs.FileMode) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncFolder writes the folder's names to the disk, which a sync of its files does not.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
