package sim

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// Fault is what happens to one request to AWS.
type Fault int

// The faults.
const (
	None     Fault = iota
	Undone         // it is not sent
	Done           // it is carried out, but its answer is lost
	Throttle       // AWS refuses it: too many requests
	Conflict       // AWS refuses it because of another transaction on the same item; reads pass
	Partial        // AWS leaves half of a batch undone; other requests pass
	Late           // it is sent and answered, and Deliver sends it again later
)

func (f Fault) String() string {
	return [...]string{"none", "undone", "done", "throttle", "conflict", "partial", "late"}[f]
}

// Call is one request to AWS.
type Call struct {
	N         int    // the first is 1
	Operation string // such as UpdateItem or SendMessageBatch
}

// Faults injects faults into the requests of the clients that it is attached to. The zero value only
// counts requests.
type Faults struct {
	mu    sync.Mutex
	plan  func(Call) Fault
	calls []Call
	late  []func() error
}

// Attach returns a configuration with which f injects faults into requests. The SDK does not
// retry a failed request, so that each failure reaches the code under test.
func (f *Faults) Attach(cfg aws.Config) aws.Config {
	return through(cfg, func(next aws.HTTPClient) aws.HTTPClient {
		return doer(func(r *http.Request) (*http.Response, error) { return f.do(next, r) })
	})
}

// doer is a function as an aws.HTTPClient.
type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// through returns a configuration with its HTTP client wrapped.
func through(cfg aws.Config, wrap func(aws.HTTPClient) aws.HTTPClient) aws.Config {
	cfg = cfg.Copy()
	next := cfg.HTTPClient
	if next == nil {
		next = awshttp.NewBuildableClient()
	}
	cfg.HTTPClient = wrap(next)
	return cfg
}

// Plan sets the function that decides about each request, and counts requests from 1 again. It
// returns the requests made since the last call of Plan. With nil, no request gets a fault.
func (f *Faults) Plan(plan func(Call) Fault) []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	calls := f.calls
	f.plan, f.calls = plan, nil
	return calls
}

// Fail injects the fault into the n-th request from now on. With dies, all later requests are Undone.
func (f *Faults) Fail(n int, fault Fault, dies bool) {
	f.Plan(func(c Call) Fault {
		switch {
		case c.N == n:
			return fault
		case c.N > n && dies:
			return Undone
		}
		return None
	})
}

// Random injects one of the faults, all equally likely, into the given share of requests. Concurrent
// requests draw from rng in the order of their arrival.
func (f *Faults) Random(rng *rand.Rand, share float64, faults ...Fault) {
	f.Plan(func(Call) Fault {
		if rng.Float64() < share {
			return faults[rng.IntN(len(faults))]
		}
		return None
	})
}

func (f *Faults) next(r *http.Request) (Call, Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	call := Call{N: len(f.calls) + 1, Operation: operationOf(r)}
	f.calls = append(f.calls, call)
	if f.plan == nil {
		return call, None
	}
	return call, f.plan(call)
}

func (f *Faults) do(next aws.HTTPClient, r *http.Request) (*http.Response, error) {
	call, fault := f.next(r)
	switch fault {
	case Undone:
		return nil, lost{call, fault}
	case Done:
		return nil, errors.Join(lost{call, fault}, drop(next.Do(r)))
	case Throttle:
		return refusal(r, throttling), nil
	case Conflict:
		return conflict(next, r, call.Operation)
	case Partial:
		return partial(next, r, call.Operation)
	case Late:
		if err := f.keep(next, r); err != nil {
			return nil, err
		}
		return next.Do(r)
	default:
		return next.Do(r)
	}
}

func operationOf(r *http.Request) string {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	return operation
}

// drop reads and discards an answer.
func drop(response *http.Response, err error) error {
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// lost is the error of a request without an answer. The SDK treats it as cancelled, which it does not
// retry.
type lost struct {
	Call

	fault Fault
}

func (l lost) Error() string { return "injected fault: " + l.Operation + " fails " + l.fault.String() }

// CanceledError tells the SDK not to retry the request.
func (lost) CanceledError() bool { return true }

const (
	throttling = `{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",` +
		`"message":"The level of configured provisioned throughput for the table was exceeded."}`
	conflicting = `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException",` +
		`"message":"Transaction is ongoing for the item"}`
	cancelled = `{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException",` +
		`"Message":"Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict]",` +
		`"CancellationReasons":[{"Code":"TransactionConflict","Message":"Transaction is ongoing for the item"}]}`
)

// refusal returns the answer with which AWS refuses a request.
func refusal(r *http.Request, body string) *http.Response {
	return &http.Response{
		Status: "400 Bad Request", StatusCode: http.StatusBadRequest,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:  http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body:    io.NopCloser(bytes.NewBufferString(body)),
		Request: r,
	}
}

func conflict(next aws.HTTPClient, r *http.Request, operation string) (*http.Response, error) {
	switch operation {
	case "TransactWriteItems":
		return refusal(r, cancelled), nil
	case "PutItem", "UpdateItem", "DeleteItem":
		return refusal(r, conflicting), nil
	}
	return next.Do(r)
}
