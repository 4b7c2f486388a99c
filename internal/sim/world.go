package sim

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"lethe/internal/audit"
	"lethe/internal/customer"
	"lethe/internal/dynamo/dynamotest"
)

// World is one system for a test: its own tables, a queue, and a clock that only the test moves.
// Service starts a process of it.
type World struct {
	dynamotest.Tables

	Clock *Clock
	Queue *Jobs

	personal *values
}

// NewWorld makes a world with the given settings. When the test ends, [Check] checks the tables.
func NewWorld(t testing.TB, settings customer.Settings) *World {
	t.Helper()
	w := &World{Tables: dynamotest.New(t), Clock: NewClock(), Queue: &Jobs{}, personal: &values{}}
	w.Config.HTTPClient = awshttp.NewBuildableClient() // shared by all processes
	if _, err := w.store(w.Config).PutSettings(t.Context(), settings, audit.New(t.Context(), w.Clock.Now(), "test", audit.SettingsChanged)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !t.Failed() {
			Check(t, w.Tables, w.personal.list()...)
		}
	})
	return w
}

func (w *World) store(cfg aws.Config) customer.Store {
	store, _ := w.Open(cfg)
	return store
}

// Service returns a new process of the world, with clients of the given configuration. It has no
// settings cached.
func (w *World) Service(cfg aws.Config) *customer.Service { return w.ServiceWith(cfg, w.Queue) }

// ServiceWith is Service with another queue.
func (w *World) ServiceWith(cfg aws.Config, queue customer.Queue) *customer.Service {
	store, ledger := w.Open(cfg)
	s := customer.New(store, ledger, queue, slog.New(slog.DiscardHandler))
	s.Clock = w.Clock.Now
	return s
}

// Personal adds personal values that the final check must not find in the ledger or the audit log.
func (w *World) Personal(found ...string) { w.personal.add(found...) }

type values struct {
	mu  sync.Mutex
	all []string
}

func (v *values) add(more ...string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.all = append(v.all, more...)
}

func (v *values) list() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.all
}

// Clock stands still until Move. It starts at the real time, because the engine expires items by the
// real time.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows the current time in whole milliseconds.
func NewClock() *Clock { return &Clock{now: time.Now().UTC().Truncate(time.Millisecond)} }

// Now returns the time of the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Move moves the clock forward, or back if d is negative.
func (c *Clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
