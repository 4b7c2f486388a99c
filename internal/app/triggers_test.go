package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"lethe/internal/customer"
	"lethe/internal/dynamo/dynamotest"
	"lethe/internal/engine/enginetest"
	"lethe/internal/queue"
)

// newApp returns an App with new tables and a new queue.
func newApp(t *testing.T) *App {
	t.Helper()
	tables := dynamotest.New(t)
	cfg := enginetest.SQS(t)
	created, err := sqs.NewFromConfig(cfg).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("work-" + customer.NewID())})
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"TABLE": tables.Name, "LEDGER": tables.Ledger, "QUEUE_URL": *created.QueueUrl, "ADMIN_GROUP": adminGroup, "LOG_LEVEL": "error", "AWS_LAMBDA_FUNCTION_NAME": "purge",
		"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "RETENTION": "PT0S",
		"AWS_ENDPOINT_URL_DYNAMODB": *tables.Config.BaseEndpoint, "AWS_ENDPOINT_URL_SQS": *cfg.BaseEndpoint,
	} {
		t.Setenv(name, value)
	}
	a := FromEnvironment()
	a.metrics = &bytes.Buffer{}
	return a
}

// reach replaces parts of the App's service.
func (a *App) reach(t *testing.T, change func(p *parts)) {
	t.Helper()
	c, err := ReadConfig()
	if err != nil {
		t.Fatal(err)
	}
	now := a.service.Now
	change(&a.parts)
	a.service = a.serve(c, a.log)
	a.service.Clock = now
}

func (a *App) mustCreate(t *testing.T) customer.Customer {
	t.Helper()
	c, err := a.service.Create(t.Context(), "", customer.Profile{FirstName: "Ann", LastName: "Example"}, customer.Change{By: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func messages(jobs ...customer.Job) events.SQSEvent {
	var e events.SQSEvent
	for i, job := range jobs {
		e.Records = append(e.Records, events.SQSMessage{
			MessageId: fmt.Sprint("m", i), Body: fmt.Sprintf(`{"purges":[{"customer":%q,"generation":%q}]}`, job.Customer, job.Generation),
		})
	}
	return e
}

func TestWorkNamesTheMessagesThatFailed(t *testing.T) {
	a := newApp(t)
	c := a.mustCreate(t)
	deleted, err := a.service.Delete(t.Context(), c.ID, customer.Change{By: "test"}) // at once: RETENTION is PT0S
	if err != nil {
		t.Fatal(err)
	}
	batch := messages(customer.Job{Customer: c.ID, Generation: deleted.Deletion.ID})
	batch.Records = append(batch.Records, events.SQSMessage{MessageId: "poison", Body: "not a job"})
	out, err := a.Work(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	if len(out.BatchItemFailures) != 1 || out.BatchItemFailures[0].ItemIdentifier != "poison" {
		t.Errorf("failures: %v", out.BatchItemFailures)
	}
	if _, err := a.service.Get(t.Context(), c.ID); !strings.Contains(fmt.Sprint(err), "was purged") {
		t.Errorf("after the purge: %v", err)
	}
}

// TestOneBadCustomerGoesOnAlone has a message with a customer that can't be read.
func TestOneBadCustomerGoesOnAlone(t *testing.T) {
	a := newApp(t)
	var jobs []customer.Job
	for range 3 {
		deleted, err := a.service.Delete(t.Context(), a.mustCreate(t).ID, customer.Change{By: "test"}) // past the fence at once
		if err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, customer.Job{Customer: deleted.ID, Generation: deleted.Deletion.ID})
	}
	a.damage(t, jobs[1].Customer)
	before, err := a.queue.Backlog(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(queue.Message{Purges: jobs})
	if err != nil {
		t.Fatal(err)
	}
	out, err := a.Work(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: string(body)}}})
	if err != nil || len(out.BatchItemFailures) > 0 {
		t.Fatalf("%v, %v; want the message handled", out, err)
	}
	for i, job := range jobs {
		if _, err := a.service.Certificate(t.Context(), job.Customer); (err == nil) != (i != 1) {
			t.Errorf("customer %d: %v", i, err)
		}
	}
	if after, err := a.queue.Backlog(t.Context()); err != nil || after != before+1 {
		t.Errorf("%d messages were sent on, %v; want 1", after-before, err)
	}
	out, err = a.Work(t.Context(), messages(jobs[1]))
	if err != nil || len(out.BatchItemFailures) != 1 {
		t.Errorf("alone: %v, %v; want it to fail", out, err)
	}
}

// damage gives a customer a time that can't be read.
func (a *App) damage(t *testing.T, id string) {
	t.Helper()
	c, err := ReadConfig()
	if err != nil {
		t.Fatal(err)
	}
	s := func(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }
	_, err = dynamodb.NewFromConfig(c.aws(c.DynamoDBURL)).UpdateItem(t.Context(), &dynamodb.UpdateItemInput{
		TableName: &c.Table, Key: map[string]types.AttributeValue{"pk": s("C#" + id), "sk": s("#")},
		UpdateExpression: aws.String("SET created = :when"), ExpressionAttributeValues: map[string]types.AttributeValue{":when": s("yesterday")},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// hasty is a store in which every erasure runs out of time.
type hasty struct{ customer.Store }

func (hasty) Erase(context.Context, ...customer.Customer) error {
	return customer.ErrUnfinished
}

func TestWorkLeavesALongPurgeToTheSweep(t *testing.T) {
	a := newApp(t)
	c := a.mustCreate(t)
	deleted, err := a.service.Delete(t.Context(), c.ID, customer.Change{By: "test"})
	if err != nil {
		t.Fatal(err)
	}
	a.reach(t, func(p *parts) { p.store = hasty{p.store} })
	out, err := a.Work(t.Context(), messages(customer.Job{Customer: c.ID, Generation: deleted.Deletion.ID}))
	if err != nil || len(out.BatchItemFailures) > 0 {
		t.Fatalf("%v, %v; want the message handled", out, err)
	}
	sweep, err := a.service.Sweep(t.Context())
	if err != nil || sweep.Stuck != 1 {
		t.Errorf("the next sweep: %+v, %v; want it to take the purge up", sweep, err)
	}
}

func TestWorkingTimeEndsBeforeTheDeadline(t *testing.T) {
	for _, test := range []struct{ limit, atLeast, atMost time.Duration }{
		{5 * time.Minute, 10 * time.Second, 10 * time.Second},
		{30 * time.Second, time.Second, 6 * time.Second}, // a fifth of the remaining time
	} {
		limit := time.Now().Add(test.limit)
		ctx, cancel := context.WithDeadline(t.Context(), limit)
		ctx, cancelWorking := workContext(ctx)
		got, _ := ctx.Deadline()
		if back := limit.Sub(got); back < test.atLeast || back > test.atMost {
			t.Errorf("limit %v: the reserve is %v, want %v to %v", test.limit, back, test.atLeast, test.atMost)
		}
		cancelWorking()
		cancel()
	}
}

func TestStreamNamesTheRecordThatFailed(t *testing.T) {
	a := newApp(t)
	root := func(seq, created string) events.DynamoDBEventRecord {
		s := events.NewStringAttribute
		keys := map[string]events.DynamoDBAttributeValue{"pk": s("C#c1"), "sk": s("#")}
		image := map[string]events.DynamoDBAttributeValue{"pk": s("C#c1"), "sk": s("#"), "state": s("active"), "created": s(created)}
		return events.DynamoDBEventRecord{EventID: "event-of-" + seq, Change: events.DynamoDBStreamRecord{Keys: keys, NewImage: image, SequenceNumber: seq}}
	}
	good, bad := "2026-01-01T00:00:00.000Z#c1", "yesterday"
	out, err := a.Stream(t.Context(), events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{root("100", good), root("200", bad), root("300", good)}})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.BatchItemFailures) != 1 || out.BatchItemFailures[0].ItemIdentifier != "200" {
		t.Errorf("failures: %v, want the sequence number 200", out.BatchItemFailures)
	}
}

// TestStreamReadsANullDeletionAsNone reads the root of a customer that a bulk operation restored.
func TestStreamReadsANullDeletionAsNone(t *testing.T) {
	values := maps.Clone(removedRoot().Change.OldImage)
	values["state"], values["deletion"] = events.NewStringAttribute("active"), events.NewNullAttribute()
	if c, err := image(values); err != nil || c.State != customer.Active || c.Deletion != nil {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestStreamCountsARepeatedChangeOnce(t *testing.T) {
	a := newApp(t)
	var e events.DynamoDBEvent
	if err := json.Unmarshal([]byte(createdEvent), &e); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if out, err := a.Stream(t.Context(), e); err != nil || len(out.BatchItemFailures) > 0 {
			t.Fatalf("%v, %v", out, err)
		}
	}
	totals, err := a.service.Totals(t.Context())
	if err != nil || totals != (customer.Totals{Active: 1}) {
		t.Errorf("totals: %+v, %v", totals, err)
	}
	page, err := a.service.Entries(t.Context(), customer.EntryQuery{Customer: "c1", Limit: 10})
	if err != nil || len(page.Entries) != 1 {
		t.Fatalf("audit log: %+v, %v", page, err)
	}
	if got := page.Entries[0]; got.Action != customer.ActionCreated || got.By != "ann" {
		t.Errorf("entry: %+v", got)
	}
}

// TestALaterNameIsBlottedOutOfWhatWasLogged renames a customer. Its log has the new name, which is then removed from it. A
// repeated event changes nothing.
func TestALaterNameIsBlottedOutOfWhatWasLogged(t *testing.T) {
	a := newApp(t)
	s := events.NewStringAttribute
	root := func(lastName, action, reason, seq string) map[string]events.DynamoDBAttributeValue {
		return map[string]events.DynamoDBAttributeValue{
			"pk": s("C#c1"), "sk": s("#"), "state": s("active"), "created": s("2026-01-01T00:00:00.000Z#c1"),
			"profile": events.NewMapAttribute(map[string]events.DynamoDBAttributeValue{"l": s(lastName)}),
			"last": events.NewMapAttribute(map[string]events.DynamoDBAttributeValue{
				"id": s(seq), "at": s("2026-01-01T00:00:0" + seq + ".000Z"), "by": s("ann"), "action": s(action), "reason": s(reason), "code": s("other"),
			}),
		}
	}
	blocked := root("Kowalczyk", "customer.blocked", "marries, MORENO then; for Kowalczyk", "1")
	renamed := root("Moreno", "customer.updated", "", "2")
	change := func(seq string, before, after map[string]events.DynamoDBAttributeValue) events.DynamoDBEventRecord {
		keys := map[string]events.DynamoDBAttributeValue{"pk": s("C#c1"), "sk": s("#")}
		return events.DynamoDBEventRecord{Change: events.DynamoDBStreamRecord{Keys: keys, OldImage: before, NewImage: after, SequenceNumber: seq}}
	}
	batch := events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{change("100", nil, blocked), change("200", blocked, renamed)}}
	for range 2 {
		if out, err := a.Stream(t.Context(), batch); err != nil || len(out.BatchItemFailures) > 0 {
			t.Fatalf("%v, %v", out, err)
		}
		page, err := a.service.Entries(t.Context(), customer.EntryQuery{Customer: "c1", Limit: 10})
		if err != nil || len(page.Entries) != 2 {
			t.Fatalf("%v: %+v", err, page)
		}
		if e := page.Entries[1]; e.Reason != "marries, […] then; for […]" || e.ReasonCode != customer.OtherReason || e.Action != customer.ActionBlocked || e.By != "ann" {
			t.Errorf("%+v", e)
		}
	}
}

const createdEvent = `{"Records":[{"eventID":"1","eventName":"INSERT","dynamodb":{"SequenceNumber":"111","ApproximateCreationDateTime":1767225600,
	"Keys":{"pk":{"S":"C#c1"},"sk":{"S":"#"}},
	"NewImage":{"pk":{"S":"C#c1"},"sk":{"S":"#"},"state":{"S":"active"},"version":{"N":"1"},"created":{"S":"2026-01-01T00:00:00.000Z#c1"},
		"counts":{"M":{}},"holds":{"M":{}},"terms":{"L":[{"S":"ann"}]},"profile":{"M":{"f":{"S":"Ann"},"n":{"BOOL":true}}},
		"last":{"M":{"id":{"S":"x"},"at":{"S":"2026-01-01T00:00:00.000Z"},"by":{"S":"ann"},"action":{"S":"customer.created"}}}}}}]}`

func TestTTLExpiryLeadsToAPurge(t *testing.T) {
	a := newApp(t)
	for _, tt := range []struct {
		name     string
		identity *events.DynamoDBUserIdentity
		want     int
	}{
		{"by a worker", nil, 0},
		{"by another service", &events.DynamoDBUserIdentity{Type: "Service", PrincipalID: "backup.amazonaws.com"}, 0},
		{"by TTL", &events.DynamoDBUserIdentity{Type: "Service", PrincipalID: "dynamodb.amazonaws.com"}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			record := removedRoot()
			record.UserIdentity = tt.identity
			if out, err := a.Stream(t.Context(), events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{record}}); err != nil || len(out.BatchItemFailures) > 0 {
				t.Fatalf("%v, %v", out, err)
			}
			if got, err := a.queue.Backlog(t.Context()); err != nil || got != tt.want {
				t.Errorf("purges queued: %d, %v; want %d", got, err, tt.want)
			}
		})
	}
	if c, err := a.service.Get(t.Context(), "gone"); err != nil || c.State != customer.Purging {
		t.Errorf("the root is back as %v, %v; want purging", c.State, err)
	}
}

func removedRoot() events.DynamoDBEventRecord { return removedRootOf("gone") }

func removedRootOf(id string) events.DynamoDBEventRecord {
	s := events.NewStringAttribute
	return events.DynamoDBEventRecord{EventName: "REMOVE", Change: events.DynamoDBStreamRecord{
		SequenceNumber: "500",
		Keys:           map[string]events.DynamoDBAttributeValue{"pk": s("C#" + id), "sk": s("#")},
		OldImage: map[string]events.DynamoDBAttributeValue{
			"pk": s("C#" + id), "sk": s("#"), "state": s("deleted"), "version": events.NewNumberAttribute("2"), "created": s("2026-01-01T00:00:00.000Z#" + id),
			"terms":   events.NewListAttribute([]events.DynamoDBAttributeValue{s("gone")}),
			"profile": events.NewMapAttribute(map[string]events.DynamoDBAttributeValue{"e": s(id + "@example.com")}),
			"deletion": events.NewMapAttribute(map[string]events.DynamoDBAttributeValue{
				"g": s("g1"), "t": events.NewNumberAttribute("1767312000000"), "b": s("ann"), "p": events.NewNumberAttribute("1767398400000"),
			}),
		},
	}}
}

func TestConfigNamesWhatIsWrong(t *testing.T) {
	for _, tt := range []struct {
		name string
		set  map[string]string
		want string
	}{
		{"nothing set", nil, "TABLE"},
		{"a bad period", map[string]string{"TABLE": "t", "LEDGER": "l", "QUEUE_URL": "q", "RETENTION": "P1M"}, "write days as P30D"},
		{"no grace", map[string]string{"TABLE": "t", "LEDGER": "l", "QUEUE_URL": "q", "PURGE_GRACE": "never"}, "PURGE_GRACE"},
		{"a short audit log", map[string]string{"TABLE": "t", "LEDGER": "l", "QUEUE_URL": "q", "AUDIT_RETENTION": "P1D"}, "AUDIT_RETENTION is P1D: it must be at least P2D"},
		{"a group that can't be told from two", map[string]string{"TABLE": "t", "LEDGER": "l", "QUEUE_URL": "q", "ADMIN_GROUP": "x admin"}, "ADMIN_GROUP is \"x admin\": the name of a group"},
		{"no shards", map[string]string{"TABLE": "t", "LEDGER": "l", "QUEUE_URL": "q", "INDEX_SHARDS": "0"}, "INDEX_SHARDS"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for name, value := range tt.set {
				t.Setenv(name, value)
			}
			if _, err := ReadConfig(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want something about %s", err, tt.want)
			}
		})
	}
}
