package app

import (
	"context"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"go.yaml.in/yaml/v3"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/dynamo"
	"lethe/internal/engine"
	"lethe/internal/operations"
)

// TestRolesAllowWhatTheFunctionsDo runs each trigger through all its work, and evaluates each of its calls against the policies of
// the template, with their conditions. The engines check no permissions, so without this test a missing one would show only in
// production. A permission that no call needs is one too many, unless notCalled names why it stays.
func TestRolesAllowWhatTheFunctionsDo(t *testing.T) {
	policies := readPolicies(t)
	needed := uses{}
	for name, exercise := range map[string]func(*testing.T, *App){
		"api": exerciseAPI, "work": exerciseWork, "purge": exerciseSweep, "stream": exerciseStream, "operations": exerciseOperations,
		"headers": exerciseHeaders,
	} {
		t.Run(name, func(t *testing.T) {
			a := newApp(t)
			prepare(t, a)
			calls := a.record(t, policies.names(t))
			exercise(t, a)
			for role, requests := range calls.byRole(t) {
				needed.evaluate(t, policies, role, requests)
			}
		})
	}
	for role, statements := range policies.Roles {
		needed.compare(t, role, statements)
	}
}

const (
	heldID    = "held"
	deletedID = "deleted"
	fencedID  = "fenced"
	goneID    = "certified" // in the ledger only

	// Operations: ready to be applied, failed, running, planning, and ready for too long.
	readyID    = "ready00000000000000000000000"
	failedID   = "failed0000000000000000000000"
	runningID  = "running000000000000000000000"
	planningID = "planning00000000000000000000"
	expiredID  = "expired000000000000000000000"
)

var testActor = customer.Change{By: "test"}

// prepare creates customers in all states that the triggers handle.
func prepare(t *testing.T, a *App) {
	t.Helper()
	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	kinds := []customer.Kind{{Name: "ticket", Policy: customer.Cascade}, {Name: "invoice", Policy: customer.Retain, Keep: []string{"total"}, For: customer.Never}}
	must(a.service.UpdateSettings(t.Context(), customer.Settings{Retention: customer.PeriodOf(time.Second), Kinds: kinds}, true, "admin"))
	for _, id := range []string{heldID, deletedID, fencedID} {
		must(a.service.Create(t.Context(), id, customer.Profile{FirstName: id, Email: id + "@example.com"}, testActor))
		records := []customer.Record{{Key: customer.Key{{Kind: "ticket", ID: "1"}}}, {Key: customer.Key{{Kind: "invoice", ID: "1"}}}}
		must(a.service.AddRecords(t.Context(), id, records, testActor))
		must(a.service.Delete(t.Context(), id, testActor))
	}
	must(a.service.Hold(t.Context(), heldID, "case", testActor))
	must(nil, a.ledger.Certify(t.Context(), customer.Certificate{Customer: goneID, DeletionID: "g1", PurgedBy: "test"}))
	must(a.service.StartPurge(t.Context(), fencedID, customer.Fence{}, testActor))
	for id, state := range map[string]bulk.State{readyID: bulk.Ready, failedID: bulk.Failed, runningID: bulk.Running, planningID: bulk.Planning, expiredID: bulk.Ready} {
		prepareOperation(t, a, id, state)
	}
	for {
		if c, err := a.service.Get(t.Context(), deletedID); err != nil || c.Due(time.Now()) {
			must(c, err)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// prepareOperation creates an operation in a state that deletes a customer who does not exist.
func prepareOperation(t *testing.T, a *App, id string, state bulk.State) {
	t.Helper()
	op := bulk.Operation{ID: id, Action: operations.Delete, State: bulk.Planning, Version: 1, Created: time.Now(), Expires: time.Now().Add(time.Hour)}
	if id == expiredID {
		op.Expires = time.Now()
	}
	var err error
	if op.Basis, err = a.operations.Actions[op.Action].Basis(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.store.(*dynamo.Table).Operations().Create(t.Context(), op, []byte(`{"filter":{"state":"active"}}`)); err != nil {
		t.Fatal(err)
	}
	if state == bulk.Planning {
		return
	}
	op.State, op.Version, op.Chunks, op.Applied, op.Tally.Failed = state, 2, 1, time.Now(), 1
	chunk := bulk.Chunk{Subjects: []bulk.Subject{{ID: "nobody", Bind: "1 0 false "}}, Outcomes: []bulk.Outcome{{}}}
	if state == bulk.Failed {
		chunk.Outcomes[0] = bulk.Outcome{Result: bulk.OutcomeFailed, Code: bulk.GaveUp}
	}
	if err := a.store.(*dynamo.Table).Operations().Freeze(t.Context(), op, []bulk.Chunk{chunk}); err != nil {
		t.Fatal(err)
	}
}

func exerciseAPI(t *testing.T, a *App) {
	ctx := as(t, "ApiRole")
	for _, r := range []struct{ method, path, body string }{
		{http.MethodPost, "/v1/customers", `{"id":"new","organisation":"New","email":"new@example.com"}`},
		{http.MethodPatch, "/v1/customers/new", `{"email":"newer@example.com"}`},
		{http.MethodGet, "/v1/customers", ""},
		{http.MethodPost, "/v1/customers/search", `{"search":"new"}`},
		{http.MethodPost, "/v1/customers/new/records", `{"kind":"ticket","id":"1","data":{}}`},
		{http.MethodPost, "/v1/customers/new/records", `{"kind":"ticket","id":"2","parent":"ticket~1","data":{}}`},
		{http.MethodGet, "/v1/customers/new/records", ""},
		{http.MethodGet, "/v1/customers/new/records/ticket~1", ""},
		{http.MethodDelete, "/v1/customers/new/records/ticket~1", ""},
		{http.MethodPost, "/v1/customers/new/block", "{}"},
		{http.MethodDelete, "/v1/customers/" + heldID + "/holds/case", ""},
		{http.MethodDelete, "/v1/customers/new", ""},
		{http.MethodPost, "/v1/customers/new/restore", "{}"},
		{http.MethodPost, "/v1/customers/" + deletedID + "/purge", `{"confirm":"` + deletedID + `"}`},
		{http.MethodGet, "/v1/customers/new/audit", ""},
		{http.MethodGet, "/v1/deleted-customers", ""},
		{http.MethodGet, "/v1/settings", ""},
		{http.MethodPost, "/v1/settings/preview", `{"retention":"P1D"}`},
		{http.MethodGet, "/v1/totals", ""},
		{http.MethodGet, "/v1/totals/days", ""},
		{http.MethodGet, "/v1/customers/nobody", ""},
		{http.MethodGet, "/v1/certificates/nobody", ""},
		{http.MethodGet, "/v1/certificates", ""},
		{http.MethodGet, "/v1/certificates.ndjson", ""},
		{http.MethodGet, "/v1/checkpoint", ""},
		{http.MethodPost, "/v1/operations", `{"action":"block","selection":{"filter":{"state":"active"}}}`},
		{http.MethodPost, "/v1/operations", `{"action":"fsck","selection":{"tables":true}}`},
		{http.MethodGet, "/v1/operations", ""},
		{http.MethodGet, "/v1/operations/" + readyID, ""},
		{http.MethodGet, "/v1/operations/" + readyID + "/items", ""},
		{http.MethodPost, "/v1/operations/" + readyID + "/cancel", ""},
		{http.MethodPost, "/v1/operations/" + failedID + "/retry", ""},
		{http.MethodPost, "/v1/operations/" + failedID + "/cancel", ""}, // it runs again
	} {
		out, err := a.HTTP(ctx, authenticated(r.method, r.path, r.body))
		if err != nil || out.StatusCode >= 300 && out.StatusCode != http.StatusNotFound {
			t.Fatalf("%s %s: %d %s %v", r.method, r.path, out.StatusCode, out.Body, err)
		}
	}
}

// authenticated returns a request in the form that the gateway passes on.
func authenticated(method, path, body string) events.APIGatewayV2HTTPRequest {
	return request(func(e *events.APIGatewayV2HTTPRequest) {
		e.RequestContext.HTTP.Method, e.RawPath, e.Body = method, path, body
		e.Headers = map[string]string{"content-type": "application/json"}
		signIn(e, "test")
	})
}

func exerciseWork(t *testing.T, a *App) {
	ctx := as(t, "WorkRole")
	c, err := a.service.Get(t.Context(), fencedID)
	if err != nil {
		t.Fatal(err)
	}
	whole := a.store
	for _, store := range []customer.Store{hasty{whole}, whole} {
		a.reach(t, func(p *parts) { p.store = store })
		out, err := a.Work(ctx, messages(customer.Job{Customer: fencedID, Generation: c.Deletion.ID}))
		if err != nil || len(out.BatchItemFailures) > 0 {
			t.Fatalf("%v, %v", out, err)
		}
	}
	for _, w := range []bulk.Work{{Operation: planningID, Chunk: bulk.PlanWork}, {Operation: runningID, Chunk: 0}} {
		if err := a.operations.Do(ctx, w); err != nil {
			t.Fatal(err)
		}
	}
	damageEverything(t)
	if _, ended := a.fsckBy(t, as(t, "ApiRole"), ctx); ended.Tally.Done != ended.Impact.Eligible || ended.Tally.Done < 5 {
		t.Fatalf("%+v", ended)
	}
}

// exerciseSweep first has a list that is behind.
func exerciseSweep(t *testing.T, a *App) {
	ctx := as(t, "PurgeRole")
	whole := a.store
	for _, store := range []customer.Store{outdated{whole}, whole} {
		a.reach(t, func(p *parts) { p.store = store })
		if err := a.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// outdated is a store that lists customers as they were before their last change.
type outdated struct{ customer.Store }

func (o outdated) Trash(ctx context.Context, until time.Time) iter.Seq2[customer.Customer, error] {
	return func(yield func(customer.Customer, error) bool) {
		for c, err := range o.Store.Trash(ctx, until) {
			c.Version--
			if !yield(c, err) {
				return
			}
		}
	}
}

func exerciseStream(t *testing.T, a *App) {
	ctx := as(t, "StreamRole")
	records := []events.DynamoDBEventRecord{removedRoot(), removedRootOf(goneID)}
	for i := range records {
		records[i].UserIdentity = &events.DynamoDBUserIdentity{Type: "Service", PrincipalID: "dynamodb.amazonaws.com"}
	}
	out, err := a.Stream(ctx, events.DynamoDBEvent{Records: records})
	if err != nil || len(out.BatchItemFailures) > 0 {
		t.Fatalf("%v, %v", out, err)
	}
}

// readTemplate decodes the template into a test's type.
func readTemplate(t *testing.T, into any) {
	t.Helper()
	root, err := engine.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}
