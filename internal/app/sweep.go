package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// Sweep handles a tick of the schedule. A sweep that is still going on makes it nothing, and
// reports the lag itself: should it never end, nobody does, and that rings the alarm.
func (a *App) Sweep(ctx context.Context) error {
	working, cancel := working(ctx)
	defer cancel()
	sweep, err := a.service.Sweep(working)
	if errors.Is(err, customer.ErrLeased) {
		a.log.InfoContext(ctx, "another sweep is under way")
		return nil
	}
	if sweep != (customer.Sweep{}) {
		a.log.InfoContext(ctx, "swept", "due", sweep.Due, "stuck", sweep.Stuck, "refused", sweep.Refused,
			"lagSeconds", sweep.Lag.Seconds(), "full", sweep.Full)
	}
	known := err == nil
	if a.nextGoesOn(ctx, err) {
		known, err = sweep.Lag > 0, nil // whom it has met is overdue, whoever else is
	}
	if known { // else no lag is reported: zero would say that nobody waits
		err = a.reportLag(sweep.Lag)
	}
	return errors.Join(err, a.sweepOperations(ctx, working))
}

func (a *App) sweepOperations(ctx, working context.Context) error {
	sweep, err := a.operations.Sweep(working)
	if sweep != (bulk.Sweep{}) {
		a.log.InfoContext(ctx, "swept operations", "active", sweep.Active, "resent", sweep.Resent, "settled", sweep.Settled)
	}
	if a.nextGoesOn(ctx, err) {
		return nil
	}
	return err
}

// nextGoesOn says whether a sweep broke off for lack of time, or because the table or the queue is busy. Neither is
// a failure of the function: should no sweep come to its end, the lag that none reports rings the alarm.
func (a *App) nextGoesOn(ctx context.Context, err error) bool {
	switch {
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		a.log.InfoContext(ctx, "the next sweep goes on")
	case errors.Is(err, customer.ErrBusy):
		a.log.WarnContext(ctx, "the next sweep goes on", "error", err)
	default:
		return false
	}
	return true
}

// reportLag writes the metric PurgeLagSeconds as CloudWatch reads it from a log line:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
func (a *App) reportLag(lag time.Duration) error {
	type metric struct {
		Name string
		Unit string
	}
	type directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []metric
	}
	type metadata struct {
		Timestamp         int64
		CloudWatchMetrics []directive
	}
	line, err := json.Marshal(struct {
		AWS             metadata `json:"_aws"`
		FunctionName    string   // keeps several stacks of an account apart
		PurgeLagSeconds float64
	}{
		metadata{time.Now().UnixMilli(), []directive{{"Lethe", [][]string{{"FunctionName"}}, []metric{{"PurgeLagSeconds", "Seconds"}}}}},
		a.functionName, lag.Seconds(),
	})
	if err != nil {
		return fmt.Errorf("metric: %w", err)
	}
	_, err = fmt.Fprintf(a.metrics, "%s\n", line)
	return err
}
