package mapping_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"lethe/internal/deploy"
	"lethe/internal/engine/enginetest"
	"lethe/internal/local/mapping"
	"lethe/internal/template"
)

// queues creates a queue with a short visibility timeout and a dead-letter queue for messages that fail a third time.
func queues(t *testing.T) (client *sqs.Client, work, dead deploy.Made) {
	t.Helper()
	client = sqs.NewFromConfig(enginetest.SQS(t))
	prefix := unique(t)
	made, err := deploy.Queues(t.Context(), client, []template.Queue{
		{ID: "Work", Visibility: time.Second, Retention: time.Hour, DeadLetters: "Dead", MaxReceives: 2},
		{ID: "Dead", Visibility: time.Second, Retention: time.Hour},
	}, func(id string) string { return prefix + "-" + id })
	if err != nil {
		t.Fatal(err)
	}
	return client, made["Work"], made["Dead"]
}

func fill(t *testing.T, client *sqs.Client, url string, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		_, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{
			QueueUrl: &url, MessageBody: &body,
			MessageAttributes: map[string]types.MessageAttributeValue{"kind": {DataType: aws.String("String"), StringValue: aws.String("k")}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// left returns the number of messages in the queue, visible or hidden.
func left(t *testing.T, client *sqs.Client, url string) string {
	t.Helper()
	visible, hidden := types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible
	output, err := client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{visible, hidden}})
	if err != nil {
		t.Fatal(err)
	}
	return output.Attributes[string(visible)] + "+" + output.Attributes[string(hidden)]
}

func messages(t *testing.T, event []byte) []events.SQSMessage {
	t.Helper()
	var decoded events.SQSEvent
	if err := json.Unmarshal(event, &decoded); err != nil {
		t.Error(err)
	}
	return decoded.Records
}

func TestQueueEvent(t *testing.T) {
	t.Parallel()
	client, work, _ := queues(t)
	fill(t, client, work.URL, "hello")
	f := &function{answer: func(int, []byte) (string, error) { return "", nil }}
	run(t, mapping.Queue{Client: client, URL: work.URL, ARN: work.ARN, Invoke: f.invoke, BatchSize: 10, PartialFailure: true, Log: slog.New(slog.DiscardHandler)}.Run)
	waitFor(t, "an empty queue", func() bool { return left(t, client, work.URL) == "0+0" })

	var event struct{ Records []map[string]any }
	if err := json.Unmarshal(f.seen()[0], &event); err != nil {
		t.Fatal(err)
	}
	record := event.Records[0]
	wantKeys := []string{"attributes", "awsRegion", "body", "eventSource", "eventSourceARN", "md5OfBody", "md5OfMessageAttributes", "messageAttributes", "messageId", "receiptHandle"}
	if keys := slices.Sorted(maps.Keys(record)); !slices.Equal(keys, wantKeys) {
		t.Errorf("a record has %q, want %q", keys, wantKeys)
	}
	if record["body"] != "hello" || record["eventSource"] != "aws:sqs" || record["eventSourceARN"] != work.ARN || record["awsRegion"] != "us-east-1" {
		t.Errorf("record is %v", record)
	}
	if count := record["attributes"].(map[string]any)["ApproximateReceiveCount"]; count != "1" {
		t.Errorf("receive count is %v, want 1", count)
	}
}

func TestQueuePartialFailure(t *testing.T) {
	t.Parallel()
	client, work, dead := queues(t)
	fill(t, client, work.URL, "good", "bad", "better")
	var mu sync.Mutex
	seen := map[string]int{}
	f := &function{answer: func(_ int, event []byte) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		failed := `{"batchItemFailures":[`
		for _, message := range messages(t, event) {
			if seen[message.Body]++; message.Body == "bad" {
				failed += fmt.Sprintf(`{"itemIdentifier":%q}`, message.MessageId)
			}
		}
		return failed + `]}`, nil
	}}
	run(t, mapping.Queue{Client: client, URL: work.URL, ARN: work.ARN, Invoke: f.invoke, BatchSize: 10, PartialFailure: true, Log: slog.New(slog.DiscardHandler)}.Run)
	waitFor(t, "the bad message among the dead letters", func() bool {
		return left(t, client, work.URL) == "0+0" && left(t, client, dead.URL) == "1+0"
	})
	mu.Lock()
	defer mu.Unlock()
	if want := map[string]int{"good": 1, "bad": 2, "better": 1}; !maps.Equal(seen, want) {
		t.Errorf("deliveries were %v, want %v", seen, want)
	}
}

func TestQueueFailures(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer string
		err    error
	}{
		"function error":   {"", errors.New("crash")},
		"not JSON":         {"x", nil},
		"empty identifier": {`{"batchItemFailures":[{"itemIdentifier":""}]}`, nil},
		"no identifier":    {`{"batchItemFailures":[{}]}`, nil},
		"alien identifier": {`{"batchItemFailures":[{"itemIdentifier":"x"}]}`, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, work, _ := queues(t)
			fill(t, client, work.URL, "a", "b")
			f := &function{answer: func(call int, event []byte) (string, error) {
				if count := messages(t, event)[0].Attributes["ApproximateReceiveCount"]; count == "1" {
					return test.answer, test.err
				}
				return `{"batchItemFailures":[]}`, nil
			}}
			run(t, mapping.Queue{Client: client, URL: work.URL, ARN: work.ARN, Invoke: f.invoke, BatchSize: 10, PartialFailure: true, Log: slog.New(slog.DiscardHandler)}.Run)
			waitFor(t, "both messages to succeed the second time", func() bool { return left(t, client, work.URL) == "0+0" })
			deliveries := 0
			for _, event := range f.seen() {
				deliveries += len(messages(t, event))
			}
			if deliveries != 4 {
				t.Errorf("%d deliveries, want each of two messages twice", deliveries)
			}
		})
	}
}

func TestQueueConcurrency(t *testing.T) {
	t.Parallel()
	client, work, _ := queues(t)
	fill(t, client, work.URL, "1", "2", "3", "4", "5", "6")
	var mu sync.Mutex
	now, most := 0, 0
	full := make(chan struct{})
	f := &function{answer: func(call int, _ []byte) (string, error) {
		mu.Lock()
		now++
		most = max(most, now)
		if now == 2 && call == 2 {
			close(full)
		}
		mu.Unlock()
		<-full
		mu.Lock()
		defer mu.Unlock()
		now--
		return "", nil
	}}
	run(t, mapping.Queue{Client: client, URL: work.URL, ARN: work.ARN, Invoke: f.invoke, BatchSize: 1, Concurrency: 2, Log: slog.New(slog.DiscardHandler)}.Run)
	waitFor(t, "an empty queue", func() bool { return left(t, client, work.URL) == "0+0" })
	mu.Lock()
	defer mu.Unlock()
	if most != 2 {
		t.Errorf("%d batches at once, want 2", most)
	}
}
