package fsck

import "lethe/internal/repair"

// The fingerprints of a customer's former words, three bytes each, and one more than there is
// room for where there were too many.
const (
	fingerprint = 3
	maxFormer   = 21 * fingerprint
)

// checkFormer finds fingerprints of a wrong length. They are replaced as if there had been too many, so that nothing of a
// reason is kept that may have a former name.
func (e *examination) checkFormer() {
	if n := len(e.root.Former); n%fingerprint != 0 || n > maxFormer {
		e.rootProblem(BadState, e.fixRoot(repair.SetFormer{Former: make([]byte, maxFormer)}), "%d bytes of fingerprints", n)
	}
}
