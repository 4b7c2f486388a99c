// Package recorded runs Lethe's real functions against a local engine, and records what they ask of AWS as traces that
// package cloud plays.
package recorded

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"lethe/internal/scale/cloud"
)

// proxy stands between the functions and the engine. While it records, it holds each request until no more come, and then
// has all of them answered: these are a stage. So a trace does not depend on the speed of this machine.
type proxy struct {
	server *httptest.Server
	engine string // URL
	tables *tables

	staging sync.Mutex // held by the stage that is recorded

	mu        sync.Mutex
	recording bool
	trace     cloud.Trace
	changes   []change // of roots, in order
	held      []*held
	quiet     *time.Timer
	messages  []string // bodies, in order
	backlog   int      // that the queue says it has
	failed    error
}

// held is a request that waits for its stage.
type held struct {
	operation string
	body      []byte
	answer    chan *answer
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

// quietTime is how long no request must come until those that are held are a stage: much longer than the functions compute
// between two requests.
const quietTime = 12 * time.Millisecond

func newProxy(engine string) *proxy {
	p := &proxy{engine: engine}
	p.server = httptest.NewServer(p)
	return p
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a := p.await(&held{operation, body, make(chan *answer, 1)})
	for name, values := range a.header {
		if name == "Content-Type" || strings.HasPrefix(name, "X-Amz") {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}

// await returns the answer to a request, while the proxy records together with its stage.
func (p *proxy) await(h *held) *answer {
	p.mu.Lock()
	if !p.recording {
		p.mu.Unlock()
		a, err := p.forward(h.operation, h.body)
		return p.check(a, err)
	}
	p.held = append(p.held, h)
	if p.quiet == nil {
		p.quiet = time.AfterFunc(quietTime, p.stage)
	} else {
		p.quiet.Reset(quietTime)
	}
	p.mu.Unlock()
	return <-h.answer
}

// check turns an error of the harness into a failed request, and keeps the error for the end of the recording.
func (p *proxy) check(a *answer, err error) *answer {
	if err == nil {
		return a
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed == nil {
		p.failed = err
	}
	return &answer{status: http.StatusBadRequest, body: []byte(`{"__type":"com.amazonaws.dynamodb.v20120810#ValidationException","message":"the recorder failed"}`)}
}

// stage has the requests that are held answered, one after the other, and records them. One stage runs at a time.
func (p *proxy) stage() {
	p.staging.Lock()
	defer p.staging.Unlock()
	p.mu.Lock()
	batch := p.held
	p.held = nil
	p.mu.Unlock()
	var stage cloud.Stage
	answers := make([]*answer, len(batch))
	for i, h := range batch {
		request, a, err := p.record(h)
		answers[i] = p.check(a, err)
		stage = append(stage, request)
	}
	p.mu.Lock()
	if len(stage) > 0 {
		p.trace.Stages = append(p.trace.Stages, stage)
	}
	p.mu.Unlock()
	for i, h := range batch {
		h.answer <- answers[i]
	}
}

func (p *proxy) record(h *held) (cloud.Request, *answer, error) {
	request := cloud.Request{Operation: h.operation}
	if queueOperations[h.operation] {
		before := len(p.messages)
		a, err := p.forward(h.operation, h.body)
		request.Messages = len(p.messages) - before
		return request, a, err
	}
	asking, err := askForUnits(h.body)
	if err != nil {
		return request, nil, err
	}
	uses, err := usesOf(h.operation, h.body)
	if err != nil {
		return request, nil, err
	}
	before, err := p.images(uses)
	if err != nil {
		return request, nil, err
	}
	a, err := p.forward(h.operation, asking)
	if err != nil || a.status != http.StatusOK {
		return request, a, err
	}
	after, err := p.images(uses)
	if err != nil {
		return request, nil, err
	}
	request.Parts, err = p.tables.parts(uses, before, after, a.body)
	p.noteChanges(uses, before, after)
	return request, a, err
}

// forward answers the requests to the queue, and has the engine answer the others.
func (p *proxy) forward(operation string, body []byte) (*answer, error) {
	if queueOperations[operation] {
		return p.queue(operation, body)
	}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, p.engine, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	request.Header.Set("Content-Type", "application/x-amz-json-1.0")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
	request.Header.Set("X-Amz-Date", "20260101T000000Z")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask the engine: %w", err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	return &answer{response.StatusCode, response.Header, data}, err
}

// begin starts a recording.
func (p *proxy) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recording, p.trace, p.changes, p.messages = true, cloud.Trace{}, nil, nil
}

// end ends it, and returns what was recorded.
func (p *proxy) end() (cloud.Trace, []change, []string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.recording = false
	return p.trace, p.changes, p.messages, p.failed
}

// askForUnits makes a request return what it consumes.
func askForUnits(body []byte) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, fmt.Errorf("read a request: %w", err)
	}
	members["ReturnConsumedCapacity"] = json.RawMessage(`"INDEXES"`)
	return json.Marshal(members)
}
