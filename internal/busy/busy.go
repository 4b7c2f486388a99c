// Package busy classifies the errors of AWS. If a table or a queue is busy, slow or out of reach, the error is
// [customer.ErrBusy] and the request may be repeated. If the disk of a local engine is full, it is [customer.ErrFull].
// The package also limits the time of each attempt, so that a stalled attempt fails while there is time to answer.
package busy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"lethe/internal/customer"
)

// Configure returns a configuration with which clients classify the error of the SDK's last attempt and limit the time
// of each attempt. The error still wraps its cause.
func Configure(cfg aws.Config) aws.Config {
	cfg = cfg.Copy()
	cfg.APIOptions = append(slices.Clip(cfg.APIOptions), addClassifier, limitAttempts)
	return cfg
}

func addClassifier(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ClassifyErrors", classified), middleware.Before)
}

func classified(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	out, md, err := next.HandleInitialize(ctx, in)
	if err != nil && ctx.Err() == nil { // else the caller's time is over
		err = classify(err)
	}
	return out, md, err
}

func classify(err error) error {
	switch {
	case full(err):
		return fmt.Errorf("%w: %w", customer.ErrFull, err)
	case retryable.IsErrorRetryable(err) == aws.TrueTernary:
		return fmt.Errorf("%w: %w", customer.ErrBusy, err)
	}
	return err
}

// full recognises SQLITE_FULL: the local engines keep their data in SQLite. AWS never gives this answer.
func full(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && DiskFull(api.ErrorMessage())
}

// DiskFull reports whether a local engine's message means that its disk is full.
func DiskFull(message string) bool { return strings.Contains(message, "database or disk is full") }

// retryable recognises the errors that the SDK retries, and the conflict of a write with a transaction.
var retryable = append(retry.IsErrorRetryables(retry.DefaultRetryables), retry.RetryableErrorCode{Codes: map[string]struct{}{
	Conflict: {},
}})

// Conflict is the error code of a write to an item that a transaction is writing.
var Conflict = (*types.TransactionConflictException)(nil).ErrorCode()

// Throttled reports whether AWS asks for fewer requests.
func Throttled(err error) bool {
	return retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary
}
