package recorded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"lethe/internal/admin"
	"lethe/internal/app"
	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/deploy"
	"lethe/internal/dynamo"
	"lethe/internal/engine"
	"lethe/internal/operations"
	"lethe/internal/queue"
	"lethe/internal/scale/cloud"
	"lethe/internal/template"
	"lethe/internal/web"
)

// system is Lethe on a local engine of DynamoDB, with the proxy between them.
type system struct {
	engine    *engine.Process
	proxy     *proxy
	declared  *template.Template
	functions *app.App          // through the proxy
	straight  *app.App          // past it, to measure what the functions compute
	service   *customer.Service // past it, to fill the tables
	api       http.Handler
	sequence  int
	customers []string // their ids
}

func start(ctx context.Context, progress io.Writer) (*system, error) {
	process, err := engine.StartDynamoDB(ctx, engine.Dynoxide, engine.Options{Progress: progress})
	if err != nil {
		return nil, err
	}
	s := &system{engine: process, proxy: newProxy(process.Endpoint)}
	if err := s.assemble(ctx); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *system) stop() {
	s.proxy.server.Close()
	s.engine.Stop()
}

func (s *system) assemble(ctx context.Context) error {
	root, err := engine.ModuleRoot()
	if err != nil {
		return err
	}
	parameters := map[string]string{"JwtIssuer": "https://issuer.example", "JwtAudience": "scale"}
	if s.declared, err = template.Load(filepath.Join(root, "template.yaml"), parameters); err != nil {
		return err
	}
	for _, table := range s.declared.Tables {
		if _, err := deploy.Table(ctx, dynamodb.NewFromConfig(engine.Config(s.engine.Endpoint)), table, table.ID); err != nil {
			return err
		}
	}
	s.proxy.tables = newTables(s.declared.Tables)
	config, err := s.config()
	if err != nil {
		return err
	}
	s.functions = quiet(config)
	config.DynamoDBURL = s.engine.Endpoint
	s.straight = quiet(config)
	s.service, _ = s.process(s.engine.Endpoint, config)
	service, ops := s.process(s.proxy.server.URL, config)
	s.api = web.New(service, ops, s.functions.Access(), web.Options{Log: service.Log})
	return nil
}

// config is the configuration of the functions: the template's, but customers are due at once.
func (s *system) config() (app.Config, error) {
	for name, value := range map[string]string{
		"TABLE": cloud.MainTable, "LEDGER": cloud.LedgerTable, "QUEUE_URL": s.proxy.server.URL + "/" + engine.Account + "/work",
		"RETENTION": "PT0S", "ADMIN_GROUP": "owners", "LOG_LEVEL": "error", "AWS_LAMBDA_FUNCTION_NAME": "scale", "AWS_REGION": engine.Region,
		"AWS_ACCESS_KEY_ID": engine.AccessKey, "AWS_SECRET_ACCESS_KEY": engine.SecretKey,
		"AWS_ENDPOINT_URL_DYNAMODB": s.proxy.server.URL, "AWS_ENDPOINT_URL_SQS": s.proxy.server.URL,
	} {
		if err := os.Setenv(name, value); err != nil {
			return app.Config{}, err
		}
	}
	return app.ReadConfig()
}

// quiet returns the functions without what they print: logs and metrics would be lines in the report.
func quiet(c app.Config) *app.App {
	stdout := os.Stdout
	defer func() { os.Stdout = stdout }()
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stdout = null
	}
	return app.New(c)
}

// process is one process of Lethe with clients of an endpoint, for the API.
func (s *system) process(endpoint string, c app.Config) (*customer.Service, *bulk.Engine) {
	db, log := engine.Config(endpoint), slog.New(slog.DiscardHandler)
	grace, _ := c.PurgeGrace.Length()
	table := dynamo.New(db, dynamo.Options{Name: c.Table, Shards: c.IndexShards, Grace: grace, Audit: c.AuditRetention})
	work := queue.New(engine.Config(s.proxy.server.URL), c.QueueURL)
	service := customer.New(table, dynamo.NewLedger(db, c.Ledger), work, log)
	service.Defaults, service.SettingsAge = customer.Settings{Retention: c.Retention}, time.Second
	ops := operations.Engine(service, table.Operations(), work)
	ops.Metered = dynamo.Metered
	return service, ops
}

// ask sends a request to the API and decodes its answer.
func (s *system) ask(ctx context.Context, method, path string, body, answer any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	content := io.Reader(http.NoBody)
	if body != nil {
		content = strings.NewReader(string(data))
	}
	r := httptest.NewRequestWithContext(web.WithIdentity(ctx, admin.Identity{Subject: "scale", Groups: []string{"owners"}, SignedIn: time.Now()}), method, path, content)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.api.ServeHTTP(w, r)
	if w.Code >= 300 {
		return fmt.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(w.Body.Bytes(), answer)
}

// run is what one run of the real code did.
type run struct {
	cloud.Trace

	changes  []change
	messages []string
}

// record records what do asks of AWS. event names the changes of roots.
func (s *system) record(event string, do func() error) (run, error) {
	s.proxy.tables.begin(event)
	s.proxy.begin()
	err := do()
	trace, changes, messages, failed := s.proxy.end()
	err = errors.Join(failed, err)
	if err == nil && len(trace.Stages) == 0 {
		err = fmt.Errorf("no request was recorded")
	}
	if err != nil {
		return run{}, fmt.Errorf("record %s: %w", event, err)
	}
	trace.Customers = len(s.proxy.tables.slots)
	return run{trace, changes, messages}, nil
}

// function is the time that AWS gives a function; the recorder needs longer than the functions do.
const functionTime = 10 * time.Minute

// work calls the work function with messages.
func work(ctx context.Context, a *app.App, bodies ...string) error {
	ctx, cancel := context.WithTimeout(ctx, functionTime)
	defer cancel()
	var batch events.SQSEvent
	for i, body := range bodies {
		batch.Records = append(batch.Records, events.SQSMessage{MessageId: fmt.Sprint(i), Body: body})
	}
	out, err := a.Work(ctx, batch)
	if err == nil && len(out.BatchItemFailures) > 0 {
		err = fmt.Errorf("%d of %d messages failed", len(out.BatchItemFailures), len(bodies))
	}
	return err
}

// stream calls the stream function with the records of changes.
func (s *system) stream(ctx context.Context, a *app.App, changes []change) error {
	ctx, cancel := context.WithTimeout(ctx, functionTime)
	defer cancel()
	var batch events.DynamoDBEvent
	for _, c := range changes {
		record, err := s.event(c)
		if err != nil {
			return err
		}
		batch.Records = append(batch.Records, record)
	}
	out, err := a.Stream(ctx, batch)
	if err == nil && len(out.BatchItemFailures) > 0 {
		err = fmt.Errorf("a record of %d failed", len(changes))
	}
	return err
}

// event is the record of a change, in the form in which Lambda delivers it. Its number is new, also if the change is delivered
// again: so that it is logged again.
func (s *system) event(c change) (events.DynamoDBEventRecord, error) {
	s.sequence++
	name := "MODIFY"
	if c.after == nil {
		name = "REMOVE"
	}
	data, err := json.Marshal(map[string]any{
		"eventName": name,
		"dynamodb": map[string]any{
			"Keys":     image{"pk": {"S": "C#" + c.id}, "sk": {"S": "#"}},
			"OldImage": c.before, "NewImage": c.after,
			"SequenceNumber": fmt.Sprintf("%021d", s.sequence), "ApproximateCreationDateTime": time.Now().Unix(),
		},
	})
	if err != nil {
		return events.DynamoDBEventRecord{}, err
	}
	var record events.DynamoDBEventRecord
	return record, json.Unmarshal(data, &record)
}
