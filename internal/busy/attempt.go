package busy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/smithy-go/middleware"
)

const (
	// attemptTime is what an attempt may take. DynamoDB and SQS answer within milliseconds; a batch of the largest items
	// takes a second. Three attempts leave an HTTP request time to say that they failed.
	attemptTime = 5 * time.Second
	scanTime    = 20 * time.Second // of a megabyte of whatever items, for nobody who waits at a screen
)

func timeOf(operation string) time.Duration {
	if operation == "Scan" {
		return scanTime
	}
	return attemptTime
}

// bound goes below the SDK's retries, so that each attempt has its own time.
func bound(stack *middleware.Stack) error {
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("BoundAttempt", bounded), "Retry", middleware.After)
}

func bounded(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
	operation := middleware.GetOperationName(ctx)
	attempt, cancel := context.WithTimeout(ctx, timeOf(operation))
	defer cancel() // the answer has been read
	out, md, err := next.HandleFinalize(attempt, in)
	switch {
	case err == nil:
	case ctx.Err() == nil && errors.Is(attempt.Err(), context.DeadlineExceeded):
		err = &stalledError{operation}
	case full(err):
		err = &fullError{err}
	}
	return out, md, err
}

// stalledError is an attempt without an answer in time. It does not wrap what the transport says, which
// is that the caller has given up: the SDK would not try again.
type stalledError struct{ operation string }

func (e *stalledError) Error() string {
	return fmt.Sprintf("no answer to %s within %s", e.operation, timeOf(e.operation))
}

// Timeout tells the SDK to try again.
func (e *stalledError) Timeout() bool { return true }

// fullError is an attempt at a store without room, which the SDK would take for a passing fault.
type fullError struct{ error }

func (e *fullError) Unwrap() error { return e.error }

// RetryableError tells the SDK not to try again.
func (e *fullError) RetryableError() bool { return false }
