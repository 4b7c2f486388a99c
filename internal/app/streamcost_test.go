package app

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"lethe/internal/dynamo"
	"lethe/internal/engine"
	"lethe/internal/engine/enginetest"
	"lethe/internal/operations"
)

// TestLoggingAChangeCostsWhatEstimatesSay hands the stream function a full batch, and compares the write units of the table
// with those in estimates and in the cost of an operation, which nothing measures.
func TestLoggingAChangeCostsWhatEstimatesSay(t *testing.T) {
	const changes = 100
	a := newApp(t)
	for _, tt := range []struct {
		name          string
		before, after string // state, and whether blocked
		units         float64
	}{
		{"deletions", "active", "deleted", operations.CountedEntry},
		{"blocks", "active", "active", operations.PlainEntry},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var batch events.DynamoDBEvent
			for i := range changes {
				batch.Records = append(batch.Records, changed(fmt.Sprint(tt.name, i), i, tt.before, tt.after))
			}
			ctx, usage := dynamo.Metered(t.Context())
			out, err := a.Stream(ctx, batch)
			if err != nil || len(out.BatchItemFailures) > 0 {
				t.Fatalf("%v, %v", out, err)
			}
			got := usage()
			if t.Logf("%s: %+v", tt.name, got); enginetest.Kind() == engine.DynamoDBLocal {
				return // it reports less for transactions
			}
			if want := changes / operations.EntriesWritten; got.Requests != want {
				t.Errorf("%d requests for %d %s, want %d", got.Requests, changes, tt.name, want)
			}
			if math.Abs(got.WriteUnits/changes-tt.units) > 0.005 {
				t.Errorf("%g write units for each of %d %s, want %g", got.WriteUnits/changes, changes, tt.name, tt.units)
			}
		})
	}
}

// changed is a record of the stream: of a customer that changed its state, or was blocked.
func changed(id string, seq int, before, after string) events.DynamoDBEventRecord {
	image := func(state string, version int, action string) map[string]events.DynamoDBAttributeValue {
		s, n := events.NewStringAttribute, events.NewNumberAttribute
		it := map[string]events.DynamoDBAttributeValue{
			"pk": s("C#" + id), "sk": s("#"), "state": s(state), "version": n(fmt.Sprint(version)), "created": s("2026-01-01T00:00:00.000Z#" + id),
			"last": events.NewMapAttribute(map[string]events.DynamoDBAttributeValue{
				"id": s(fmt.Sprint("ch", version)), "at": s("2026-01-02T00:00:00.000Z"), "by": s("ann"), "action": s(action),
			}),
		}
		if state == "deleted" {
			it["deletion"] = events.NewMapAttribute(map[string]events.DynamoDBAttributeValue{
				"id": s("ch2"), "time": s("2026-01-02T00:00:00.000Z"), "by": s("ann"), "purgeTime": s("2026-02-02T00:00:00.000Z"),
			})
		}
		return it
	}
	action := map[string]string{"deleted": "customer.deleted", "active": "customer.blocked"}[after]
	return events.DynamoDBEventRecord{EventName: "MODIFY", Change: events.DynamoDBStreamRecord{
		SequenceNumber: fmt.Sprintf("%021d", 1000+seq), ApproximateCreationDateTime: events.SecondsEpochTime{Time: time.Now()},
		Keys:     map[string]events.DynamoDBAttributeValue{"pk": events.NewStringAttribute("C#" + id), "sk": events.NewStringAttribute("#")},
		OldImage: image(before, 1, "customer.created"), NewImage: image(after, 2, action),
	}}
}
