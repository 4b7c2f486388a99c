package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"time"
)

// startLimit is the time after which a function that asks for no event has failed.
const startLimit = 10 * time.Second

// runtimeAPI is as much of Lambda's Runtime API as a function needs until its first event, which never comes.
type runtimeAPI struct {
	address string
	server  *http.Server
	asked   chan time.Time // when a function asked for an event
}

func newRuntimeAPI() (*runtimeAPI, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve the Runtime API: %w", err)
	}
	r := &runtimeAPI{address: listener.Addr().String(), asked: make(chan time.Time, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(_ http.ResponseWriter, request *http.Request) {
		r.asked <- time.Now()
		<-request.Context().Done()
	})
	r.server = &http.Server{Handler: mux, ReadHeaderTimeout: startLimit}
	go func() { _ = r.server.Serve(listener) }() // ends with close
	return r, nil
}

func (r *runtimeAPI) close() { _ = r.server.Close() }

// start starts a function once, and ends it when it asks for an event.
func (r *runtimeAPI) start(ctx context.Context, f *function) error {
	var output bytes.Buffer
	process := exec.CommandContext(ctx, f.binary)
	process.Env, process.Stdout, process.Stderr = r.environment(), &output, &output
	began := time.Now()
	if err := process.Start(); err != nil {
		return err
	}
	var asked time.Time
	select {
	case asked = <-r.asked:
	case <-time.After(startLimit):
	case <-ctx.Done():
	}
	_ = process.Process.Kill()
	_ = process.Wait() // it was killed
	if asked.IsZero() {
		return errors.Join(ctx.Err(), fmt.Errorf("it did not ask for an event within %s; its output:\n%s", startLimit, &output))
	}
	f.waits = append(f.waits, asked.Sub(began))
	f.processor = append(f.processor, process.ProcessState.UserTime()+process.ProcessState.SystemTime())
	return nil
}

// environment returns the variables that a function needs to start. Nothing listens at the addresses: no event comes.
func (r *runtimeAPI) environment() []string {
	return []string{
		"AWS_LAMBDA_RUNTIME_API=" + r.address, "AWS_LAMBDA_FUNCTION_NAME=coldstart", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512",
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "_HANDLER=bootstrap",
		"TABLE=table", "LEDGER=ledger", "QUEUE_URL=http://127.0.0.1:1/work",
		"AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:1", "AWS_ENDPOINT_URL_SQS=http://127.0.0.1:1",
	}
}
