package schedule_test

import (
	"context"
	"encoding/json"
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

func TestNext(t *testing.T) {
	t.Parallel()
	const now = "Sat 2026-11-21 20:43"
	tests := []struct{ expression, want string }{
		{"rate(1 minute)", "Sat 2026-11-21 20:44"},
		{"rate(5 minutes)", "Sat 2026-11-21 20:48"},
		{"rate(1 day)", "Sun 2026-11-22 20:43"},
		{"cron(0 10 * * ? *)", "Sun 2026-11-22 10:00"},
		{"cron(0/15 * * * ? *)", "Sat 2026-11-21 20:45"},
		{"cron(43 20 ? * SAT *)", "Sat 2026-11-28 20:43"},
		{"cron(0 8 ? * MON-FRI *)", "Mon 2026-11-23 08:00"},
		{"cron(0 8 1,15 * ? *)", "Tue 2026-12-01 08:00"},
		{"cron(0 0 29 2 ? *)", "Tue 2028-02-29 00:00"},
		{"cron(*/20 6-8 ? * 7 2027)", "Sat 2027-01-02 06:00"},
	}
	for _, test := range tests {
		t.Run(test.expression, func(t *testing.T) {
			t.Parallel()
			parsed, err := schedule.Parse(test.expression)
			if err != nil {
				t.Fatal(err)
			}
			if got := parsed.Next(at(t, now)); !got.Equal(at(t, test.want)) {
				t.Errorf("next is %s, want %s", got, test.want)
			}
		})
	}
}

func TestNever(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{"cron(0 0 31 2 ? *)", "cron(0 0 * * ? 2020)"} {
		parsed, err := schedule.Parse(expression)
		if err != nil {
			t.Fatal(err)
		}
		if next := parsed.Next(at(t, "Sat 2026-11-21 20:43")); !next.IsZero() {
			t.Errorf("%s is next due at %s, want never", expression, next)
		}
	}
}

func TestNotUnderstood(t *testing.T) {
	t.Parallel()
	for _, expression := range []string{
		"", "rate(0 minutes)", "rate(1 second)", "rate(1)", "at(2026-11-21T20:43:00)", "cron(0 10 * * ?)", "cron(60 * * * ? *)",
		"cron(0 0 L * ? *)", "cron(0 0 ? * 2#1 *)", "cron(0/0 * * * ? *)", "cron(1-x * * * ? *)",
	} {
		if _, err := schedule.Parse(expression); err == nil {
			t.Errorf("%q is understood", expression)
		}
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	ticks := 0
	schedule.Run(ctx, schedule.Every(time.Millisecond), func(due time.Time) {
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
