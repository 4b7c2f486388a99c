package dynamo

import (
	"errors"
	"fmt"

	"lethe/internal/customer"
)

// errContended is the cause when another writer of an item comes first at each attempt.
var errContended = errors.New("another change of the item came first each time")

// errBusy returns the error of a request that is given up: [customer.ErrBusy], with what was tried, the number of attempts
// and the cause of the last failure.
func errBusy(tried string, attempts int, cause error) error {
	return fmt.Errorf("dynamo: %s: %d attempts: %w: %w", tried, attempts, customer.ErrBusy, cause)
}
