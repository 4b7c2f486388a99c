package dynamo

import (
	"time"

	"lethe/internal/backoff"
)

const maxWait = 2 * time.Second // between two attempts

// Waits between attempts, by the cause of the failure.
var (
	afterDrawn     = backoff.Exponential{First: 2 * time.Millisecond, Max: maxWait}  // conflict on a part of the totals: the next attempt draws another
	afterFaster    = backoff.Exponential{First: 10 * time.Millisecond, Max: maxWait} // another write of the item came first
	afterConflict  = backoff.Exponential{First: 25 * time.Millisecond, Max: maxWait} // conflict with another transaction
	afterLeftOut   = backoff.Exponential{First: 25 * time.Millisecond, Max: maxWait} // DynamoDB returned unprocessed keys
	afterThrottled = backoff.Exponential{First: 50 * time.Millisecond, Max: maxWait} // DynamoDB returned unprocessed items, or throttled the batch

	// Another process appended to the chain. An append takes about as long; who waits longer loses its turn to the next.
	afterAppended = backoff.Exponential{First: 20 * time.Millisecond, Max: 20 * time.Millisecond}
)
