// Package schedule tells when EventBridge Scheduler's expressions are due, in UTC.
package schedule

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Schedule says when something is due.
type Schedule interface {
	// Next is the first time after this one, zero if there is none.
	Next(after time.Time) time.Time
}

// Every is a schedule with a fixed period.
type Every time.Duration

// Next implements Schedule.
func (e Every) Next(after time.Time) time.Time { return after.Add(time.Duration(e)) }

var (
	rateExpression = regexp.MustCompile(`^rate\((\d+) (minute|hour|day)s?\)$`)
	units          = map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}
)

// Parse reads rate(...) or cron(...). Of cron, L, W and # are not understood.
func Parse(expression string) (Schedule, error) {
	if match := rateExpression.FindStringSubmatch(expression); match != nil {
		n, err := strconv.Atoi(match[1])
		if err != nil || n < 1 {
			return nil, fmt.Errorf("schedule %q: the rate has to be a positive number", expression)
		}
		return Every(time.Duration(n) * units[match[2]]), nil
	}
	if fields, ok := strings.CutPrefix(expression, "cron("); ok && strings.HasSuffix(fields, ")") {
		schedule, err := parseCron(strings.TrimSuffix(fields, ")"))
		if err != nil {
			return nil, fmt.Errorf("schedule %q: %w", expression, err)
		}
		return schedule, nil
	}
	return nil, fmt.Errorf("schedule %q: only rate(n minutes) and cron(...) are understood", expression)
}

// Run calls tick whenever the schedule is due, until ctx ends. It does not wait for tick, which has to return at
// once.
func Run(ctx context.Context, schedule Schedule, tick func(due time.Time)) {
	for due := schedule.Next(time.Now().UTC()); !due.IsZero(); due = schedule.Next(due) {
		if now := time.Now().UTC(); due.Before(now) {
			due = now // the machine slept: what was missed is missed, as on AWS
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(due)):
			tick(due)
		}
	}
}

// Event is what Scheduler sends when a schedule has no input of its own.
func Event(due time.Time) ([]byte, error) {
	event, err := json.Marshal(map[string]any{
		"version": "0", "id": rand.Text(), "detail-type": "Scheduled Event", "source": "aws.scheduler", "account": "000000000000",
		"time": due.UTC().Format(time.RFC3339), "region": "us-east-1", "resources": []string{"arn:aws:scheduler:us-east-1:000000000000:schedule/default/local"}, "detail": "{}",
	})
	if err != nil {
		return nil, fmt.Errorf("encode the event of a schedule: %w", err)
	}
	return event, nil
}
