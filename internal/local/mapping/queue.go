package mapping

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const (
	// pollSeconds is the maximum wait of a request for messages.
	pollSeconds = 20
	// freeConcurrency is the maximum of concurrent batches if the mapping sets no limit.
	freeConcurrency = 10
	deleteTries     = 5
)

// Queue calls a function with the messages of an SQS queue.
type Queue struct {
	Client         *sqs.Client
	URL, ARN       string
	Invoke         Invoke
	BatchSize      int // 1 to 10
	PartialFailure bool
	Concurrency    int // maximum of concurrent batches, 0 for the default
	Log            *slog.Logger
}

// Run calls the function until ctx ends, and then waits for the running batches. It deletes the messages that
// succeed. The queue's visibility timeout and redrive policy handle the others.
func (q Queue) Run(ctx context.Context) {
	if q.Concurrency == 0 {
		q.Concurrency = freeConcurrency
	}
	slots := make(chan struct{}, q.Concurrency)
	var underWay sync.WaitGroup
	defer underWay.Wait()
	for errs := 0; ctx.Err() == nil; {
		slots <- struct{}{}
		messages, err := q.receive(ctx)
		if err != nil && ctx.Err() == nil {
			q.Log.ErrorContext(ctx, "cannot receive messages", "queue", q.URL, "error", err)
			sleep(ctx, delay(errs))
			errs++
		} else {
			errs = 0
		}
		if len(messages) == 0 {
			<-slots
			continue
		}
		underWay.Go(func() {
			q.process(context.WithoutCancel(ctx), messages)
			<-slots
		})
	}
}

func (q Queue) receive(ctx context.Context) ([]types.Message, error) {
	output, err := q.Client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl:                    &q.URL,
		MaxNumberOfMessages:         int32(q.BatchSize),
		WaitTimeSeconds:             pollSeconds,
		MessageAttributeNames:       []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err != nil {
		return nil, err
	}
	return output.Messages, nil
}

func (q Queue) process(ctx context.Context, messages []types.Message) {
	failed, err := q.invoke(ctx, messages)
	if err != nil {
		q.Log.ErrorContext(ctx, "batch failed; its messages come again after the visibility timeout", "queue", q.URL, "messages", len(messages), "error", err)
		return
	}
	var done []types.DeleteMessageBatchRequestEntry
	for _, message := range messages {
		if failed[aws.ToString(message.MessageId)] {
			q.Log.WarnContext(ctx, "message failed; it comes again after the visibility timeout", "queue", q.URL, "message", aws.ToString(message.MessageId))
			continue
		}
		done = append(done, types.DeleteMessageBatchRequestEntry{Id: message.MessageId, ReceiptHandle: message.ReceiptHandle})
	}
	if err := q.delete(ctx, done); err != nil {
		q.Log.ErrorContext(ctx, "messages that succeeded come again: cannot delete them", "queue", q.URL, "error", err)
	}
}

// invoke runs the function and returns the ids of the messages that it reports as failed.
func (q Queue) invoke(ctx context.Context, messages []types.Message) (map[string]bool, error) {
	var event events.SQSEvent
	ids := map[string]bool{}
	for _, message := range messages {
		event.Records = append(event.Records, q.record(message))
		ids[aws.ToString(message.MessageId)] = true
	}
	payload, err := json.Marshal(event)
	if err != nil {
		return nil, fmt.Errorf("encode the event: %w", err)
	}
	response, err := q.Invoke(ctx, payload)
	if err != nil || !q.PartialFailure {
		return nil, err
	}
	return failures(response, ids)
}

func (q Queue) record(message types.Message) events.SQSMessage {
	attributes := map[string]events.SQSMessageAttribute{}
	for name, value := range message.MessageAttributes {
		attributes[name] = events.SQSMessageAttribute{
			StringValue: value.StringValue, BinaryValue: value.BinaryValue, DataType: aws.ToString(value.DataType),
			StringListValues: []string{}, BinaryListValues: [][]byte{},
		}
	}
	return events.SQSMessage{
		MessageId: aws.ToString(message.MessageId), ReceiptHandle: aws.ToString(message.ReceiptHandle),
		Body: aws.ToString(message.Body), Md5OfBody: aws.ToString(message.MD5OfBody), Md5OfMessageAttributes: aws.ToString(message.MD5OfMessageAttributes),
		Attributes: message.Attributes, MessageAttributes: attributes,
		EventSourceARN: q.ARN, EventSource: "aws:sqs", AWSRegion: region(q.ARN),
	}
}

// delete deletes the messages, and retries those that SQS could not delete.
func (q Queue) delete(ctx context.Context, entries []types.DeleteMessageBatchRequestEntry) error {
	var failed error
	for try := range deleteTries {
		if len(entries) == 0 {
			return nil
		}
		output, err := q.Client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &q.URL, Entries: entries})
		if err == nil {
			entries, err = remaining(entries, output.Failed)
		}
		if failed = err; failed != nil {
			sleep(ctx, delay(try))
		}
	}
	return failed
}

func remaining(entries []types.DeleteMessageBatchRequestEntry, failed []types.BatchResultErrorEntry) (rest []types.DeleteMessageBatchRequestEntry, err error) {
	for _, failure := range failed {
		err = errors.Join(err, fmt.Errorf("delete message %s: %s", aws.ToString(failure.Id), aws.ToString(failure.Message)))
		for _, entry := range entries {
			if aws.ToString(entry.Id) == aws.ToString(failure.Id) {
				rest = append(rest, entry)
			}
		}
	}
	return rest, err
}

// region returns the region, the fourth part of an ARN.
func region(arn string) string {
	if parts := strings.SplitN(arn, ":", 5); len(parts) == 5 {
		return parts[3]
	}
	return ""
}
