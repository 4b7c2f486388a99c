package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Errors of the host.
var (
	ErrRequestTooLarge = errors.New("request is larger than 6 MB")
	ErrClosed          = errors.New("host is closed")
)

// Types of function errors that Lambda makes up; the others are the names of Go's error types.
const (
	TypeTimeout          = "Sandbox.Timedout"
	TypeExit             = "Runtime.ExitError"
	TypeResponseTooLarge = "Function.ResponseSizeTooLarge"
)

// FunctionError is the error of a failed invocation: the handler returned an error or panicked, or its process crashed or was
// killed, at any point of its work.
type FunctionError struct {
	Function string `json:"-"`
	Type     string `json:"errorType"`
	Message  string `json:"errorMessage"`
}

func (e *FunctionError) Error() string {
	return fmt.Sprintf("function %s failed: %s: %s", e.Function, e.Type, e.Message)
}

// reportedError returns the failure that the function's runtime has posted.
func reportedError(function string, body []byte) *FunctionError {
	e := &FunctionError{Function: function}
	if err := json.Unmarshal(body, e); err != nil {
		e.Type, e.Message = "Unknown", string(body)
	}
	return e
}

func timeoutError(function, id string, after time.Duration) *FunctionError {
	return &FunctionError{Function: function, Type: TypeTimeout, Message: fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", id, after.Seconds())}
}

func exitError(function, id string, cause error) *FunctionError {
	if cause == nil {
		cause = errors.New("exit status 0")
	}
	return &FunctionError{Function: function, Type: TypeExit, Message: fmt.Sprintf("RequestId: %s Error: Runtime exited: %v", id, cause)}
}
