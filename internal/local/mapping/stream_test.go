package mapping_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"

	"lethe/internal/deploy"
	"lethe/internal/engine/enginetest"
	"lethe/internal/local/mapping"
	"lethe/internal/template"
)

// source is a table with a stream.
type source struct {
	client *dynamodb.Client
	name   string
	stream *mapping.Stream
}

func newSource(t *testing.T, f *function) *source {
	t.Helper()
	config := enginetest.DynamoDB(t)
	s := &source{client: dynamodb.NewFromConfig(config), name: unique(t)}
	declared := template.Table{
		Keys: template.Keys{Hash: "pk", Range: "sk"}, Attributes: map[string]string{"pk": "S", "sk": "S"}, TTL: "ttl", Stream: "NEW_AND_OLD_IMAGES",
	}
	if _, err := deploy.Table(t.Context(), s.client, declared, s.name); err != nil {
		t.Fatal(err)
	}
	described, err := deploy.Describe(t.Context(), s.client, declared, s.name)
	if err != nil {
		t.Fatal(err)
	}
	checkpoints, err := mapping.OpenCheckpoints(filepath.Join(t.TempDir(), "checkpoints.json"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s.stream = &mapping.Stream{
		Client: dynamodbstreams.NewFromConfig(config), ARN: described.StreamARN, PartitionKey: "pk", Invoke: f.invoke, Checkpoints: checkpoints,
		FromStart: true, BatchSize: 100, PartialFailure: true, Bisect: true, Parallelization: 1, MaxRetries: -1, Log: slog.New(slog.DiscardHandler),
	}
	return s
}

func (s *source) put(t *testing.T, pk, sk string) {
	t.Helper()
	_, err := s.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &s.name, Item: map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

func (s *source) putMany(t *testing.T, n int) (keys []string) {
	t.Helper()
	for i := range n {
		keys = append(keys, fmt.Sprintf("%02d", i))
		s.put(t, "p", keys[i])
	}
	return keys
}

func records(t *testing.T, event []byte) []events.DynamoDBEventRecord {
	t.Helper()
	var decoded events.DynamoDBEvent
	if err := json.Unmarshal(event, &decoded); err != nil {
		t.Error(err)
	}
	return decoded.Records
}

// ledger keeps the sort keys of records in the order in which they were done.
type ledger struct {
	mu   sync.Mutex
	done []string
}

func (l *ledger) add(records ...events.DynamoDBEventRecord) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, record := range records {
		l.done = append(l.done, record.Change.Keys["sk"].String())
	}
}

func (l *ledger) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.done)
}

func TestStreamEvent(t *testing.T) {
	t.Parallel()
	f := &function{answer: func(int, []byte) (string, error) { return `{"batchItemFailures":[]}`, nil }}
	s := newSource(t, f)
	_, err := s.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &s.name, Item: map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "p"}, "sk": &types.AttributeValueMemberS{Value: "s"},
		"n": &types.AttributeValueMemberN{Value: "1.5"}, "b": &types.AttributeValueMemberB{Value: []byte{0, 255}},
		"yes": &types.AttributeValueMemberBOOL{Value: true}, "null": &types.AttributeValueMemberNULL{Value: true},
		"ss": &types.AttributeValueMemberSS{Value: []string{"a"}}, "ns": &types.AttributeValueMemberNS{Value: []string{"1"}}, "bs": &types.AttributeValueMemberBS{Value: [][]byte{{1}}},
		"m": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"l": &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberS{Value: "x"}}}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	run(t, s.stream.Run)
	waitFor(t, "the event", func() bool { return len(f.seen()) > 0 })
	var event struct{ Records []map[string]any }
	if err := json.Unmarshal(f.seen()[0], &event); err != nil {
		t.Fatal(err)
	}
	record := event.Records[0]
	if record["eventName"] != "INSERT" || record["eventSource"] != "aws:dynamodb" || record["eventSourceARN"] != s.stream.ARN || record["userIdentity"] != nil {
		t.Errorf("record is %v", record)
	}
	change := record["dynamodb"].(map[string]any)
	image, err := json.Marshal(change["NewImage"])
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"b":{"B":"AP8="},"bs":{"BS":["AQ=="]},"m":{"M":{"l":{"L":[{"S":"x"}]}}},"n":{"N":"1.5"},"ns":{"NS":["1"]},"null":{"NULL":true},"pk":{"S":"p"},"sk":{"S":"s"},"ss":{"SS":["a"]},"yes":{"BOOL":true}}`
	if string(image) != want {
		t.Errorf("new image is %s, want %s", image, want)
	}
	if at := time.Unix(int64(change["ApproximateCreationDateTime"].(float64)), 0); time.Since(at).Abs() > 2*time.Minute || change["SequenceNumber"] == "" || change["StreamViewType"] != "NEW_AND_OLD_IMAGES" {
		t.Errorf("change is %v", change)
	}
}

func TestStreamTellsExpiriesFromDeletions(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	identities := map[string]events.DynamoDBUserIdentity{}
	f := &function{answer: func(_ int, event []byte) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		for _, record := range records(t, event) {
			if record.EventName == "REMOVE" {
				identities[record.Change.Keys["sk"].String()] = events.DynamoDBUserIdentity{}
				if record.UserIdentity != nil {
					identities[record.Change.Keys["sk"].String()] = *record.UserIdentity
				}
			}
		}
		return "", nil
	}}
	s := newSource(t, f)
	s.put(t, "p", "deleted")
	key := map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "p"}, "sk": &types.AttributeValueMemberS{Value: "deleted"}}
	if _, err := s.client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &s.name, Key: key}); err != nil {
		t.Fatal(err)
	}
	_, err := s.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &s.name, Item: map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "p"}, "sk": &types.AttributeValueMemberS{Value: "expired"}, "ttl": &types.AttributeValueMemberN{Value: fmt.Sprint(time.Now().Add(-time.Minute).Unix())},
	}})
	if err != nil {
		t.Fatal(err)
	}
	run(t, s.stream.Run)
	waitFor(t, "both removals", func() bool {
		_, _ = enginetest.DynamoDBEngine(t).SweepTTL(t.Context()) // an engine that sweeps by itself returns an error
		mu.Lock()
		defer mu.Unlock()
		return len(identities) == 2
	})
	if got := identities["expired"]; got.Type != "Service" || got.PrincipalID != "dynamodb.amazonaws.com" {
		t.Errorf("the expiry is by %+v, want the service", got)
	}
	if got := identities["deleted"]; got != (events.DynamoDBUserIdentity{}) {
		t.Errorf("the deletion is by %+v, want nobody in particular", got)
	}
}

func TestStreamGathersRecordsForTheWindow(t *testing.T) {
	t.Parallel()
	f := &function{answer: func(int, []byte) (string, error) { return "", nil }}
	s := newSource(t, f)
	s.stream.Window = 2 * time.Second
	run(t, s.stream.Run)
	began := time.Now()
	for i := range 3 {
		s.put(t, "p", fmt.Sprint(i))
		time.Sleep(300 * time.Millisecond)
	}
	waitFor(t, "the batch", func() bool { return len(f.seen()) > 0 })
	if waited := time.Since(began); waited < s.stream.Window {
		t.Errorf("the function was called after %s, before the window of %s was over", waited, s.stream.Window)
	}
	if got := records(t, f.seen()[0]); len(got) != 3 {
		t.Errorf("the batch has %d records, want 3", len(got))
	}
}

func TestStreamDeliversAFullBatchBeforeTheWindowIsOver(t *testing.T) {
	t.Parallel()
	f := &function{answer: func(int, []byte) (string, error) { return "", nil }}
	s := newSource(t, f)
	s.stream.Window, s.stream.BatchSize = time.Hour, 4
	s.putMany(t, 4)
	run(t, s.stream.Run)
	waitFor(t, "the batch", func() bool { return len(f.seen()) > 0 })
	if got := records(t, f.seen()[0]); len(got) != 4 {
		t.Errorf("the batch has %d records, want 4", len(got))
	}
}

func TestStreamRetriesFromTheLowestFailure(t *testing.T) {
	t.Parallel()
	var done ledger
	failedOnce := false
	f := &function{answer: func(_ int, event []byte) (string, error) {
		batch := records(t, event)
		for i, record := range batch {
			if record.Change.Keys["sk"].String() == "03" && !failedOnce {
				failedOnce = true
				done.add(batch[:i]...)
				last := batch[len(batch)-1].Change.SequenceNumber
				return fmt.Sprintf(`{"batchItemFailures":[{"itemIdentifier":%q},{"itemIdentifier":%q}]}`, last, record.Change.SequenceNumber), nil
			}
		}
		done.add(batch...)
		return `{"batchItemFailures":[]}`, nil
	}}
	s := newSource(t, f)
	keys := s.putMany(t, 6)
	run(t, s.stream.Run)
	waitFor(t, "all records", func() bool { return len(done.all()) >= len(keys) })
	if got := done.all(); !slices.Equal(got, keys) {
		t.Errorf("done, in order: %q; want each once: %q", got, keys)
	}
}

func TestStreamBisectsToTheRecordThatFails(t *testing.T) {
	t.Parallel()
	const bad = "05"
	var done ledger
	var abandoned []string
	f := &function{answer: func(_ int, event []byte) (string, error) {
		batch := records(t, event)
		for _, record := range batch {
			if record.Change.Keys["sk"].String() == bad {
				return "", errors.New("poison")
			}
		}
		done.add(batch...)
		return "", nil
	}}
	s := newSource(t, f)
	s.stream.MaxRetries = 1
	s.stream.OnFailure = func(_ context.Context, message []byte) error {
		abandoned = append(abandoned, string(message))
		return nil
	}
	keys := s.putMany(t, 8)
	stop := run(t, s.stream.Run)
	waitFor(t, "all records but one", func() bool { return len(done.all()) == len(keys)-1 })
	stop()
	want := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return key == bad })
	if got := done.all(); !slices.Equal(got, want) {
		t.Errorf("done, in order: %q; want %q", got, want)
	}
	if len(abandoned) != 1 {
		t.Fatalf("given up on: %q, want one record", abandoned)
	}
	var message struct {
		RequestContext     struct{ Condition string }
		DDBStreamBatchInfo struct {
			StartSequenceNumber, EndSequenceNumber, StreamArn string
			BatchSize                                         int
		}
	}
	if err := json.Unmarshal([]byte(abandoned[0]), &message); err != nil {
		t.Fatal(err)
	}
	info := message.DDBStreamBatchInfo
	if message.RequestContext.Condition != "RetryAttemptsExhausted" || info.BatchSize != 1 || info.StartSequenceNumber == "" || info.StartSequenceNumber != info.EndSequenceNumber || info.StreamArn != s.stream.ARN {
		t.Errorf("message is %s", abandoned[0])
	}
}

func TestStreamFiltersAndKeepsTheOrderOfEachPartition(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	order := map[string][]string{}
	f := &function{answer: func(_ int, event []byte) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		for _, record := range records(t, event) {
			pk := record.Change.Keys["pk"].String()
			order[pk] = append(order[pk], record.Change.Keys["sk"].String())
		}
		return "", nil
	}}
	s := newSource(t, f)
	pattern, err := mapping.CompilePattern(json.RawMessage(`{"dynamodb":{"Keys":{"pk":{"S":[{"prefix":"C#"}]}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	s.stream.Filters, s.stream.Parallelization, s.stream.BatchSize = []mapping.Pattern{pattern}, 4, 2
	var want []string
	for i := range 8 {
		want = append(want, fmt.Sprint(i))
		for _, pk := range []string{"C#1", "A#1", "C#2", "C#3"} {
			s.put(t, pk, want[i])
		}
	}
	run(t, s.stream.Run)
	waitFor(t, "all records", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(order["C#1"])+len(order["C#2"])+len(order["C#3"]) == 3*len(want)
	})
	mu.Lock()
	defer mu.Unlock()
	if len(order["A#1"]) > 0 {
		t.Errorf("the filter let %q through", order["A#1"])
	}
	for _, pk := range []string{"C#1", "C#2", "C#3"} {
		if !slices.Equal(order[pk], want) {
			t.Errorf("records of %s came in the order %q, want %q", pk, order[pk], want)
		}
	}
}

func TestStreamGoesOnFromItsCheckpoint(t *testing.T) {
	t.Parallel()
	var done ledger
	f := &function{answer: func(_ int, event []byte) (string, error) {
		done.add(records(t, event)...)
		return "", nil
	}}
	s := newSource(t, f)
	s.put(t, "p", "a")
	stop := run(t, s.stream.Run)
	waitFor(t, "the first record", func() bool { return len(done.all()) == 1 })
	stop()
	s.put(t, "p", "b")
	run(t, s.stream.Run)
	waitFor(t, "the second record", func() bool { return len(done.all()) == 2 })
	if got := done.all(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("done: %q, want each once", got)
	}
}
