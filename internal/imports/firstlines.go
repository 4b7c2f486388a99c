package imports

import (
	"crypto/sha256"
	"fmt"

	"lethe/internal/customer"
)

// firstLines remembers on which line of a file something was said first. It knows
// what was said by a short hash, so that a file takes little more memory than it is long.
type firstLines map[[8]byte]int

// again returns an error if an earlier line has the same value in the field. The outcome of that
// line does not count, so that a dry run, and a run that goes on in the middle, say the same.
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
	return customer.Invalid(field, fmt.Sprintf("line %d of the file has the same", line))
}
