package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"

	"lethe/internal/customer"
)

// wire stands for AWS in a test: it answers a request.
type wire func(*http.Request) (*http.Response, error)

func (w wire) Do(r *http.Request) (*http.Response, error) { return w(r) }

// throttling answers like a table or a queue that is over its limit.
func throttling(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusBadRequest, Request: r, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body: io.NopCloser(strings.NewReader(`{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slower"}`)),
	}, nil
}

// stalling never answers.
func stalling(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// refusing refuses every connection.
func refusing(*http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

// over returns an App with tables and a queue that are reached through a wire, and its log.
func over(w aws.HTTPClient, endpoint string) (*App, *bytes.Buffer) {
	c := Config{
		Table: "t", Ledger: "l", QueueURL: endpoint + "/000000000000/work", IndexShards: 4, Region: "us-east-1",
		AccessKeyID: "local", SecretAccessKey: "local", AdminGroup: adminGroup, GroupsClaim: "groups", LogLevel: slog.LevelError + 1,
		Retention: customer.PeriodOf(time.Hour), PurgeGrace: customer.PeriodOf(time.Hour), AuditRetention: customer.PeriodOf(time.Hour),
	}
	cfg := c.aws(endpoint)
	cfg.HTTPClient = w
	log := &bytes.Buffer{}
	a := assemble(c, cfg, cfg)
	a.log, a.metrics = slog.New(slog.NewJSONHandler(log, nil)), &bytes.Buffer{}
	return a, log
}

// requests returns a request for each route of the API, with the example in the OpenAPI document.
func requests(t *testing.T, a *App) (all []events.APIGatewayV2HTTPRequest) {
	t.Helper()
	document, err := a.HTTP(t.Context(), byAdmin(http.MethodGet, "/openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	var api struct {
		Paths map[string]map[string]struct {
			RequestBody struct {
				Content map[string]struct{ Example json.RawMessage }
			}
		}
	}
	if err := json.Unmarshal([]byte(document.Body), &api); err != nil {
		t.Fatal(err)
	}
	ids := strings.NewReplacer("{id}", "ALFKI", "{key}", "ticket~1", "{hold}", "case-17", "{operation}", customer.NewID())
	for path, methods := range api.Paths {
		for method, route := range methods {
			e := byAdmin(strings.ToUpper(method), ids.Replace(path))
			for contentType, media := range route.RequestBody.Content {
				e.Headers["content-type"], e.Body = contentType, string(media.Example)
				if text := ""; json.Unmarshal(media.Example, &text) == nil {
					e.Body = text
				}
			}
			all = append(all, e)
		}
	}
	return all
}

func byAdmin(method, path string) events.APIGatewayV2HTTPRequest {
	return request(func(e *events.APIGatewayV2HTTPRequest) {
		e.RawPath, e.Body, e.RequestContext.HTTP.Method = path, "", method
		signIn(e, "ann")
	})
}

// TestNoRouteTakesBusyForBroken sends every request of the API to tables that throttle, stall or refuse
// connections, within the function's time limit. Each answer comes in time and says when to try again.
func TestNoRouteTakesBusyForBroken(t *testing.T) {
	t.Parallel()
	const limit = 29 * time.Second
	for name, w := range map[string]wire{"throttled": throttling, "stalled": stalling, "down": refusing} {
		synctest.Test(t, func(t *testing.T) {
			a, _ := over(w, "http://aws")
			all := requests(t, a)
			if len(all) < 36 {
				t.Fatalf("only %d requests", len(all))
			}
			for _, e := range all {
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				got, err := a.HTTP(ctx, e)
				if err != nil || ctx.Err() != nil {
					t.Errorf("%s: %s %s: %v, %v", name, e.RequestContext.HTTP.Method, e.RawPath, err, ctx.Err())
				}
				cancel()
				isBusy(t, fmt.Sprintf("%s: %s %s", name, e.RequestContext.HTTP.Method, e.RawPath), got)
			}
		})
	}
}

func isBusy(t *testing.T, what string, got events.APIGatewayV2HTTPResponse) {
	t.Helper()
	named := strings.Contains(got.Body, `"BUSY"`) || strings.Contains(got.Body, `"UNAVAILABLE"`)
	if got.StatusCode != http.StatusServiceUnavailable || got.Headers["Retry-After"] == "" || !named {
		t.Errorf("%s: %d %v %s", what, got.StatusCode, got.Headers, got.Body)
	}
}

// TestAStalledTableIsAnsweredInTime uses a server that accepts connections and never answers.
func TestAStalledTableIsAnsweredInTime(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	a, _ := over(nil, "http://"+listener.Addr().String())
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	got, err := a.HTTP(ctx, byAdmin(http.MethodGet, "/v1/customers/ALFKI"))
	if err != nil || ctx.Err() != nil {
		t.Fatalf("%v, %v", err, ctx.Err())
	}
	isBusy(t, "a stalled table", got)
}

// TestWhatIsBusyComesAgain runs the other triggers with tables that throttle. Their events are
// delivered again, and the log has warnings but no errors.
func TestWhatIsBusyComesAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, comesAgain)
}

func comesAgain(t *testing.T) {
	a, log := over(wire(throttling), "http://aws")
	worked, err := a.Work(t.Context(), messages(customer.Job{Customer: "c", Generation: "g"}))
	if err != nil || len(worked.BatchItemFailures) != 1 {
		t.Errorf("a message: %v, %v", worked, err)
	}
	seen, err := a.Stream(t.Context(), events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{removedRoot()}})
	if err != nil || len(seen.BatchItemFailures) != 1 {
		t.Errorf("a change: %v, %v", seen, err)
	}
	if err := a.Sweep(t.Context()); err != nil {
		t.Errorf("a sweep: %v", err)
	}
	if text := log.String(); strings.Contains(text, `"ERROR"`) || strings.Count(text, `"WARN"`) != 4 {
		t.Errorf("the log: %s", text)
	}
	if len(a.reported(t)) > 0 {
		t.Error("a lag is reported although it is unknown")
	}
}
