package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"lethe/internal/customer"
)

// metric is a log line with the metric, in the form that CloudWatch reads.
type metric struct {
	AWS struct {
		Timestamp         int64
		CloudWatchMetrics []struct {
			Namespace  string
			Dimensions [][]string
			Metrics    []struct{ Name, Unit string }
		}
	} `json:"_aws"`
	FunctionName    string
	PurgeLagSeconds *float64
}

// reported returns the lines with the metric, in order.
func (a *App) reported(t *testing.T) (lines []metric) {
	t.Helper()
	for text := range strings.SplitSeq(strings.TrimSpace(a.metrics.(*bytes.Buffer).String()), "\n") {
		if text == "" {
			continue
		}
		var line metric
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestSweepReportsItsLag(t *testing.T) {
	a := newApp(t)
	if err := a.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	lines := a.reported(t)
	if len(lines) != 1 {
		t.Fatalf("%d lines", len(lines))
	}
	line := lines[0]
	if line.PurgeLagSeconds == nil || *line.PurgeLagSeconds != 0 || line.FunctionName != "purge" ||
		line.AWS.CloudWatchMetrics[0].Metrics[0].Name != "PurgeLagSeconds" || line.AWS.CloudWatchMetrics[0].Dimensions[0][0] != "FunctionName" {
		t.Errorf("metric: %+v", line)
	}
}

// unlisted is a store in which listing the trash fails before the first customer.
type unlisted struct {
	customer.Store

	err error
}

func (u unlisted) Trash(context.Context, time.Time) iter.Seq2[customer.Customer, error] {
	return func(yield func(customer.Customer, error) bool) { yield(customer.Customer{}, u.err) }
}

// full is a queue with the largest backlog.
type full struct{ customer.Queue }

func (full) Backlog(context.Context) (int, error) { return customer.MaxBacklog, nil }

// TestSweepReportsNoLagThatItDoesNotKnow checks that a sweep reports the lag of a purge that has stopped,
// and no lag, not a lag of zero, if it could not read the list.
func TestSweepReportsNoLagThatItDoesNotKnow(t *testing.T) {
	broken := errors.New("broken")
	for _, tt := range []struct {
		name  string
		spoil func(t *testing.T, a *App)
		want  []float64
		err   error
	}{
		{"a purge has stopped", func(*testing.T, *App) {}, []float64{7200}, nil},
		{"the queue has enough", func(t *testing.T, a *App) { a.reach(t, func(p *parts) { p.queue = full{p.queue} }) }, []float64{7200}, nil},
		{"the list fails", func(t *testing.T, a *App) { a.reach(t, func(p *parts) { p.store = unlisted{p.store, broken} }) }, nil, broken},
		{"there is no time to list", func(t *testing.T, a *App) {
			a.reach(t, func(p *parts) { p.store = unlisted{p.store, context.DeadlineExceeded} })
		}, nil, nil},
		{"the table is busy", func(t *testing.T, a *App) {
			a.reach(t, func(p *parts) { p.store = unlisted{p.store, customer.ErrBusy} })
		}, nil, nil},
		{"another sweep is at work", func(t *testing.T, a *App) {
			now := a.service.Now()
			if err := a.store.Acquire(t.Context(), "sweep", "another", now, now.Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
		}, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := newApp(t)
			c := a.mustCreate(t)
			deleted, err := a.service.Delete(t.Context(), c.ID, customer.Change{By: "test"}) // past the fence at once: RETENTION is PT0S
			if err != nil {
				t.Fatal(err)
			}
			a.service.Clock = func() time.Time { return deleted.Deletion.PurgeTime.Add(2 * time.Hour) }
			tt.spoil(t, a)
			if err := a.Sweep(t.Context()); !errors.Is(err, tt.err) {
				t.Errorf("%v, want %v", err, tt.err)
			}
			var got []float64
			for _, line := range a.reported(t) {
				got = append(got, *line.PurgeLagSeconds)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("reported %v, want %v", got, tt.want)
			}
		})
	}
}
