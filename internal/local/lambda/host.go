// Package lambda hosts function binaries as AWS Lambda does: each process talks to the Lambda Runtime API, handles
// one invocation at a time, stays warm between them, and is killed when it overruns its timeout. What it
// cannot give is Lambda's sandbox: memory is not limited, and the file system is the machine's.
package lambda

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"
)

// Limits of Lambda, in bytes. A response may be a little larger than a request, for its envelope.
const (
	MaxRequest  = 6 << 20
	MaxResponse = 6<<20 + 100
)

// Function is what the host runs.
type Function struct {
	Name string
	// Binary is the path of the executable, which has to speak the Runtime API (aws-lambda-go's lambda.Start).
	Binary string
	// Environment is all that the process sees besides the variables that Lambda itself sets. It has to hold
	// the region and the credentials.
	Environment map[string]string
	Timeout     time.Duration
	Memory      int // MB, told to the function
	// Concurrency is the most processes at once. An invocation beyond it waits, where AWS would throttle the
	// caller into trying again.
	Concurrency int
}

// Host runs functions.
type Host struct {
	log func(function, line string)

	mu        sync.Mutex
	functions map[string]*function
	closed    bool
}

// NewHost returns a host without functions. Every line that a function prints goes to log, at any time and from
// any goroutine.
func NewHost(log func(function, line string)) *Host {
	return &Host{log: log, functions: map[string]*function{}}
}

// Add makes the function invocable. No process starts before the first invocation.
func (h *Host) Add(f Function) {
	f.Environment = maps.Clone(f.Environment)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.functions[f.Name] = &function{Function: f, host: h, slots: make(chan struct{}, max(1, f.Concurrency)), workers: map[*worker]bool{}}
}

// Invoke runs the function with the payload, a JSON document, and returns its response. When the function
// failed, crashed or timed out the error is a *FunctionError. When ctx ends first, the caller stops waiting, but
// the invocation goes on, as on AWS.
func (h *Host) Invoke(ctx context.Context, name string, payload []byte) ([]byte, error) {
	function, err := h.function(name)
	if err != nil {
		return nil, err
	}
	if len(payload) > MaxRequest {
		return nil, fmt.Errorf("invoke %s: %w: %d bytes", name, ErrRequestTooLarge, len(payload))
	}
	select {
	case function.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("invoke %s: %w", name, ctx.Err())
	}
	call := newInvocation(payload)
	returned := make(chan struct{})
	go func() {
		function.run(call)
		<-function.slots // before the caller hears of it, who may count on the process being free again
		close(returned)
	}()
	select {
	case <-returned:
		return call.response, call.err
	case <-ctx.Done():
		return nil, fmt.Errorf("invoke %s: %w", name, ctx.Err())
	}
}

func (h *Host) function(name string) (*function, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	function := h.functions[name]
	switch {
	case function == nil:
		return nil, fmt.Errorf("function %q is unknown", name)
	case h.closed:
		return nil, fmt.Errorf("invoke %s: %w", name, ErrClosed)
	}
	return function, nil
}

// Close kills every process and refuses further invocations. It returns when the processes are gone.
func (h *Host) Close() {
	h.mu.Lock()
	h.closed = true
	functions := maps.Clone(h.functions)
	h.mu.Unlock()
	for _, function := range functions {
		function.close()
	}
}
