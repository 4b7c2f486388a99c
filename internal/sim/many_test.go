package sim

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
)

var million = flag.Int("million", 5000, "records of the customer that TestMillion purges")

// TestMillion purges a customer with more records than one invocation has time for. Each invocation
// stops at its deadline, and the sweep queues the rest. The rate limit of a new process alone makes
// 5,000 records take at least three invocations. For a million records: go test ./internal/sim -run TestMillion -million 1000000 -timeout 1h.
func TestMillion(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it inserts and purges thousands of records")
	}
	w := NewWorld(t, policies)
	service := w.Service(w.Config)
	create(t, service, "large", "contract~1")
	started := time.Now()
	w.Fill(t, "large", "ticket", *million)
	t.Logf("%d records inserted in %v", *million, time.Since(started).Round(time.Millisecond))
	if err := service.RemoveRecord(t.Context(), "large", key("contract~1"), byAdmin); err != nil {
		t.Fatal(err)
	}
	fence(t, service, "large")

	started = time.Now()
	invocations := w.invoke(t, max(300*time.Millisecond, time.Duration(*million)*20*time.Microsecond))
	if invocations < 3 {
		t.Errorf("%d invocations were enough", invocations)
	}
	gone(t, service, "large", int64(*million), 0)
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	t.Logf("%d records purged in %d invocations, %v; the process took %d MB of memory",
		*million, invocations, time.Since(started).Round(time.Millisecond), memory.Sys>>20)
}

// invoke works until the queue stays empty. Each invocation is a new process with the given time. If
// one makes no progress, the machine is slow: the next gets twice the time.
func (w *World) invoke(t *testing.T, limit time.Duration) (invocations int) {
	t.Helper()
	sweeper := w.Service(w.Config)
	left := w.remaining(t)
	for jobs := w.Queue.Take(); len(jobs) > 0; jobs = w.Queue.Take() {
		invocations++
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		err := w.Service(w.Config).Purge(ctx, jobs[0])
		cancel()
		if err != nil && !errors.Is(err, customer.ErrUnfinished) {
			t.Fatalf("invocation %d: %v", invocations, err)
		}
		if err == nil {
			continue
		}
		if now := w.remaining(t); now == left {
			limit *= 2
		} else {
			left = now
		}
		if w.Clock.Move(time.Second); w.stuck(t, sweeper) == 0 {
			// It had no time to release the lease: let it run out.
			t.Logf("invocation %d: %v", invocations, err)
			if w.Clock.Move(customer.PurgeLease); w.stuck(t, sweeper) == 0 {
				t.Fatalf("the sweep finds nothing after invocation %d", invocations)
			}
		}
	}
	return invocations
}

func (w *World) stuck(t *testing.T, sweeper *customer.Service) int {
	t.Helper()
	sweep, err := sweeper.Sweep(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return sweep.Stuck
}

// remaining counts the items of the customer on one page, and returns the count and where the page
// ends. It changes when a purge makes progress.
func (w *World) remaining(t *testing.T) string {
	t.Helper()
	out, err := dynamodb.NewFromConfig(w.Config).Query(t.Context(), &dynamodb.QueryInput{
		TableName: &w.Name, ConsistentRead: aws.Bool(true), Select: types.SelectCount,
		KeyConditionExpression:    aws.String("pk = :pk"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":pk": text("C#large")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(out.Count, out.LastEvaluatedKey["sk"])
}
