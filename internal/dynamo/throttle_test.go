package dynamo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"golang.org/x/time/rate"

	"lethe/internal/customer"
)

// throttling is a table with a capacity of so many writes a second. Above it, it answers as AWS does: it leaves items of a
// batch unprocessed, and refuses a batch of which it can write nothing.
type throttling struct {
	mu      sync.Mutex
	bears   *rate.Limiter
	whole   bool           // it refuses whole batches, as if all items were in one partition
	atFirst int            // the first batches, which it refuses whatever its capacity
	made    map[string]int // number of times, by the write
	refused []time.Time
}

const answerTime = 5 * time.Millisecond

func newThrottling(bears int, whole bool) *throttling {
	return &throttling{bears: rate.NewLimiter(rate.Limit(bears), bears), whole: whole, made: map[string]int{}}
}

func (f *throttling) Do(r *http.Request) (*http.Response, error) {
	time.Sleep(answerTime)
	f.mu.Lock()
	defer f.mu.Unlock()
	switch _, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); operation {
	case "BatchWriteItem":
		return f.batch(r)
	case "BatchExecuteStatement":
		return f.statements(r)
	default:
		return nil, fmt.Errorf("the fake does not know %s", operation)
	}
}

func (f *throttling) batch(r *http.Request) (*http.Response, error) {
	var in struct{ RequestItems map[string][]json.RawMessage }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	undone := f.take(in.RequestItems["t"])
	if len(undone) == len(in.RequestItems["t"]) {
		return f.refusal()
	}
	left := map[string]any{}
	if len(undone) > 0 {
		left["t"] = undone
	}
	return answering(http.StatusOK, map[string]any{"UnprocessedItems": left})
}

func (f *throttling) statements(r *http.Request) (*http.Response, error) {
	var in struct{ Statements []json.RawMessage }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	undone := f.take(in.Statements)
	if len(undone) == len(in.Statements) {
		return f.refusal()
	}
	responses := make([]map[string]any, len(in.Statements))
	for i := range undone {
		responses[len(responses)-1-i] = map[string]any{"Error": map[string]any{"Code": "ThrottlingError"}}
	}
	return answering(http.StatusOK, map[string]any{"Responses": responses})
}

// take makes the first writes, as many as the capacity allows, and returns the others.
func (f *throttling) take(writes []json.RawMessage) (undone []json.RawMessage) {
	n := f.room(len(writes))
	for _, w := range writes[:n] {
		f.made[string(w)]++
	}
	if n < len(writes) {
		f.refused = append(f.refused, time.Now())
	}
	return writes[n:]
}

func (f *throttling) room(wanted int) int {
	now := time.Now()
	room := min(wanted, int(f.bears.TokensAt(now)))
	if room < wanted && f.whole || f.atFirst > 0 {
		f.atFirst--
		return 0
	}
	f.bears.AllowN(now, room)
	return room
}

func (f *throttling) refusal() (*http.Response, error) {
	return answering(http.StatusBadRequest, map[string]any{
		"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", "message": "slower",
	})
}

func answering(status int, body any) (*http.Response, error) {
	text, err := json.Marshal(body)
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}, Body: io.NopCloser(bytes.NewReader(text)),
	}, err
}

func (f *throttling) table() *Table {
	return New(aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		BaseEndpoint: aws.String("http://throttling"), HTTPClient: f,
	}, Options{Name: "t", Shards: 4, Grace: time.Hour})
}

// TestAThrottledTableGetsWhatItBears writes for seconds to a table with less capacity than the pace rises to. The table takes the
// writes of the first second at once, so that nine seconds are the minimum.
func TestAThrottledTableGetsWhatItBears(t *testing.T) {
	const seconds = 10
	for name, write := range writing {
		for _, f := range []*throttling{newThrottling(500, true), newThrottling(1500, true), newThrottling(500, false), newThrottling(1500, false)} {
			if testing.Short() && f.bears.Burst() > 500 {
				continue
			}
			t.Run(fmt.Sprintf("%s, %v a second, whole %v", name, f.bears.Limit(), f.whole), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					writes, began := seconds*f.bears.Burst(), time.Now()
					write(t, f.table(), writes)
					if took := time.Since(began); took > seconds*time.Second || len(f.refused) == 0 {
						t.Errorf("%d writes took %v, with %d refusals", writes, took, len(f.refused))
					}
					if len(f.made) != writes {
						t.Errorf("%d of %d writes were made", len(f.made), writes)
					}
				})
			})
		}
	}
}

// writing has each way to write in bulk, by the request.
var writing = map[string]func(*testing.T, *Table, int){"BatchWriteItem": writeBatches, "BatchExecuteStatement": writeStatements}

func writeBatches(t *testing.T, table *Table, n int) {
	b := table.newBatcher(t.Context())
	for i := range n {
		b.delete(keyOf(customerPK("c"), fmt.Sprint(i)))
	}
	if err := b.finish(); err != nil {
		t.Fatal(err)
	}
}

func writeStatements(t *testing.T, table *Table, n int) {
	transitions := make([]customer.Transition, n)
	for i := range transitions {
		transitions[i] = customer.NewTransition(customer.Seen{ID: fmt.Sprint("c", i), Version: 1}, customer.Change{ID: "ch"}, customer.BlockEffect{})
	}
	for i, err := range table.Advance(t.Context(), transitions, customer.Settings{}) {
		if err != nil {
			t.Fatalf("%d: %v", i, err)
		}
	}
}

// TestThePaceHearsOfAThrottleAtOnce refuses one request. It must not be repeated before the pace is slower.
func TestThePaceHearsOfAThrottleAtOnce(t *testing.T) {
	for name, write := range writing {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newThrottling(maxPace, true)
				f.atFirst = 1
				table := f.table()
				write(t, table, maxBatchWrite)
				heard := table.pace.slowed
				if heard.IsZero() {
					heard = table.lists.slowed
				}
				if len(f.refused) != 1 || !heard.Equal(f.refused[0]) || len(f.made) != maxBatchWrite {
					t.Errorf("refused at %v, heard at %v; %d writes were made", f.refused, heard, len(f.made))
				}
			})
		})
	}
}
