package fsck

import "lethe/internal/repair"

// The sizes of the fingerprints of a customer's former words in bytes. At most 20 are kept; 21 stand
// for "too many".
const (
	fingerprint = 3
	maxFormer   = 21 * fingerprint
)

// checkFormer finds fingerprints of a wrong length. The repair replaces them by those for "too many",
// with which no reason is kept: it might contain a former name.
func (e *examination) checkFormer() {
	if n := len(e.root.Former); n%fingerprint != 0 || n > maxFormer {
		e.rootProblem(BadState, e.fixRoot(repair.SetFormer{Former: make([]byte, maxFormer)}), "%d bytes of fingerprints", n)
	}
}
