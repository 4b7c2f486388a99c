// Package queue hands purges to workers through SQS.
package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"lethe/internal/customer"
)

// Queue is a [customer.Queue] in one SQS queue.
type Queue struct {
	client *sqs.Client
	url    string
}

var _ customer.Queue = (*Queue)(nil)

// New is the queue at the URL.
func New(cfg aws.Config, url string) *Queue {
	return &Queue{client: sqs.NewFromConfig(cfg), url: url}
}

const (
	maxBatch    = 10 // messages a request; SQS's limit
	maxAttempts = 6
)

// message is the body of a message. Its field says what the job is.
type message struct {
	Purge *customer.Job `json:"purge,omitempty"`
}

// Enqueue sends every job, and again those of a batch that SQS did not take. With an
// error some may have been sent: sending them again is harmless.
func (q *Queue) Enqueue(ctx context.Context, jobs ...customer.Job) error {
	for batch := range slices.Chunk(jobs, maxBatch) {
		entries := make([]types.SendMessageBatchRequestEntry, len(batch))
		for i, job := range batch {
			body, err := json.Marshal(message{Purge: &job})
			if err != nil {
				return fmt.Errorf("queue: encode: %w", err)
			}
			entries[i] = types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(string(body))}
		}
		if err := q.send(ctx, entries); err != nil {
			return fmt.Errorf("queue: send: %w", err)
		}
	}
	return nil
}

func (q *Queue) send(ctx context.Context, entries []types.SendMessageBatchRequestEntry) error {
	for attempt := range maxAttempts {
		out, err := q.client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &q.url, Entries: entries})
		if err != nil || len(out.Failed) == 0 {
			return err
		}
		failed := out.Failed[0]
		if attempt == maxAttempts-1 || failed.SenderFault {
			return fmt.Errorf("%d messages refused, the first: %s %s", len(out.Failed), aws.ToString(failed.Code), aws.ToString(failed.Message))
		}
		entries = keep(entries, out.Failed)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rand.N(50 * time.Millisecond << attempt)):
		}
	}
	return nil
}

func keep(entries []types.SendMessageBatchRequestEntry, failed []types.BatchResultErrorEntry) []types.SendMessageBatchRequestEntry {
	return slices.DeleteFunc(slices.Clone(entries), func(e types.SendMessageBatchRequestEntry) bool {
		return !slices.ContainsFunc(failed, func(f types.BatchResultErrorEntry) bool { return *f.Id == *e.Id })
	})
}

// Backlog estimates how many jobs wait, are delayed or are being worked on.
func (q *Queue) Backlog(ctx context.Context) (int, error) {
	names := []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed,
		types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
	}
	out, err := q.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &q.url, AttributeNames: names})
	if err != nil {
		return 0, fmt.Errorf("queue: backlog: %w", err)
	}
	sum := 0
	for _, name := range names {
		n, err := strconv.Atoi(out.Attributes[string(name)])
		if err != nil {
			return 0, fmt.Errorf("queue: backlog: %w", err)
		}
		sum += n
	}
	return sum, nil
}

// Decode reads the job from a message's body.
func Decode(body string) (customer.Job, error) {
	var m message
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		return customer.Job{}, fmt.Errorf("queue: decode: %w", err)
	}
	if m.Purge == nil || m.Purge.Customer == "" || m.Purge.Generation == "" {
		return customer.Job{}, fmt.Errorf("queue: a message without a job")
	}
	return *m.Purge, nil
}
