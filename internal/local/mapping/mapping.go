// Package mapping calls functions with messages of queues and records of streams, as Lambda's event source mappings do: batches,
// partial failures, retries, bisection, concurrency and checkpoints. Delivery is at least once.
package mapping

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"
)

// Invoke calls the function of the mapping.
type Invoke func(ctx context.Context, event []byte) (response []byte, err error)

// Delays between attempts after a failure.
const (
	firstDelay   = 100 * time.Millisecond
	longestDelay = 10 * time.Second
)

// delay returns the wait after a number of failures in a row. It doubles each time, and half of it is random.
func delay(failures int) time.Duration {
	full := longestDelay
	if failures < 7 {
		full = min(longestDelay, firstDelay<<failures)
	}
	return full/2 + rand.N(full/2)
}

// sleep waits until d is over or ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// batchResponse is what a function with ReportBatchItemFailures returns.
type batchResponse struct {
	BatchItemFailures []struct {
		ItemIdentifier *string `json:"itemIdentifier"`
	} `json:"batchItemFailures"`
}

// failures returns the identifiers that the function reports as failed. It is an error, which fails the whole batch as on
// Lambda, if the answer is not JSON, or an identifier is empty or of no item.
func failures(response []byte, items map[string]bool) (map[string]bool, error) {
	failed := map[string]bool{}
	if len(bytes.TrimSpace(response)) == 0 {
		return failed, nil
	}
	var reported batchResponse
	if err := json.Unmarshal(response, &reported); err != nil {
		return nil, fmt.Errorf("the function's report of failures: %w", err)
	}
	for _, failure := range reported.BatchItemFailures {
		if failure.ItemIdentifier == nil || !items[*failure.ItemIdentifier] {
			return nil, fmt.Errorf("the function reports a failure of an item that it was not given: %s", response)
		}
		failed[*failure.ItemIdentifier] = true
	}
	return failed, nil
}
