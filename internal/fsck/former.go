package fsck

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"

	"lethe/internal/customer"
)

// The fingerprints of a customer's former words, three bytes each, and one more than there is
// room for where there were too many.
const (
	fingerprint = 3
	maxFormer   = 21 * fingerprint
)

// checkFormer finds fingerprints of a wrong length.
func (e *examination) checkFormer() {
	if n := len(e.root.Former); n%fingerprint != 0 || n > maxFormer {
		e.rooted(BadState, e.fillFormer, "%d bytes of fingerprints", n)
	}
}

// fillFormer makes up fingerprints that are lost: as if there had been too many, so that nothing
// of a reason is kept that may have a former name.
func (e *examination) fillFormer(ctx context.Context) error {
	return e.updateRoot(ctx, e.bumped(expression.Set(expression.Name("former"), expression.Value(make([]byte, maxFormer))), customer.ActionRepaired))
}
