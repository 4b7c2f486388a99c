// Package mapping feeds functions from queues and streams as Lambda's event source mappings do: batches, partial
// failures, retries, bisection, concurrency and checkpoints. Delivery is at least once.
package mapping

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"
)

// Invoke calls the function that is fed.
type Invoke func(ctx context.Context, event []byte) (response []byte, err error)

// Delays between tries after a failure.
const (
	firstDelay   = 100 * time.Millisecond
	longestDelay = 10 * time.Second
)

// delay is how long to wait after so many failures in a row: twice as long each time, with half of it random.
func delay(failures int) time.Duration {
	full := longestDelay
	if failures < 7 {
		full = min(longestDelay, firstDelay<<failures)
	}
	return full/2 + rand.N(full/2)
}

// sleep waits, but not longer than ctx.
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

// failures returns the identifiers that the function reports as failed. An answer that Lambda does not understand
// fails the whole batch, which is an error here: not JSON, or an identifier that is empty or names no item.
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
