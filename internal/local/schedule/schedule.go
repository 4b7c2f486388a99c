// Package schedule calls functions by the expressions of EventBridge Scheduler, in UTC.
package schedule

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

var (
	rateExpression = regexp.MustCompile(`^rate\((\d+) (minute|hour|day)s?\)$`)
	units          = map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}
)

// Parse returns the period of rate(...). Other expressions are not supported.
func Parse(expression string) (period time.Duration, err error) {
	match := rateExpression.FindStringSubmatch(expression)
	if match == nil {
		return 0, fmt.Errorf("schedule %q is not supported on one machine: use rate(1 minute), rate(5 minutes), rate(1 hour) or rate(1 day)", expression)
	}
	n, err := strconv.Atoi(match[1])
	if err != nil || n < 1 {
		return 0, fmt.Errorf("schedule %q: the number in rate(...) must be 1 or more", expression)
	}
	return time.Duration(n) * units[match[2]], nil
}

// Run calls tick once in each period, until ctx ends. tick must return at once.
func Run(ctx context.Context, period time.Duration, tick func(due time.Time)) {
	for due := time.Now().UTC().Add(period); ; due = due.Add(period) {
		if now := time.Now().UTC(); due.Before(now) {
			due = now // the machine slept: missed ticks are skipped, as on AWS
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(due)):
			tick(due)
		}
	}
}

// Event returns the event that Scheduler sends for a schedule without an input.
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
