// Package queue sends work to the workers through SQS: purges, and parts of operations.
package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"golang.org/x/sync/errgroup"

	"lethe/internal/backoff"
	"lethe/internal/bulk"
	"lethe/internal/busy"
	"lethe/internal/customer"
)

// Queue is a [customer.Queue] and a [bulk.Queue] in one SQS queue.
type Queue struct {
	client *sqs.Client
	url    string
}

var (
	_ customer.Queue = (*Queue)(nil)
	_ bulk.Queue     = (*Queue)(nil)
)

// New returns the queue at the URL.
func New(cfg aws.Config, url string) *Queue {
	return &Queue{client: sqs.NewFromConfig(busy.Configure(cfg)), url: url}
}

const (
	maxBatch    = 10 // messages a request; SQS's limit
	maxAttempts = 6
	senders     = 8 // concurrent requests
)

var betweenSends = backoff.Exponential{First: 50 * time.Millisecond, Max: time.Second}

// Message is the body of a message. Exactly one of its fields is set.
type Message struct {
	Purges []customer.Job `json:"purges,omitempty"`
	Work   *bulk.Work     `json:"work,omitempty"`
}

// group is the message's group. SQS serves the groups in turn: no operation, and no purge, waits until
// all messages of another operation are done.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
func (m Message) group() string {
	if m.Work != nil {
		return m.Work.Operation
	}
	return "purges"
}

// Enqueue sends every job, up to customer.MaxJobs in a message. The error is customer.ErrBusy if SQS is busy, slow or out of
// reach, or refuses a message maxAttempts times; any other is a fault, such as a missing permission. With an error some jobs may have been
// sent. It may be repeated: a worker that gets a job twice does nothing the second time.
func (q *Queue) Enqueue(ctx context.Context, jobs ...customer.Job) error {
	return q.sendJobs(ctx, jobs, customer.MaxJobs)
}

// EnqueueApart sends every job in a message of its own. Its errors are those of Enqueue.
func (q *Queue) EnqueueApart(ctx context.Context, jobs ...customer.Job) error {
	return q.sendJobs(ctx, jobs, 1)
}

func (q *Queue) sendJobs(ctx context.Context, jobs []customer.Job, perMessage int) error {
	var messages []Message
	for some := range slices.Chunk(jobs, perMessage) {
		messages = append(messages, Message{Purges: some})
	}
	return q.sendAll(ctx, messages)
}

// EnqueueWork sends all work. Its errors are those of Enqueue, and it may be repeated for the same reason.
func (q *Queue) EnqueueWork(ctx context.Context, work ...bulk.Work) error {
	messages := make([]Message, len(work))
	for i := range work {
		messages[i].Work = &work[i]
	}
	return q.sendAll(ctx, messages)
}

// sendAll sends messages in batches, and stops at the first batch that fails.
func (q *Queue) sendAll(ctx context.Context, messages []Message) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(senders)
	for batch := range slices.Chunk(messages, maxBatch) {
		entries, err := entriesOf(batch)
		if err != nil {
			return err
		}
		group.Go(func() error {
			if err := q.send(ctx, entries); err != nil {
				return fmt.Errorf("queue: send: %w", err)
			}
			return nil
		})
	}
	return group.Wait()
}

func entriesOf(batch []Message) ([]types.SendMessageBatchRequestEntry, error) {
	entries := make([]types.SendMessageBatchRequestEntry, len(batch))
	for i, m := range batch {
		body, err := json.Marshal(m)
		if err != nil {
			return nil, fmt.Errorf("queue: encode: %w", err)
		}
		entries[i] = types.SendMessageBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(string(body)), MessageGroupId: aws.String(m.group()),
		}
	}
	return entries, nil
}

// send sends a batch. It repeats the messages that SQS refuses, unless they themselves are at fault.
func (q *Queue) send(ctx context.Context, entries []types.SendMessageBatchRequestEntry) error {
	for attempt := 1; ; attempt++ {
		out, err := q.client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &q.url, Entries: entries})
		if err != nil || len(out.Failed) == 0 {
			return err
		}
		failed := out.Failed[0]
		if attempt == maxAttempts || failed.SenderFault {
			return refused(out.Failed)
		}
		entries = keep(entries, out.Failed)
		if err := betweenSends.Wait(ctx, attempt); err != nil {
			return err
		}
	}
}

// refused is the error of messages that SQS refuses: customer.ErrBusy, unless they themselves are at fault.
func refused(messages []types.BatchResultErrorEntry) error {
	first := messages[0]
	err := fmt.Errorf("SQS refuses %d messages, the first with %s: %s", len(messages), aws.ToString(first.Code), aws.ToString(first.Message))
	if first.SenderFault {
		return err
	}
	return fmt.Errorf("%w: %w", customer.ErrBusy, err)
}

// keep returns the entries that failed.
func keep(entries []types.SendMessageBatchRequestEntry, failed []types.BatchResultErrorEntry) []types.SendMessageBatchRequestEntry {
	return slices.DeleteFunc(slices.Clone(entries), func(e types.SendMessageBatchRequestEntry) bool {
		return !slices.ContainsFunc(failed, func(f types.BatchResultErrorEntry) bool { return *f.Id == *e.Id })
	})
}

// Backlog estimates how many messages wait, are delayed or are with a worker. SQS counts them with some delay.
// The error is customer.ErrBusy if SQS is busy, slow or out of reach; any other is a fault.
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

// Decode reads the body of a message. The error says what is wrong with it; reading it again does not help.
func Decode(body string) (Message, error) {
	var m Message
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		return m, fmt.Errorf("queue: decode: %w", err)
	}
	work := m.Work != nil && m.Work.Operation != ""
	if work == m.purges() {
		return m, errors.New("queue: a message must have either purges, each with customer and generation, or work, with its operation")
	}
	return m, nil
}

// purges says whether the message has purges, all of them complete.
func (m Message) purges() bool {
	incomplete := func(job customer.Job) bool { return job.Customer == "" || job.Generation == "" }
	return len(m.Purges) > 0 && !slices.ContainsFunc(m.Purges, incomplete)
}
