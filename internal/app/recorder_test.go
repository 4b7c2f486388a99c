package app

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"

	"lethe/internal/engine"
	"lethe/internal/iam"
	"lethe/internal/template"
)

// policies are those of the template, and its tables.
type policies struct {
	iam.Policies

	tables map[string]iam.Table // by their names in the template
}

func readPolicies(t *testing.T) policies {
	t.Helper()
	root, err := engine.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	read, err := iam.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	declared, err := template.Parse(text, nil)
	if err != nil {
		t.Fatal(err)
	}
	tables := map[string]iam.Table{}
	for _, table := range declared.Tables {
		keys := map[string]string{"": table.Keys.Hash}
		for _, index := range table.Indexes {
			keys[index.Name] = index.Keys.Hash
		}
		tables[table.ID] = iam.Table{ID: table.ID, Keys: keys}
	}
	return policies{read, tables}
}

// names returns what the template calls the tables and the queue of this test.
func (p policies) names(t *testing.T) iam.Names {
	t.Helper()
	c, err := ReadConfig()
	if err != nil {
		t.Fatal(err)
	}
	return iam.Names{
		Tables: map[string]iam.Table{c.Table: p.tables["Table"], c.Ledger: p.tables["Ledger"]},
		Queues: map[string]string{c.QueueURL: "Work"},
	}
}

type roleKey struct{}

// as returns the context of a function with this role.
func as(t *testing.T, role string) context.Context {
	t.Helper()
	return context.WithValue(t.Context(), roleKey{}, role)
}

// recorder records what AWS would check at the calls of each role. Calls without a role are those of the test.
type recorder struct {
	names iam.Names

	mu       sync.Mutex
	requests map[string][]iam.Request
	errs     []error
}

// record replaces the App's clients by ones that record.
func (a *App) record(t *testing.T, names iam.Names) *recorder {
	t.Helper()
	c, err := ReadConfig()
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{names: names, requests: map[string][]iam.Request{}}
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
	if role, _ := ctx.Value(roleKey{}).(string); role != "" {
		requests, err := r.names.Requests(in.Parameters)
		r.mu.Lock()
		r.requests[role] = append(r.requests[role], requests...)
		if err != nil {
			r.errs = append(r.errs, err)
		}
		r.mu.Unlock()
	}
	return next.HandleInitialize(ctx, in)
}

// byRole returns the requests of each role, each request once.
func (r *recorder) byRole(t *testing.T) map[string][]iam.Request {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, err := range r.errs {
		t.Error(err)
	}
	if len(r.requests) == 0 {
		t.Error("nothing was recorded")
	}
	once := map[string][]iam.Request{}
	for role, requests := range r.requests {
		described := map[string]bool{}
		once[role] = slices.DeleteFunc(slices.Clone(requests), func(request iam.Request) bool {
			known := described[request.Describe()]
			described[request.Describe()] = true
			return known
		})
	}
	return once
}
