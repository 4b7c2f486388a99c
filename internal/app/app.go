// Package app builds Lethe from the environment. It has a method for each trigger of a
// function: a batch of messages, a tick of the schedule, a batch of the change stream.
//
// The HTTP API is not part of it: only function api links package web, which the others
// would have to load at each cold start.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"lethe/internal/admin"
	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/dynamo"
	"lethe/internal/operations"
	"lethe/internal/queue"
)

// App holds what the triggers need.
type App struct {
	parts

	service      *customer.Service
	operations   *bulk.Engine
	access       *admin.Service
	log          *slog.Logger
	metrics      io.Writer
	functionName string
	groupsClaim  string
}

// settingsAge is the time for which a function caches the settings, and the access rules.
const settingsAge = time.Second

// reserve is the time before a function's limit in which it begins no further work and
// writes the outcomes.
func reserve(limit time.Duration) time.Duration { return min(10*time.Second, limit/5) }

// New returns an App with the given configuration.
func New(c Config) *App { return assemble(c, c.aws(c.DynamoDBURL), c.aws(c.SQSURL)) }

func assemble(c Config, db, mq aws.Config) *App {
	log := c.logger()
	table := dynamo.New(db, dynamo.Options{
		Name: c.Table, Shards: c.IndexShards, Grace: c.grace(), Audit: c.AuditRetention,
	})
	work := queue.New(mq, c.QueueURL)
	p := parts{table, dynamo.NewLedger(db, c.Ledger), work}
	service := p.serve(c, log)
	engine := operations.Engine(service, table.Operations(), work, operations.FsckOf(fsckTables(newChecker(c, db), table)))
	engine.Metered = dynamo.Metered
	admins := admit(c, table)
	engine.NeedsSecond = operations.NeedsSecond(admins.FourEyes)
	return &App{
		parts: p, service: service, operations: engine, access: admins,
		log: log, metrics: os.Stdout, functionName: c.FunctionName, groupsClaim: c.GroupsClaim,
	}
}

// admit returns the service that says what administrators may do.
func admit(c Config, store admin.Store) *admin.Service {
	s := admin.New(store)
	s.AdminGroup, s.RulesAge = c.AdminGroup, settingsAge
	return s
}

// parts are the dependencies of the service. Tests replace some of them.
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

// FromEnvironment returns an App with the configuration of the environment. If that is wrong, it
// prints what is wrong and ends the process with status 1.
func FromEnvironment() *App {
	c, err := ReadConfig()
	if err != nil {
		fmt.Fprintln(os.Stderr, "lethe:", err)
		os.Exit(1)
	}
	return New(c)
}

// Service returns the rules, over the App's tables and queue.
func (a *App) Service() *customer.Service { return a.service }

// Operations returns the engine of operations on many customers.
func (a *App) Operations() *bulk.Engine { return a.operations }

// Access returns the rules of who may do what.
func (a *App) Access() *admin.Service { return a.access }

// GroupsClaim returns the name of the claim of a token that has the groups of an administrator.
func (a *App) GroupsClaim() string { return a.groupsClaim }

// Log returns the function's log.
func (a *App) Log() *slog.Logger { return a.log }

// workContext returns a context for work that a later invocation can continue. It ends the reserve
// before the function's deadline.
func workContext(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-reserve(time.Until(deadline))))
}

// severity returns the log level of an error after which Lambda delivers the event again.
func severity(err error) slog.Level {
	if errors.Is(err, customer.ErrBusy) {
		return slog.LevelWarn
	}
	return slog.LevelError
}
