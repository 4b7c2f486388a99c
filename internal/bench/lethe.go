package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"lethe/internal/admin"
	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/dynamo"
	"lethe/internal/engine"
	"lethe/internal/operations"
	"lethe/internal/web"
)

// lethe is this repository: its API and its workers in this process, and the engine that `make run` uses, with its
// data on disk. The queue is in memory.
type lethe struct {
	size    size
	dir     string
	engine  *engine.Process
	config  aws.Config
	meter   *dynamo.Meter
	service *customer.Service
	api     client
	work    *workers
	cursor  string // of the page in the middle
}

// The tables, by their names in the template.
const (
	mainTable   = "Table"
	ledgerTable = "Ledger"
)

const heavyID = "heavy"

func crowdID(i int) string { return fmt.Sprintf("crowd-%d", i) }

func newLethe(s size, dir string) *lethe { return &lethe{size: s, dir: dir, meter: &dynamo.Meter{}} }

func (l *lethe) name() string { return "Lethe" }

func (l *lethe) about() string {
	return "its API in this process, up to " + fmt.Sprint(instances) + " workers, their queue in memory, on " + engineVersion() + " through HTTP. " +
		"Lists have no page numbers: a page is asked for by the cursor of the one before. A purge is fenced, read back and certified."
}

func (l *lethe) close() {
	if l.engine != nil {
		l.engine.Stop()
	}
}

// process is one process of Lethe. Each measures for itself how much the table can take.
func (l *lethe) process() (*customer.Service, *bulk.Engine) {
	log := slog.New(slog.DiscardHandler)
	config := l.meter.Attach(l.config)
	table := dynamo.New(config, dynamo.Options{
		Name: mainTable, Shards: 4, Grace: 72 * time.Hour, Audit: customer.PeriodOf(400 * 24 * time.Hour),
	})
	service := customer.New(table, dynamo.NewLedger(config, ledgerTable), l.work, log)
	service.SettingsAge = time.Second
	ops := operations.Engine(service, table.Operations(), l.work)
	ops.Metered = dynamo.Metered
	return service, ops
}

// serve starts the API and the workers.
func (l *lethe) serve() {
	l.work = newWorkers()
	for range instances {
		service, ops := l.process()
		l.work.idle <- &worker{service, ops}
	}
	service, ops := l.process()
	l.service = service
	admins := admin.New(dynamo.New(l.meter.Attach(l.config), dynamo.Options{Name: mainTable}))
	admins.AdminGroup, admins.RulesAge = "owners", time.Second
	handler := web.New(service, ops, admins, web.Options{Log: service.Log})
	l.api = client{http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r.WithContext(web.WithIdentity(r.Context(), admin.Identity{Subject: "bench", Groups: []string{"owners"}, SignedIn: time.Now()})))
	}), nil}
}

func (l *lethe) steps() map[step]func(context.Context, *laps) error {
	return map[step]func(context.Context, *laps) error{
		deleteAndRestore: l.deleteAndRestore,
		readPages:        l.readPages,
		deleteCrowd:      l.deleteCrowd,
		purgeCrowd:       l.purgeCrowd,
		purgeHeavy:       l.purgeHeavy,
	}
}

func (l *lethe) deleteAndRestore(ctx context.Context, took *laps) error {
	return repeat(func() error {
		l.meter.Reset()
		start := time.Now()
		if err := l.api.call(ctx, http.MethodDelete, "/v1/customers/"+heavyID, nil, nil); err != nil {
			return err
		}
		took.since(start, softDelete)
		took.costs[softDelete] = l.meter.Reset()
		start = time.Now()
		if err := l.api.call(ctx, http.MethodPost, "/v1/customers/"+heavyID+"/restore", nil, nil); err != nil {
			return err
		}
		took.since(start, restore)
		took.costs[restore] = l.meter.Reset()
		return nil
	})
}

func (l *lethe) readPages(ctx context.Context, took *laps) error {
	return repeat(func() error {
		l.meter.Reset()
		start := time.Now()
		if _, err := l.page(ctx, pageSize, ""); err != nil {
			return err
		}
		took.since(start, firstPage)
		took.costs[firstPage] = l.meter.Reset()
		start = time.Now()
		if _, err := l.page(ctx, pageSize, l.cursor); err != nil {
			return err
		}
		took.since(start, farPage, farPageKeyset) // pages are reached by cursor, not by number
		took.costs[farPage] = l.meter.Reset()
		return nil
	})
}

func (l *lethe) page(ctx context.Context, limit int, cursor string) (next string, err error) {
	var page struct {
		Customers  []struct{ ID string }
		NextCursor string
	}
	path := fmt.Sprintf("/v1/customers?limit=%d", limit)
	if cursor != "" {
		path += "&cursor=" + cursor
	}
	if err := l.api.call(ctx, http.MethodGet, path, nil, &page); err != nil {
		return "", err
	}
	return page.NextCursor, expect("customers of a page", len(page.Customers), limit)
}

func (l *lethe) deleteCrowd(ctx context.Context, took *laps) error {
	l.serve()
	l.meter.Reset()
	start := time.Now()
	op, err := l.create(ctx, "delete", crowdSelection)
	if err != nil {
		return err
	}
	took.since(start, accepted)
	if err := l.look(ctx, op); err != nil {
		return err
	}
	took.since(start, planned)
	if err := l.finish(ctx, op); err != nil {
		return err
	}
	took.since(start, deleted, deletedSQL)
	took.costs[deleted] = l.meter.Reset()
	return l.operate(ctx, "undo", map[string]any{"operation": op.ID})
}

func (l *lethe) purgeCrowd(ctx context.Context, took *laps) error {
	if err := l.operate(ctx, "delete", crowdSelection); err != nil {
		return err
	}
	l.serve()
	l.meter.Reset()
	start := time.Now()
	op, err := l.create(ctx, "purge", map[string]any{"trash": true})
	if err != nil {
		return err
	}
	took.since(start, purgeAccepted)
	if err := l.finish(ctx, op); err != nil {
		return err
	}
	took.since(start, purgedCrowd)
	took.costs[purgedCrowd] = l.meter.Reset()
	return l.rewind(ctx)
}

func (l *lethe) purgeHeavy(ctx context.Context, took *laps) error {
	if err := l.api.call(ctx, http.MethodDelete, "/v1/customers/"+heavyID, nil, nil); err != nil {
		return err
	}
	l.serve()
	l.meter.Reset()
	start := time.Now()
	if err := l.api.call(ctx, http.MethodPost, "/v1/customers/"+heavyID+"/purge", map[string]string{"confirm": heavyID}, nil); err != nil {
		return err
	}
	if err := l.work.wait(); err != nil {
		return err
	}
	took.since(start, purgedHeavy)
	took.costs[purgedHeavy] = l.meter.Reset()
	if err := l.api.call(ctx, http.MethodGet, "/v1/certificates/"+heavyID, nil, nil); err != nil {
		return err
	}
	return l.rewind(ctx)
}

var crowdSelection = map[string]any{"filter": map[string]string{"search": "crowd"}}

// operation is an operation on the whole crowd, as the API shows it.
type operation struct {
	ID, State, Digest string
	Progress          struct{ Done int }
}

// operate runs an operation on the whole crowd, from the plan to its end.
func (l *lethe) operate(ctx context.Context, action string, selection any) error {
	op, err := l.create(ctx, action, selection)
	if err != nil {
		return err
	}
	return l.finish(ctx, op)
}

func (l *lethe) create(ctx context.Context, action string, selection any) (*operation, error) {
	op := &operation{}
	return op, l.api.call(ctx, http.MethodPost, "/v1/operations", map[string]any{"action": action, "selection": selection}, op)
}

// look waits until the workers are idle, and reads the operation.
func (l *lethe) look(ctx context.Context, op *operation) error {
	if err := l.work.wait(); err != nil {
		return err
	}
	return l.api.call(ctx, http.MethodGet, "/v1/operations/"+op.ID, nil, op)
}

// finish applies an operation, unless it applies itself, and waits for its end.
func (l *lethe) finish(ctx context.Context, op *operation) error {
	if err := l.look(ctx, op); err != nil {
		return err
	}
	if op.State == string(bulk.Ready) {
		approval := map[string]any{"digest": op.Digest, "acknowledged": true}
		if err := l.api.call(ctx, http.MethodPost, "/v1/operations/"+op.ID+"/apply", approval, nil); err != nil {
			return err
		}
		if err := l.look(ctx, op); err != nil {
			return err
		}
	}
	if op.State != string(bulk.Succeeded) {
		return fmt.Errorf("operation is %s: %w", op.State, errShort)
	}
	return expect("customers of the operation", op.Progress.Done, l.size.Crowd)
}
