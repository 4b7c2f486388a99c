package app

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/dynamo"
	"lethe/internal/operations"
	"lethe/internal/queue"
)

// exerciseOperations runs each action on customers, planned and applied by function api, and worked off by function work from
// messages.
func exerciseOperations(t *testing.T, a *App) {
	for _, id := range []string{"alpha", "beta"} {
		if _, err := a.service.Create(t.Context(), id, customer.Profile{LastName: id}, testActor); err != nil {
			t.Fatal(err)
		}
	}
	ids := []byte(`{"ids":["alpha","beta"]}`)
	a.operate(t, bulk.Operation{Action: operations.Block}, ids)
	a.operate(t, bulk.Operation{Action: operations.Unblock}, ids)
	deletion := a.operate(t, bulk.Operation{Action: operations.Delete}, ids)
	of := fmt.Appendf(nil, `{"operation":%q}`, deletion.ID)
	a.operate(t, bulk.Operation{Action: operations.Undo, Params: of}, of)
	a.operate(t, bulk.Operation{Action: operations.Delete}, ids)
	a.operate(t, bulk.Operation{Action: operations.Redate, Params: []byte(`{"notice":"P1D"}`)}, []byte(`{"trash":true}`))
	a.operate(t, bulk.Operation{Action: operations.Restore}, ids)
	a.operate(t, bulk.Operation{Action: operations.Delete}, ids)
	a.operate(t, bulk.Operation{Action: operations.Purge}, []byte(`{"ids":["alpha"]}`))
	a.operate(t, bulk.Operation{Action: operations.Replay}, []byte(`{"ledger":true}`))
	a.planCheck(t)
	a.purgeWithOneThatFails(t, "beta", deletedID)
}

// planCheck leaves the whole plan of an fsck to function work, as a table does that takes longer than one request.
func (a *App) planCheck(t *testing.T) {
	t.Helper()
	op := bulk.Operation{ID: customer.NewID(), Action: "fsck", State: bulk.Planning, Version: 1, Created: time.Now(), Expires: time.Now().Add(time.Hour)}
	if err := a.store.(*dynamo.Table).Operations().Create(t.Context(), op, []byte(`{"tables":true}`)); err != nil {
		t.Fatal(err)
	}
	a.deliver(t, queue.Message{Work: &bulk.Work{Operation: op.ID, Chunk: bulk.PlanWork}})
}

// purgeWithOneThatFails has a message with a customer that can't be read.
func (a *App) purgeWithOneThatFails(t *testing.T, good, bad string) {
	t.Helper()
	var jobs []customer.Job
	for _, id := range []string{good, bad} {
		c, err := a.service.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, customer.Job{Customer: id, Generation: c.Deletion.ID})
	}
	a.damage(t, bad)
	a.deliver(t, queue.Message{Purges: jobs})
}

// operate runs an operation to its end.
func (a *App) operate(t *testing.T, op bulk.Operation, selection []byte) bulk.Operation {
	t.Helper()
	api := as(t, "ApiRole")
	op.ID, op.By = customer.NewID(), "test"
	op, err := a.operations.Create(api, op, selection)
	if err != nil {
		t.Fatal(err)
	}
	a.deliver(t, queue.Message{Work: &bulk.Work{Operation: op.ID, Chunk: bulk.PlanWork}})
	if op, err = a.operations.Operation(api, op.ID); err == nil && op.State == bulk.Ready {
		op, err = a.operations.Apply(api, op.ID, bulk.Approval{Digest: op.Digest, Acknowledged: true, By: "test"})
	}
	for seq := 0; err == nil && seq < op.Chunks; seq++ {
		a.deliver(t, queue.Message{Work: &bulk.Work{Operation: op.ID, Chunk: seq}})
	}
	if op, err = a.operations.Operation(api, op.ID); err != nil || op.State != bulk.Succeeded {
		t.Fatalf("%+v, %v", op, err)
	}
	return op
}

// deliver gives function work a message.
func (a *App) deliver(t *testing.T, m queue.Message) {
	t.Helper()
	body, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	out, err := a.Work(as(t, "WorkRole"), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "m", Body: string(body)}}})
	if err != nil || len(out.BatchItemFailures) > 0 {
		t.Fatalf("%s: %v, %v", body, out, err)
	}
}

// exerciseHeaders sends the requests that need headers or an answer of another: keys of repetition, versions, files, access rules.
func exerciseHeaders(t *testing.T, a *App) {
	key := map[string]string{"idempotency-key": "k"}
	a.send(t, "POST", "/v1/customers", `{"id":"once","lastName":"Once","email":"once@example.com"}`, key)
	a.send(t, "POST", "/v1/customers/once/block", `{}`, key)
	a.send(t, "POST", "/v1/customers/once/block", `{}`, key)
	a.send(t, "PATCH", "/v1/customers/once", `{"email":"twice@example.com","lastName":"Twice"}`, map[string]string{"if-match": `"2"`})
	settings := a.send(t, "GET", "/v1/settings", "", nil)
	a.send(t, "PUT", "/v1/settings", settings.Body, map[string]string{"if-match": settings.Headers["Etag"]})
	rules := a.send(t, "GET", "/v1/access", "", nil)
	a.send(t, "PUT", "/v1/access", rules.Body, nil)
	a.send(t, "POST", "/v1/suspensions", `{"subject":"leaver"}`, nil)
	a.send(t, "GET", "/v1/suspensions", "", nil)
	a.send(t, "POST", "/v1/suspensions/lift", `{"subject":"leaver"}`, nil)
	a.send(t, "GET", "/v1/me", "", nil)
	today := time.Now().UTC().Format(time.DateOnly)
	a.send(t, "POST", "/v1/audit/search", fmt.Sprintf(`{"day":%q}`, today), nil)
	a.send(t, "GET", fmt.Sprintf("/v1/audit/export?from=%s&to=%[1]s", today), "", nil)
	file := map[string]string{"content-type": "application/x-ndjson"}
	a.send(t, "POST", "/v1/imports/customers", `{"id":"three","lastName":"Three","email":"three@example.com"}`, file)
	a.send(t, "POST", "/v1/imports/records?kind=ticket", `{"id":"1","customer":"three"}`, file)
}

func (a *App) send(t *testing.T, method, path, body string, headers map[string]string) events.APIGatewayV2HTTPResponse {
	t.Helper()
	event := authenticated(method, path, body)
	event.RawPath, event.RawQueryString, _ = strings.Cut(path, "?")
	maps.Copy(event.Headers, headers)
	out, err := a.HTTP(as(t, "ApiRole"), event)
	if err != nil || out.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %s %v", method, path, out.StatusCode, out.Body, err)
	}
	return out
}
