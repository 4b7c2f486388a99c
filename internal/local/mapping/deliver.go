package mapping

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// Conditions under which a batch is given up, as Lambda names them.
const (
	tooOld  = "RecordAgeExceeded"
	tooMany = "RetryAttemptsExhausted"
)

// deliver calls the function with the records until each is done or given up. An error means that ctx
// ended first.
func (r *reader) deliver(ctx context.Context, batch []events.DynamoDBEventRecord) error {
	for failures := 0; len(batch) > 0; failures++ {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if condition := r.hopeless(batch[0], failures); condition != "" {
			return r.giveUp(ctx, batch, condition, failures)
		}
		done, err := r.invoke(context.WithoutCancel(ctx), batch)
		if err == nil {
			return nil
		}
		r.Log.ErrorContext(ctx, "records of the stream failed and are tried again", "stream", r.ARN, "first", batch[done].Change.SequenceNumber, "records", len(batch)-done, "error", err)
		if done > 0 {
			batch, failures = batch[done:], 0
		} else if r.Bisect && len(batch) > 1 {
			return r.bisect(ctx, batch)
		}
		sleep(ctx, delay(failures))
	}
	return nil
}

// bisect delivers the halves one after the other, so that a record that always fails is soon in a batch of its own.
func (r *reader) bisect(ctx context.Context, batch []events.DynamoDBEventRecord) error {
	half := len(batch) / 2
	if err := r.deliver(ctx, batch[:half]); err != nil {
		return err
	}
	return r.deliver(ctx, batch[half:])
}

var errReported = errors.New("the function reports failures")

// invoke runs the function and returns the number of records, from the first, that are done. With partial failures these are
// the records before the first one that the function reports: later records may depend on it.
func (r *reader) invoke(ctx context.Context, batch []events.DynamoDBEventRecord) (done int, err error) {
	payload, err := json.Marshal(events.DynamoDBEvent{Records: batch})
	if err != nil {
		return 0, fmt.Errorf("encode the event: %w", err)
	}
	response, err := r.Invoke(ctx, payload)
	if err != nil || !r.PartialFailure {
		return 0, err
	}
	numbers := map[string]bool{}
	for _, record := range batch {
		numbers[record.Change.SequenceNumber] = true
	}
	failed, err := failures(response, numbers)
	if err != nil {
		return 0, err
	}
	for i, record := range batch {
		if failed[record.Change.SequenceNumber] {
			return i, errReported
		}
	}
	return len(batch), nil
}

// hopeless returns the condition for giving up a batch, "" if it is to be retried.
func (r *reader) hopeless(first events.DynamoDBEventRecord, failures int) string {
	switch {
	case r.MaxAge > 0 && time.Since(first.Change.ApproximateCreationDateTime.Time) > r.MaxAge:
		return tooOld
	case r.MaxRetries >= 0 && failures > r.MaxRetries:
		return tooMany
	}
	return ""
}

// giveUp reports the records' position in the stream to the destination. The shard then continues.
func (r *reader) giveUp(ctx context.Context, batch []events.DynamoDBEventRecord, condition string, invocations int) error {
	first, last := batch[0].Change, batch[len(batch)-1].Change
	r.Log.ErrorContext(ctx, "records of the stream are given up on", "stream", r.ARN, "condition", condition, "first", first.SequenceNumber, "records", len(batch))
	if r.OnFailure == nil {
		return nil
	}
	message, err := json.Marshal(map[string]any{
		"version":        "1.0",
		"timestamp":      time.Now().UTC().Format(time.RFC3339Nano),
		"requestContext": map[string]any{"condition": condition, "approximateInvokeCount": invocations},
		"DDBStreamBatchInfo": map[string]any{
			"shardId": r.shard, "streamArn": r.ARN, "batchSize": len(batch),
			"startSequenceNumber": first.SequenceNumber, "endSequenceNumber": last.SequenceNumber,
			"approximateArrivalOfFirstRecord": first.ApproximateCreationDateTime.UTC().Format(time.RFC3339),
			"approximateArrivalOfLastRecord":  last.ApproximateCreationDateTime.UTC().Format(time.RFC3339),
		},
	})
	if err != nil {
		return fmt.Errorf("encode the failure: %w", err)
	}
	return r.OnFailure(ctx, message)
}
