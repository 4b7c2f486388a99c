package customer

import (
	"bytes"
	"crypto/sha256"
	"slices"
)

// Former are fingerprints of the words that a customer's profile had before it was changed, so
// that a name from before a marriage is known in a reason, and nobody can read it here. They
// stand on the root and go with it.
//
// A fingerprint has 24 bits: a reason has a few dozen words, so that hardly ever one is blotted
// out that should not be. The customer's id is hashed too: one name has other fingerprints with
// each customer.
type Former []byte

const (
	fingerprint = 3  // bytes
	maxFormer   = 20 // fingerprints; a root has room for no more
)

// full says that there were more words than are known.
func (f Former) full() bool { return len(f) > fingerprint*maxFormer }

func (f Former) has(id, word string) bool {
	if len(f) == 0 {
		return false
	}
	sum := fingerprintOf(id, word)
	for known := range slices.Chunk(f, fingerprint) {
		if bytes.Equal(known, sum) {
			return true
		}
	}
	return false
}

func fingerprintOf(id, word string) []byte {
	sum := sha256.Sum256([]byte(id + "\x00" + word))
	return sum[:fingerprint]
}

// after adds the words that a profile had and its revision doesn't have.
func (f Former) after(id string, old, revised Profile) Former {
	now := tellingOf(revised)
	added := slices.Clone(f)
	for _, word := range tellingOf(old) {
		if !added.full() && !slices.Contains(now, word) && !added.has(id, word) {
			added = append(added, fingerprintOf(id, word)...)
		}
	}
	return added
}

// tellingOf are the words of a profile by which it is told from others. The parts of a phone
// number, as an area's code, tell of nobody, and the whole of it does.
func tellingOf(p Profile) []string {
	numbers := phoneNumbers(p.Phone)
	p.Phone = ""
	return append(profileWords(p), numbers...)
}
