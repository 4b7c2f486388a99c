package dynamo

import (
	"time"

	"lethe/internal/backoff"
)

const maxWait = 2 * time.Second // between two attempts

// Waits between attempts, by what came in between.
var (
	afterFaster    = backoff.Exponential{First: 10 * time.Millisecond, Max: maxWait}  // another writer of an item was faster
	afterConflict  = backoff.Exponential{First: 25 * time.Millisecond, Max: maxWait}  // with another transaction
	afterLeftOut   = backoff.Exponential{First: 25 * time.Millisecond, Max: maxWait}  // a batch was read in part
	afterThrottled = backoff.Exponential{First: 50 * time.Millisecond, Max: maxWait}  // a batch was written in part, or not
	afterAppended  = backoff.Exponential{First: 100 * time.Millisecond, Max: maxWait} // another one has appended to a chain
)
