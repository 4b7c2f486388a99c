// Package lambda hosts function binaries as AWS Lambda does: each process uses the Lambda Runtime API, handles
// one invocation at a time, stays warm between invocations, and is killed when one exceeds the timeout. There is
// no sandbox: memory is not limited, and the file system is the machine's.
package lambda

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"
)

// Limits of Lambda, in bytes. A response may be a little larger than a request, because of its envelope.
const (
	MaxRequest  = 6 << 20
	MaxResponse = 6<<20 + 100
)

// Function is a function that the host runs.
type Function struct {
	Name string
	// Binary is the path of the executable, which must use the Runtime API (lambda.Start of aws-lambda-go).
	Binary string
	// Environment is the environment of the process, besides the variables that Lambda sets. It must have
	// the region and the credentials.
	Environment map[string]string
	Timeout     time.Duration
	Memory      int // MB; the function can read it
	// Concurrency is the maximum of concurrent processes. An invocation above it waits; on AWS the caller would be
	// throttled and try again.
	Concurrency int
}

// Host runs functions.
type Host struct {
	log func(function, line string)

	mu        sync.Mutex
	functions map[string]*function
	closed    bool
}

// NewHost returns a host without functions. It calls log for every line that a function prints, at any time and from
// any goroutine.
func NewHost(log func(function, line string)) *Host {
	return &Host{log: log, functions: map[string]*function{}}
}

// Add adds a function. Its first process starts with the first invocation.
func (h *Host) Add(f Function) {
	f.Environment = maps.Clone(f.Environment)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.functions[f.Name] = &function{Function: f, host: h, slots: make(chan struct{}, max(1, f.Concurrency)), workers: map[*worker]bool{}}
}

// Invoke runs the function with the payload, a JSON document, and returns its response. If the function
// fails, crashes or times out, the error is a *FunctionError. If ctx ends first, Invoke returns, but
// the invocation continues, as on AWS.
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
		<-function.slots // before Invoke returns: the caller may rely on the free slot
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

// Close kills all processes and refuses further invocations. It returns when the processes have ended.
func (h *Host) Close() {
	h.mu.Lock()
	h.closed = true
	functions := maps.Clone(h.functions)
	h.mu.Unlock()
	for _, function := range functions {
		function.close()
	}
}
