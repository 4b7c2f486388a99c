package busy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/smithy-go/middleware"
)

// What an attempt may take. DynamoDB and SQS answer within milliseconds, but a local engine on a slow disk has one queue for
// all, in which bulk work stands for seconds. A worker, which has minutes, waits longer than a request of 29 s, which is
// to make three attempts and still say that they failed.
const (
	leastTime = 5 * time.Second
	mostTime  = 20 * time.Second
	share     = 5 // of the time that the caller has left
)

func timeOf(ctx context.Context, operation string) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok || operation == "Scan" { // which reads a megabyte, for nobody who waits at a screen
		return mostTime
	}
	return max(leastTime, min(time.Until(deadline)/share, mostTime))
}

// bound goes below the SDK's retries, so that each attempt has its own time.
func bound(stack *middleware.Stack) error {
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("BoundAttempt", bounded), "Retry", middleware.After)
}

func bounded(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
	operation := middleware.GetOperationName(ctx)
	limit := timeOf(ctx, operation)
	attempt, cancel := context.WithTimeout(ctx, limit)
	defer cancel() // the answer has been read
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

// stalledError is an attempt without an answer in time. It does not wrap what the transport says, which
// is that the caller has given up: the SDK would not try again.
type stalledError struct {
	operation string
	limit     time.Duration
}

func (e *stalledError) Error() string {
	return fmt.Sprintf("no answer to %s within %s", e.operation, e.limit.Round(time.Second))
}

// Timeout tells the SDK to try again.
func (e *stalledError) Timeout() bool { return true }

// fullError is an attempt at a store without room, which the SDK would take for a passing fault.
type fullError struct{ error }

func (e *fullError) Unwrap() error { return e.error }

// RetryableError tells the SDK not to try again.
func (e *fullError) RetryableError() bool { return false }
