package imports

import (
	"crypto/sha256"
	"fmt"

	"lethe/internal/customer"
)

// firstLines has the number of the first line with each value, by a short hash of field and value, which takes little memory
// for a large file.
type firstLines map[[8]byte]int

// again returns an error if an earlier line has the same value in the field. The outcome of the earlier line doesn't matter,
// so that a dry run, and a run that continues in the middle, report the same.
func (f firstLines) again(field, value string, line int) error {
	hash := shortHash(field + "\x00" + value)
	if first, ok := f[hash]; ok {
		return sameAs(field, first)
	}
	f[hash] = line
	return nil
}

func shortHash(text string) [8]byte {
	sum := sha256.Sum256([]byte(text))
	return [8]byte(sum[:8])
}

func sameAs(field string, line int) error {
	return customer.Invalid(field, fmt.Sprintf("line %d of the file has the same value", line))
}
