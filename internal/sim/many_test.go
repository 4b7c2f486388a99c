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

// TestMillion purges a customer of so many records that no invocation has the time for
// all: each stops at its deadline, and the sweep hands the rest to the next. The speed
// at which a fresh process starts to write alone keeps 5,000 records from going in
// fewer than three. Of a million: go test ./internal/sim -run TestMillion -million 1000000 -timeout 1h.
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
	if err := service.RemoveRecord(t.Context(), "large", key("contract~1"), admin); err != nil {
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

// invoke works until the queue stays empty, each invocation a fresh process with so
// much time. One that didn't even begin gets twice as much: the machine is slow.
func (w *World) invoke(t *testing.T, limit time.Duration) (invocations int) {
	t.Helper()
	sweeper := w.Service(w.Config)
	left := w.left(t)
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
		if now := w.left(t); now == left {
			limit *= 2
		} else {
			left = now
		}
		if w.Clock.Move(time.Second); w.stuck(t, sweeper) == 0 {
			// There was no time to give the lease back, so that it has to run out.
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

// left counts, in one page, what hangs on the customer still, and says where that ends.
func (w *World) left(t *testing.T) string {
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
