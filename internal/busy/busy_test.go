package busy_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"lethe/internal/busy"
	"lethe/internal/customer"
)

func config(endpoint string) aws.Config {
	return busy.Configure(aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		BaseEndpoint: &endpoint, RetryMaxAttempts: 1,
	})
}

func get(ctx context.Context, cfg aws.Config) error {
	_, err := dynamodb.NewFromConfig(cfg).GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String("t"), Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "a"}},
	})
	return err
}

func send(ctx context.Context, cfg aws.Config) error {
	_, err := sqs.NewFromConfig(cfg).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: cfg.BaseEndpoint, MessageBody: aws.String("m")})
	return err
}

// TestErrorsOfAWSAreNamed has each answer of AWS that is no fault of the request, some that are, and
// what the local engines say when their disk is full.
func TestErrorsOfAWSAreNamed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		code, message string
		status        int
		want          error // nil: neither
	}{
		{"ProvisionedThroughputExceededException", "", 400, customer.ErrBusy},
		{"ThrottlingException", "", 400, customer.ErrBusy},
		{"RequestLimitExceeded", "", 400, customer.ErrBusy},
		{"LimitExceededException", "", 400, customer.ErrBusy},
		{"TransactionConflictException", "", 400, customer.ErrBusy},
		{"TransactionInProgressException", "", 400, customer.ErrBusy},
		{"InternalServerError", "", 500, customer.ErrBusy},
		{"ServiceUnavailable", "", 503, customer.ErrBusy},
		{"InternalServerError", "commit failed (backend: database or disk is full)", 500, customer.ErrFull},
		{"ERR_SQLITE_ERROR", "database or disk is full", 500, customer.ErrFull},
		{"ValidationException", "", 400, nil},
		{"AccessDeniedException", "", 400, nil},
		{"ResourceNotFoundException", "", 400, nil},
		{"ConditionalCheckFailedException", "", 400, nil},
	} {
		t.Run(tt.code+tt.message, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/x-amz-json-1.0")
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, `{"__type":"com.amazonaws.dynamodb.v20120810#`+tt.code+`","message":"`+tt.message+`"}`)
			}))
			defer server.Close()
			for service, err := range map[string]error{"DynamoDB": get(t.Context(), config(server.URL)), "SQS": send(t.Context(), config(server.URL))} {
				named(t, service, err, tt.want)
				if !strings.Contains(err.Error(), tt.code) {
					t.Errorf("%s: the cause is gone: %v", service, err)
				}
			}
		})
	}
}

func named(t *testing.T, what string, err, want error) {
	t.Helper()
	for _, name := range []error{customer.ErrBusy, customer.ErrFull} {
		if got := errors.Is(err, name); err == nil || got != errors.Is(want, name) {
			t.Errorf("%s: %v; is it %q? %v", what, err, name, got)
		}
	}
}

func TestAnEngineThatIsDownIsBusy(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	named(t, "DynamoDB", get(t.Context(), config(server.URL)), customer.ErrBusy)
	named(t, "SQS", send(t.Context(), config(server.URL)), customer.ErrBusy)
}

// stalled takes requests, and answers none before they are given up.
type stalled struct{ requests int }

func (s *stalled) Do(r *http.Request) (*http.Response, error) {
	s.requests++
	<-r.Context().Done()
	return nil, &net.OpError{Op: "read", Err: r.Context().Err()}
}

// TestEachAttemptHasATimeOfItsOwn has a table that answers nothing, and callers that have more or less time.
func TestEachAttemptHasATimeOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		has      time.Duration
		attempts int
		scan     bool
		least    time.Duration
		most     time.Duration
	}{
		{name: "one attempt of a request", has: 27 * time.Second, attempts: 1, least: 5 * time.Second, most: 6 * time.Second},
		{name: "all attempts of a request", has: 27 * time.Second, attempts: 3, least: 15 * time.Second, most: 24 * time.Second},
		{name: "late in a request", has: 8 * time.Second, attempts: 1, least: 5 * time.Second, most: 5 * time.Second},
		{name: "one attempt of a worker", has: 5 * time.Minute, attempts: 1, least: 20 * time.Second, most: 20 * time.Second},
		{name: "a scan in a request", has: 27 * time.Second, attempts: 1, scan: true, least: 20 * time.Second, most: 20 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), tt.has)
				defer cancel()
				cfg, table := config("http://stalled"), &stalled{}
				cfg.HTTPClient, cfg.RetryMaxAttempts = table, tt.attempts
				ask, began := get, time.Now()
				if tt.scan {
					ask = scan
				}
				named(t, "DynamoDB", ask(ctx, cfg), customer.ErrBusy)
				if took := time.Since(began); table.requests != tt.attempts || took < tt.least || took > tt.most {
					t.Errorf("%d attempts took %v", table.requests, took)
				}
			})
		})
	}
}

func scan(ctx context.Context, cfg aws.Config) error {
	_, err := dynamodb.NewFromConfig(cfg).Scan(ctx, &dynamodb.ScanInput{TableName: aws.String("t")})
	return err
}

// TestTheCallersOwnTimeIsNotTheStores keeps apart who has given up.
func TestTheCallersOwnTimeIsNotTheStores(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		cfg := config("http://stalled")
		cfg.HTTPClient = &stalled{}
		err := get(ctx, cfg)
		if named(t, "DynamoDB", err, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

// TestAFullDiskIsNotAskedAgain counts the attempts.
func TestAFullDiskIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, `{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"database or disk is full"}`)
	}))
	defer server.Close()
	cfg := config(server.URL)
	cfg.RetryMaxAttempts = 3
	if named(t, "DynamoDB", get(t.Context(), cfg), customer.ErrFull); requests.Load() != 1 {
		t.Errorf("%d attempts", requests.Load())
	}
}
