package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"lethe/internal/dynamo"
	"lethe/internal/engine"
	"lethe/internal/engine/enginetest"
	"lethe/internal/operations"
)

// TestLoggingAChangeCostsWhatEstimatesSay hands changes to the stream function, and compares what the table counts with what
// estimates and the cost of an operation compute.
func TestLoggingAChangeCostsWhatEstimatesSay(t *testing.T) {
	a := newApp(t)
	for _, tt := range []struct {
		name, after    string
		counted, plain int
	}{
		{"a deletion", "deleted", 1, 0},
		{"a batch of deletions", "deleted", 100, 0},
		{"a block", "active", 0, 1},
		{"a batch of blocks", "active", 0, 100},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var batch events.DynamoDBEvent
			for i := range tt.counted + tt.plain {
				batch.Records = append(batch.Records, changed(fmt.Sprint(strings.ReplaceAll(tt.name, " ", "-"), i), i, tt.after))
			}
			ctx, usage := dynamo.Metered(t.Context())
			out, err := a.Stream(ctx, batch)
			if err != nil || len(out.BatchItemFailures) > 0 {
				t.Fatalf("%v, %v", out, err)
			}
			got, want := usage(), operations.Logging(tt.counted, tt.plain)
			if enginetest.Kind() == engine.DynamoDBLocal {
				got.WriteUnits = want.WriteUnits // it reports less for transactions
			}
			if got != want {
				t.Errorf("%s: %+v, want %+v", tt.name, got, want)
			}
		})
	}
}

// changed is a record of the stream: an active customer that was deleted, or blocked.
func changed(id string, seq int, after string) events.DynamoDBEventRecord {
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
		OldImage: image("active", 1, "customer.created"), NewImage: image(after, 2, action),
	}}
}
