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

// Sweep handles a tick of the schedule. It does nothing while an earlier sweep is running; that
// one reports the lag. If it never ends, no lag is reported, and missing values raise the alarm.
func (a *App) Sweep(ctx context.Context) error {
	working, cancel := workContext(ctx)
	defer cancel()
	sweep, err := a.service.Sweep(working)
	if errors.Is(err, customer.ErrLeased) {
		a.log.InfoContext(ctx, "another sweep is running")
		return nil
	}
	if sweep != (customer.Sweep{}) {
		a.log.InfoContext(ctx, "swept", "due", sweep.Due, "stuck", sweep.Stuck, "refused", sweep.Refused,
			"lagSeconds", sweep.Lag.Seconds(), "full", sweep.Full)
	}
	known := err == nil
	if a.nextContinues(ctx, err) {
		known, err = sweep.Lag > 0, nil // a customer that it read is overdue; others may be, too
	}
	if known { // else report no lag: zero would mean that no customer is overdue
		err = a.reportLag(sweep.Lag)
	}
	return errors.Join(err, a.sweepOperations(ctx, working))
}

func (a *App) sweepOperations(ctx, working context.Context) error {
	sweep, err := a.operations.Sweep(working)
	if sweep != (bulk.Sweep{}) {
		a.log.InfoContext(ctx, "swept operations", "active", sweep.Active, "resent", sweep.Resent, "settled", sweep.Settled)
	}
	if a.nextContinues(ctx, err) {
		return nil
	}
	return err
}

// nextContinues reports whether a sweep ran out of time, or stopped because the table or the queue is
// busy. The function does not fail then. If no sweep ever completes, no lag is reported, and missing
// values raise the alarm.
func (a *App) nextContinues(ctx context.Context, err error) bool {
	switch {
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		a.log.InfoContext(ctx, "out of time, the next sweep continues")
	case errors.Is(err, customer.ErrBusy):
		a.log.WarnContext(ctx, "busy, the next sweep continues", "error", err)
	default:
		return false
	}
	return true
}

// reportLag writes the metric PurgeLagSeconds as a log line for CloudWatch:
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
		FunctionName    string   // distinguishes several stacks in an account
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
