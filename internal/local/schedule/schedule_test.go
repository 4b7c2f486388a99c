package schedule_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"lethe/internal/local/schedule"
)

func at(t *testing.T, text string) time.Time {
	t.Helper()
	parsed, err := time.Parse("Mon 2006-01-02 15:04", text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestParse(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]time.Duration{
		"rate(1 minute)": time.Minute, "rate(5 minutes)": 5 * time.Minute, "rate(2 hours)": 2 * time.Hour, "rate(1 day)": 24 * time.Hour,
	} {
		if got, err := schedule.Parse(expression); err != nil || got != want {
			t.Errorf("the period of %s is %s, %v; want %s", expression, got, err, want)
		}
	}
}

func TestNotSupported(t *testing.T) {
	t.Parallel()
	const supported = "use rate(1 minute), rate(5 minutes), rate(1 hour) or rate(1 day)"
	for expression, want := range map[string]string{
		"":                                supported,
		"rate(1 second)":                  supported,
		"rate(1)":                         supported,
		"at(2026-11-21T20:43:00)":         supported,
		"cron(0 10 * * ? *)":              supported,
		"rate(0 minutes)":                 "must be 1 or more",
		"rate(99999999999999999999 days)": "must be 1 or more",
	} {
		if _, err := schedule.Parse(expression); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is refused with %v, want %q", expression, err, want)
		}
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	ticks := 0
	schedule.Run(ctx, time.Millisecond, func(due time.Time) {
		if ticks++; ticks == 3 {
			cancel()
		}
	})
	if ticks < 3 {
		t.Errorf("%d ticks, want 3", ticks)
	}
}

func TestEvent(t *testing.T) {
	t.Parallel()
	payload, err := schedule.Event(at(t, "Sat 2026-11-21 20:43"))
	if err != nil {
		t.Fatal(err)
	}
	var event map[string]any
	if err := json.Unmarshal(payload, &event); err != nil || event["time"] != "2026-11-21T20:43:00Z" || event["detail-type"] != "Scheduled Event" {
		t.Errorf("event is %s, %v", payload, err)
	}
}
