package web_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/dynamo"
	"lethe/internal/dynamo/dynamotest"
	"lethe/internal/operations"
	"lethe/internal/web"
)

// system is the API with its own tables.
type system struct {
	t          testing.TB
	store      *replaceable
	service    *customer.Service
	engine     *bulk.Engine
	operations bulk.Store
	queue      *queue
	handler    http.Handler
	log        *strings.Builder
}

// replaceable is a store that a test can replace.
type replaceable struct{ customer.Store }

// queue keeps jobs until a test runs them.
type queue struct {
	mu   sync.Mutex
	jobs []customer.Job
	work []bulk.Work
}

func (q *queue) Enqueue(_ context.Context, jobs ...customer.Job) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs = append(q.jobs, jobs...)
	return nil
}

func (q *queue) EnqueueApart(ctx context.Context, jobs ...customer.Job) error {
	return q.Enqueue(ctx, jobs...)
}

func (q *queue) EnqueueWork(_ context.Context, work ...bulk.Work) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.work = append(q.work, work...)
	return nil
}

func (q *queue) takeWork() []bulk.Work {
	q.mu.Lock()
	defer q.mu.Unlock()
	work := q.work
	q.work = nil
	return work
}

func (q *queue) Backlog(context.Context) (int, error) { return 0, nil }

func (q *queue) take() []customer.Job {
	q.mu.Lock()
	defer q.mu.Unlock()
	jobs := q.jobs
	q.jobs = nil
	return jobs
}

func newSystem(t testing.TB) *system {
	t.Helper()
	log := &strings.Builder{}
	logger := slog.New(slog.NewJSONHandler(log, nil))
	tables := dynamotest.New(t)
	store, ledger := tables.Open(tables.Config)
	s := &system{t: t, store: &replaceable{store}, queue: &queue{}, log: log}
	s.service = customer.New(s.store, ledger, s.queue, logger)
	s.service.Defaults = customer.Settings{
		Retention: customer.PeriodOf(30 * 24 * time.Hour),
		Kinds: []customer.Kind{
			{Name: "invoice", Policy: customer.Restrict},
			{Name: "line", Policy: customer.Cascade},
			{Name: "tax", Policy: customer.Retain, Keep: []string{"amount"}, For: customer.Never},
			{Name: "ticket", Policy: customer.Cascade},
		},
	}
	s.operations = store.Operations()
	s.engine = operations.Engine(s.service, s.operations, s.queue)
	s.engine.Metered = dynamo.Metered
	admins := web.Admins(store)
	s.engine.NeedsSecond = operations.NeedsSecond(admins.FourEyes)
	s.handler = web.New(s.service, s.engine, admins, web.Options{Log: logger})
	return s
}

type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

func (s *system) send(method, url, body string, header ...string) answer {
	s.t.Helper()
	r := httptest.NewRequest(method, url, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	actor := "tester"
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i] == "Actor" {
			actor = header[i+1]
		}
	}
	return s.do(r.WithContext(web.SignedIn(r.Context(), actor)))
}

func (s *system) do(r *http.Request) answer {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if err := documents(s.handler).undocumented(r, w); err != nil {
		s.t.Error(err)
	}
	text, err := io.ReadAll(w.Result().Body)
	if err != nil {
		s.t.Fatal(err)
	}
	a := answer{status: w.Code, header: w.Header(), text: string(text)}
	contentType := w.Header().Get("Content-Type")
	if strings.HasSuffix(contentType, "json") && !strings.HasSuffix(contentType, "ndjson") && len(text) > 0 && text[0] == '{' {
		if err := json.Unmarshal(text, &a.body); err != nil {
			s.t.Fatalf("%s %s: %v in %s", r.Method, r.URL.Path, err, text)
		}
	}
	return a
}

// must sends a request of a test's setup, and ends the test if the status differs.
func (s *system) must(status int, method, url, body string, header ...string) answer {
	s.t.Helper()
	a := s.send(method, url, body, header...)
	if a.status != status {
		s.t.Fatalf("%s %s: %d %s, want %d", method, url, a.status, a.text, status)
	}
	return a
}

// work runs the jobs in the queue, as the worker does.
func (s *system) work() {
	s.t.Helper()
	for _, job := range s.queue.take() {
		if err := s.service.Purge(s.t.Context(), job); err != nil {
			s.t.Fatal(err)
		}
	}
}

// at returns the value at a path such as owner.links.restore in a body.
func (a answer) at(path string) any {
	var v any = a.body
	for name := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[name]
		case []any:
			i := int(name[0] - '0')
			if i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}
