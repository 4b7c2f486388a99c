package app

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
	"go.yaml.in/yaml/v3"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/dynamo"
	"lethe/internal/engine"
	"lethe/internal/operations"
)

// TestRolesAllowWhatTheFunctionsDo runs each trigger through all its work, and compares the
// actions that AWS would check with those that the template grants to its role. The engines don't
// check permissions, so without this test a missing one would show only in production.
func TestRolesAllowWhatTheFunctionsDo(t *testing.T) {
	granted := grants(t)
	for _, tt := range []struct {
		role string
		does func(*testing.T, *App)
	}{
		{"ApiRole", exerciseAPI},
		{"WorkRole", exerciseWork},
		{"PurgeRole", exerciseSweep},
		{"StreamRole", exerciseStream},
	} {
		t.Run(tt.role, func(t *testing.T) {
			a := newApp(t)
			prepare(t, a)
			used := a.record()
			tt.does(t, a)
			for action := range used.actions {
				if !slices.Contains(granted[tt.role], action) {
					t.Errorf("%s is used but not granted", action)
				}
			}
			if len(used.actions) == 0 {
				t.Error("nothing was recorded")
			}
		})
	}
}

const (
	heldID    = "held"
	deletedID = "deleted"
	fencedID  = "fenced"
	goneID    = "certified" // in the ledger only

	// Operations: ready to be applied, failed, running, and planning.
	readyID    = "ready00000000000000000000000"
	failedID   = "failed0000000000000000000000"
	runningID  = "running000000000000000000000"
	planningID = "planning00000000000000000000"
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
	for id, state := range map[string]bulk.State{readyID: bulk.Ready, failedID: bulk.Failed, runningID: bulk.Running, planningID: bulk.Planning} {
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
		out, err := a.HTTP(t.Context(), authenticated(r.method, r.path, r.body))
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
	c, err := a.service.Get(t.Context(), fencedID)
	if err != nil {
		t.Fatal(err)
	}
	whole := a.store
	for _, store := range []customer.Store{hasty{whole}, whole} {
		a.reach(t, func(p *parts) { p.store = store })
		out, err := a.Work(t.Context(), messages(customer.Job{Customer: fencedID, Generation: c.Deletion.ID}))
		if err != nil || len(out.BatchItemFailures) > 0 {
			t.Fatalf("%v, %v", out, err)
		}
	}
	for _, w := range []bulk.Work{{Operation: planningID, Chunk: bulk.PlanWork}, {Operation: runningID, Chunk: 0}} {
		if err := a.operations.Do(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	damageEverything(t)
	if _, ended := a.fsck(t); ended.Tally.Done != ended.Impact.Eligible || ended.Tally.Done < 5 {
		t.Fatalf("%+v", ended)
	}
}

// exerciseSweep first has a list that is behind.
func exerciseSweep(t *testing.T, a *App) {
	whole := a.store
	for _, store := range []customer.Store{outdated{whole}, whole} {
		a.reach(t, func(p *parts) { p.store = store })
		if err := a.Sweep(t.Context()); err != nil {
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
	records := []events.DynamoDBEventRecord{removedRoot(), removedRootOf(goneID)}
	for i := range records {
		records[i].UserIdentity = &events.DynamoDBUserIdentity{Type: "Service", PrincipalID: "dynamodb.amazonaws.com"}
	}
	out, err := a.Stream(t.Context(), events.DynamoDBEvent{Records: records})
	if err != nil || len(out.BatchItemFailures) > 0 {
		t.Fatalf("%v, %v", out, err)
	}
}

// recorder records the IAM actions that requests need, each with the template's name of its
// resource.
type recorder struct {
	mu      sync.Mutex
	actions map[string]bool
	table   string
}

// record replaces the App's clients by ones that record.
func (a *App) record() *recorder {
	c, err := ReadConfig()
	if err != nil {
		panic(err)
	}
	r := &recorder{actions: map[string]bool{}, table: c.Table}
	db, mq := r.attach(engine.Config(c.DynamoDBURL)), r.attach(engine.Config(c.SQSURL))
	metrics := a.metrics
	*a = *assemble(c, db, mq)
	a.metrics = metrics
	return r
}

func (r *recorder) attach(cfg aws.Config) aws.Config {
	cfg.APIOptions = append(cfg.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Recorder", r.note), middleware.Before)
	})
	return cfg
}

func (r *recorder) note(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	r.mu.Lock()
	for _, action := range r.needed(middleware.GetOperationName(ctx), in.Parameters) {
		r.actions[action] = true
	}
	r.mu.Unlock()
	return next.HandleInitialize(ctx, in)
}

func (r *recorder) needed(operation string, params any) []string {
	switch in := params.(type) {
	case *dynamodb.TransactWriteItemsInput:
		var actions []string
		for _, it := range in.TransactItems {
			actions = append(actions, "dynamodb:"+transactAction(it)+" Table")
		}
		return actions
	case *dynamodb.QueryInput:
		if in.IndexName != nil {
			return []string{"dynamodb:Query Table/index/" + *in.IndexName}
		}
		return []string{"dynamodb:Query " + r.resource(*in.TableName)}
	case *dynamodb.BatchExecuteStatementInput:
		var actions []string
		for _, st := range in.Statements {
			verb, rest, _ := strings.Cut(*st.Statement, " ")
			table := strings.Split(rest, `"`)[1]
			actions = append(actions, "dynamodb:PartiQL"+verb[:1]+strings.ToLower(verb[1:])+" "+r.resource(table))
		}
		return actions
	case *dynamodb.BatchGetItemInput:
		var actions []string
		for table := range in.RequestItems {
			actions = append(actions, "dynamodb:BatchGetItem "+r.resource(table))
		}
		return actions
	case *dynamodb.PutItemInput:
		return []string{"dynamodb:PutItem " + r.resource(*in.TableName)}
	case *dynamodb.ScanInput:
		return []string{"dynamodb:Scan " + r.resource(*in.TableName)}
	}
	if strings.Contains(operation, "Message") || strings.Contains(operation, "Queue") {
		return []string{"sqs:" + strings.TrimSuffix(operation, "Batch") + " Work"}
	}
	return []string{"dynamodb:" + operation + " Table"}
}

func (r *recorder) resource(table string) string {
	if table == r.table {
		return "Table"
	}
	return "Ledger"
}

func transactAction(it types.TransactWriteItem) string {
	switch {
	case it.Put != nil:
		return "PutItem"
	case it.Update != nil:
		return "UpdateItem"
	case it.Delete != nil:
		return "DeleteItem"
	}
	return "ConditionCheckItem"
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

// grants returns the permissions of each role in the template, as "action resource".
func grants(t *testing.T) map[string][]string {
	t.Helper()
	var template struct {
		Resources map[string]struct {
			Properties struct {
				Policies []struct {
					PolicyDocument struct {
						Statement []statement `yaml:"Statement"`
					} `yaml:"PolicyDocument"`
				} `yaml:"Policies"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	readTemplate(t, &template)
	granted := map[string][]string{}
	for id, resource := range template.Resources {
		for _, policy := range resource.Properties.Policies {
			for _, s := range policy.PolicyDocument.Statement {
				granted[id] = append(granted[id], s.grants()...)
			}
		}
	}
	return granted
}

type statement struct {
	Effect   string    `yaml:"Effect"`
	Action   yaml.Node `yaml:"Action"`
	Resource yaml.Node `yaml:"Resource"`
}

func (s statement) grants() []string {
	if s.Effect != "Allow" {
		return nil
	}
	resource := strings.NewReplacer("${", "", ".Arn}", "", ".Arn", "").Replace(s.Resource.Value)
	nodes := s.Action.Content
	if s.Action.Kind == yaml.ScalarNode {
		nodes = []*yaml.Node{&s.Action}
	}
	var out []string
	for _, action := range nodes {
		out = append(out, fmt.Sprintf("%s %s", action.Value, resource))
	}
	return out
}
