package lambda

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// runtimeAPI returns the handler of Lambda's Runtime API for one process.
func (w *worker) runtimeAPI() http.Handler {
	const root = "/2018-06-01/runtime"
	api := http.NewServeMux()
	api.HandleFunc("GET "+root+"/invocation/next", w.handleNext)
	api.HandleFunc("POST "+root+"/invocation/{id}/response", w.handleResponse)
	api.HandleFunc("POST "+root+"/invocation/{id}/error", w.handleError)
	api.HandleFunc("POST "+root+"/init/error", w.handleInitError)
	return api
}

func (w *worker) handleNext(response http.ResponseWriter, request *http.Request) {
	select {
	case call := <-w.next:
		w.deliver(response, call)
	case <-request.Context().Done():
	}
}

func (w *worker) deliver(response http.ResponseWriter, call *invocation) {
	header := response.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Lambda-Runtime-Aws-Request-Id", call.id)
	header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(w.function.Timeout).UnixMilli(), 10))
	header.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:"+w.function.Name)
	_, _ = response.Write(call.payload) // if the process is gone, its end is noticed elsewhere
	if call.fault != nil && call.fault.At == Received {
		go w.killDuring(call)
	}
}

// killDuring kills the process after the fault's delay, unless the invocation ends first.
func (w *worker) killDuring(call *invocation) {
	delay := time.NewTimer(call.fault.After)
	defer delay.Stop()
	select {
	case <-delay.C:
	case <-call.done:
		return
	}
	if _, err := w.invocation(call.id); err == nil {
		w.process.Kill()
	}
}

func (w *worker) handleResponse(response http.ResponseWriter, request *http.Request) {
	w.settle(response, request, func(call *invocation, body []byte) { call.end(body, nil) })
}

func (w *worker) handleError(response http.ResponseWriter, request *http.Request) {
	w.settle(response, request, func(call *invocation, body []byte) { call.end(nil, reportedError(w.function.Name, body)) })
}

// settle ends the invocation of the request with the request's body.
func (w *worker) settle(response http.ResponseWriter, request *http.Request, end func(*invocation, []byte)) {
	call, err := w.invocation(request.PathValue("id"))
	if err != nil {
		http.Error(response, err.Error(), http.StatusForbidden)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, MaxResponse))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		_, _ = io.Copy(io.Discard, request.Body)
		call.end(nil, &FunctionError{Function: w.function.Name, Type: TypeResponseTooLarge, Message: "the response is larger than 6 MB"})
		http.Error(response, `{"errorType":"RequestEntityTooLarge"}`, http.StatusRequestEntityTooLarge)
		return
	}
	if call.fault != nil && call.fault.At == Answering {
		w.process.Kill()
		return
	}
	if err == nil { // else the process died during its answer; its end is noticed elsewhere
		end(call, body)
		response.WriteHeader(http.StatusAccepted)
	}
}

func (w *worker) handleInitError(response http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(io.LimitReader(request.Body, MaxResponse))
	if err == nil {
		w.mu.Lock()
		w.initError = reportedError(w.function.Name, body)
		w.mu.Unlock()
	}
	response.WriteHeader(http.StatusAccepted)
}
