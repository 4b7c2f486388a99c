package busy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/smithy-go/middleware"
)

// The time limit of an attempt. DynamoDB and SQS answer within milliseconds, but a local engine on a slow disk serves all
// requests from one queue, and bulk work can delay it for seconds. An attempt gets a fraction of the time that is left: a
// worker has minutes and can wait; an HTTP request has 29 s, which must be enough for three attempts and the answer.
const (
	minLimit = 5 * time.Second
	maxLimit = 20 * time.Second
	share    = 5 // an attempt gets the remaining time divided by this
)

func limitOf(ctx context.Context, operation string) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok || operation == "Scan" { // reads a megabyte, and no person waits for it
		return maxLimit
	}
	return max(minLimit, min(time.Until(deadline)/share, maxLimit))
}

// limitAttempts adds the limit below the SDK's retries, so that each attempt has its own.
func limitAttempts(stack *middleware.Stack) error {
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("LimitAttempt", limited), "Retry", middleware.After)
}

func limited(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
	operation := middleware.GetOperationName(ctx)
	limit := limitOf(ctx, operation)
	attempt, cancel := context.WithTimeout(ctx, limit)
	defer cancel() // the answer is already read
	out, md, err := next.HandleFinalize(attempt, in)
	switch {
	case err == nil:
	case ctx.Err() == nil && errors.Is(attempt.Err(), context.DeadlineExceeded):
		err = &stalledError{operation, limit}
	case full(err):
		err = &fullError{err}
	}
	return out, md, err
}

// stalledError is an attempt without an answer in time. It does not wrap the transport's error, a
// cancelled context: the SDK would take it for the caller's, and not retry.
type stalledError struct {
	operation string
	limit     time.Duration
}

func (e *stalledError) Error() string {
	return fmt.Sprintf("no answer to %s within %s", e.operation, e.limit.Round(time.Second))
}

// Timeout makes the SDK retry.
func (e *stalledError) Timeout() bool { return true }

// fullError is an attempt that failed because the disk is full. The SDK would take it for a transient fault.
type fullError struct{ error }

func (e *fullError) Unwrap() error { return e.error }

// RetryableError keeps the SDK from retrying.
func (e *fullError) RetryableError() bool { return false }
