package customer

import (
	"bytes"
	"crypto/sha256"
	"slices"
)

// Former holds fingerprints of words that a customer's profile had earlier. With them Blot finds, for
// example, a name from before a marriage, although the name itself is not stored any more. They are
// part of the root and are removed with it.
//
// A fingerprint has 24 bits. A reason has a few dozen words, so a false match is very rare. The
// customer's id is hashed, too: one name has different fingerprints for different customers.
type Former []byte

const (
	fingerprint = 3  // bytes
	maxFormer   = 20 // fingerprints that a root has room for
)

// full says that the customer had more words than are kept.
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

// after returns f with the words that the old profile has and the revised one lacks.
func (f Former) after(id string, old, revised Profile) Former {
	now := identifyingWords(revised)
	added := slices.Clone(f)
	for _, word := range identifyingWords(old) {
		if !added.full() && !slices.Contains(now, word) && !added.has(id, word) {
			added = append(added, fingerprintOf(id, word)...)
		}
	}
	return added
}

// identifyingWords returns the words of a profile that identify its customer. Of a phone number these
// are the whole number and its end, not parts such as an area code, which many customers share.
func identifyingWords(p Profile) []string {
	numbers := phoneNumbers(p.Phone)
	p.Phone = ""
	return append(profileWords(p), numbers...)
}
