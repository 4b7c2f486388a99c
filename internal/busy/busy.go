// Package busy tells what goes away by itself from what is broken, in the answers of AWS: a
// table or a queue that is busy, slow or cannot be reached is [customer.ErrBusy], and one
// without room is [customer.ErrFull]. It also bounds each attempt of a request, so that one
// that stalls is noticed while there is time to answer.
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

// Tell makes clients of the returned configuration name the errors of requests that may be
// made again, when the SDK has given up on them. The cause stays in the error.
func Tell(cfg aws.Config) aws.Config {
	cfg = cfg.Copy()
	cfg.APIOptions = append(slices.Clip(cfg.APIOptions), tell, bound)
	return cfg
}

func tell(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("TellBusy", told), middleware.Before)
}

func told(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	out, md, err := next.HandleInitialize(ctx, in)
	if err != nil && ctx.Err() == nil { // else it is the caller whose time is over
		err = name(err)
	}
	return out, md, err
}

func name(err error) error {
	switch {
	case full(err):
		return fmt.Errorf("%w: %w", customer.ErrFull, err)
	case passing.IsErrorRetryable(err) == aws.TrueTernary:
		return fmt.Errorf("%w: %w", customer.ErrBusy, err)
	}
	return err
}

// full knows what SQLite says, in which the local engines keep their data (SQLITE_FULL). AWS has room.
func full(err error) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && Full(api.ErrorMessage())
}

// Full says whether an engine's message says that its disk is full.
func Full(message string) bool { return strings.Contains(message, "database or disk is full") }

// passing is what the SDK would try again, and the conflict of a write with a transaction.
var passing = append(retry.IsErrorRetryables(retry.DefaultRetryables), retry.RetryableErrorCode{Codes: map[string]struct{}{
	Conflict: {},
}})

// Conflict is the code of a write that met somebody else's transaction.
var Conflict = (*types.TransactionConflictException)(nil).ErrorCode()

// Throttled says whether AWS asks for a slower pace.
func Throttled(err error) bool {
	return retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary
}
