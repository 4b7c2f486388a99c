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

// Fault is what becomes of one request to AWS.
type Fault int

// The faults.
const (
	None     Fault = iota
	Undone         // it is never sent
	Done           // it is sent, and its answer lost
	Throttle       // AWS refuses it: too many requests
	Conflict       // AWS refuses it: another transaction is at the same item; reads pass
	Partial        // AWS leaves half of a batch undone; what is no batch of several passes
	Late           // it is sent and answered, and comes again when Deliver says so
)

func (f Fault) String() string {
	return [...]string{"none", "undone", "done", "throttle", "conflict", "partial", "late"}[f]
}

// Call is one request to AWS.
type Call struct {
	N         int    // the first is 1
	Operation string // such as UpdateItem or SendMessageBatch
}

// Faults disturbs the requests of clients that it is attached to. Its zero value only
// counts them.
type Faults struct {
	mu    sync.Mutex
	plan  func(Call) Fault
	calls []Call
	late  []func() error
}

// Attach returns the configuration for clients whose requests f disturbs. The SDK
// repeats none that f fails, so that each failure reaches the code under test.
func (f *Faults) Attach(cfg aws.Config) aws.Config {
	return through(cfg, func(next aws.HTTPClient) aws.HTTPClient {
		return doer(func(r *http.Request) (*http.Response, error) { return f.do(next, r) })
	})
}

// doer makes an aws.HTTPClient of a function.
type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// through puts something between the clients of a configuration and the wire.
func through(cfg aws.Config, wrap func(aws.HTTPClient) aws.HTTPClient) aws.Config {
	cfg = cfg.Copy()
	next := cfg.HTTPClient
	if next == nil {
		next = awshttp.NewBuildableClient()
	}
	cfg.HTTPClient = wrap(next)
	return cfg
}

// Plan makes plan decide of every request from now on, counted anew from 1. It returns
// the requests made since the last call of Plan. Nil disturbs none.
func (f *Faults) Plan(plan func(Call) Fault) []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	calls := f.calls
	f.plan, f.calls = plan, nil
	return calls
}

// Fail fails the n-th request from now on, and with dies all after it: undone.
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

// Random disturbs the given share of requests, each fault being as likely as the others.
// Those that run at once draw in the order in which they come.
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

// drop reads an answer that nobody gets to see.
func drop(response *http.Response, err error) error {
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// lost is the error of a request whose answer never came. The SDK takes it for a
// cancelled one, which it doesn't repeat.
type lost struct {
	Call

	fault Fault
}

func (l lost) Error() string { return "injected fault: " + l.Operation + " fails " + l.fault.String() }

// CanceledError tells the SDK not to repeat the request.
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

// refusal is the answer with which AWS refuses a request.
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
