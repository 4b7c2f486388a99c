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
	errs := make([]error, len(batch.Records))
	var wg sync.WaitGroup
	for i, m := range batch.Records {
		wg.Go(func() { errs[i] = a.work(ctx, m.Body) })
	}
	wg.Wait()
	var failed []events.SQSBatchItemFailure
	for i, err := range errs {
		if err != nil {
			a.log.Log(ctx, severity(err), "handling a message failed, SQS delivers it again", "message", batch.Records[i].MessageId, "error", err)
			failed = append(failed, events.SQSBatchItemFailure{ItemIdentifier: batch.Records[i].MessageId})
		}
	}
	return events.SQSEventResponse{BatchItemFailures: failed}, nil
}

func (a *App) work(ctx context.Context, body string) error {
	m, err := queue.Decode(body)
	if err != nil {
		return err
	}
	if m.Work != nil {
		err = a.operations.Do(ctx, *m.Work)
	} else {
		err = a.service.Purge(ctx, *m.Purge)
	}
	if errors.Is(err, customer.ErrUnfinished) || errors.Is(err, bulk.ErrUnfinished) {
		a.log.InfoContext(ctx, "out of time, the sweep continues the work", "message", body)
		return nil
	}
	return err
}
