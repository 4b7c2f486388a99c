// Package app puts Lethe together from the environment, and has a method for each of
// its triggers: an HTTP request, a batch of messages, a tick of the schedule, a batch of
// the change stream.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/dynamo"
	"lethe/internal/operations"
	"lethe/internal/queue"
	"lethe/internal/web"
)

// App is Lethe behind its triggers.
type App struct {
	parts

	service      *customer.Service
	operations   *bulk.Engine
	api          http.Handler
	log          *slog.Logger
	metrics      io.Writer
	functionName string
}

// settingsAge is how long a function may go by settings it has read.
const settingsAge = time.Second

// keptBack is the time before a function's limit in which it stops taking on work, to
// say what it has done.
func keptBack(limit time.Duration) time.Duration { return min(10*time.Second, limit/5) }

// New puts Lethe together.
func New(c Config) *App { return assemble(c, c.aws(c.DynamoDBURL), c.aws(c.SQSURL)) }

func assemble(c Config, db, mq aws.Config) *App {
	log := c.logger()
	table := dynamo.New(db, dynamo.Options{
		Name: c.Table, Shards: c.IndexShards, Grace: c.grace(), Audit: c.AuditRetention,
	})
	work := queue.New(mq, c.QueueURL)
	p := parts{table, dynamo.NewLedger(db, c.Ledger), work}
	service := p.serve(c, log)
	engine := operations.Engine(service, table.Operations(), work, operations.FsckOf(checking(newChecker(c, db), table)))
	engine.Metered = dynamo.Metered
	return &App{
		parts: p, service: service, operations: engine, api: web.New(service, engine, web.Options{Log: log}),
		log: log, metrics: os.Stdout, functionName: c.FunctionName,
	}
}

// parts are what the service works with. Its tests reach it from below by them.
type parts struct {
	store  customer.Store
	ledger customer.Ledger
	queue  customer.Queue
}

func (p parts) serve(c Config, log *slog.Logger) *customer.Service {
	s := customer.New(p.store, p.ledger, p.queue, log)
	s.Defaults, s.SettingsAge = customer.Settings{Retention: c.Retention}, settingsAge
	return s
}

// FromEnvironment is New of ReadConfig. What is wrong with the environment ends the
// process, with a line that says what.
func FromEnvironment() *App {
	c, err := ReadConfig()
	if err != nil {
		fmt.Fprintln(os.Stderr, "lethe:", err)
		os.Exit(1)
	}
	return New(c)
}

// working is the context for work that may be left to a later invocation: it ends
// while there is time to say so.
func working(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-keptBack(time.Until(deadline))))
}

// severity of an error after which the same comes again by itself.
func severity(err error) slog.Level {
	if errors.Is(err, customer.ErrBusy) {
		return slog.LevelWarn
	}
	return slog.LevelError
}
