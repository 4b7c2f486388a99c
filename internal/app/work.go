package app

import (
	"context"
	"errors"
	"sync"

	"github.com/aws/aws-lambda-go/events"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/queue"
)

// Work handles a batch of messages and returns those that failed, for SQS to deliver again. If the
// work of a message runs out of time, the message counts as handled and the sweep continues the
// work: SQS would move a message that often returns to the dead-letter queue.
func (a *App) Work(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	ctx, cancel := workContext(ctx)
	defer cancel()
	var failed []events.SQSBatchItemFailure
	for i, err := range a.workAll(ctx, batch.Records) {
		switch {
		case errors.Is(err, customer.ErrUnfinished), errors.Is(err, bulk.ErrUnfinished):
			a.log.InfoContext(ctx, "out of time, the sweep continues the work", "message", batch.Records[i].Body)
		case err != nil:
			a.log.Log(ctx, severity(err), "handling a message failed, SQS delivers it again", "message", batch.Records[i].MessageId, "error", err)
			failed = append(failed, events.SQSBatchItemFailure{ItemIdentifier: batch.Records[i].MessageId})
		}
	}
	return events.SQSEventResponse{BatchItemFailures: failed}, nil
}

// workAll handles messages at the same time, and all their purges together. It returns the result of each message.
func (a *App) workAll(ctx context.Context, messages []events.SQSMessage) []error {
	errs := make([]error, len(messages))
	var purges [][]customer.Job
	var at []int
	var wg sync.WaitGroup
	for i, m := range messages {
		decoded, err := queue.Decode(m.Body)
		switch {
		case err != nil:
			errs[i] = err
		case decoded.Work != nil:
			wg.Go(func() { errs[i] = a.operations.Do(ctx, *decoded.Work) })
		default:
			purges, at = append(purges, decoded.Purges), append(at, i)
		}
	}
	for i, err := range a.service.PurgeMessages(ctx, purges...) {
		errs[at[i]] = err
	}
	wg.Wait()
	return errs
}
