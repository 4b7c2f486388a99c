package sim

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"lethe/internal/customer"
	"lethe/internal/dynamo/dynamotest"
)

// World is one system for a test: tables of its own, a queue, and a clock that only the
// test moves. Processes of it are started with Service.
type World struct {
	dynamotest.Tables

	Clock *Clock
	Queue *Jobs

	personal *values
}

// NewWorld makes a world with the given settings in force. When the test ends, the
// tables are checked.
func NewWorld(t testing.TB, settings customer.Settings) *World {
	t.Helper()
	w := &World{Tables: dynamotest.New(t), Clock: NewClock(), Queue: &Jobs{}, personal: &values{}}
	w.Config.HTTPClient = awshttp.NewBuildableClient() // its connections serve all processes
	if _, err := w.store(w.Config).PutSettings(t.Context(), settings); err != nil {
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

// Service is a process of the world, whose requests go through clients of the
// configuration. It has read no settings yet.
func (w *World) Service(cfg aws.Config) *customer.Service { return w.ServiceWith(cfg, w.Queue) }

// ServiceWith is Service with a queue that is not the world's.
func (w *World) ServiceWith(cfg aws.Config, queue customer.Queue) *customer.Service {
	store, ledger := w.Open(cfg)
	s := customer.New(store, ledger, queue, slog.New(slog.DiscardHandler))
	s.Clock = w.Clock.Now
	return s
}

// Personal makes the final check look for values in ledger and audit log.
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

// Clock stands still until it is moved. It starts at the real time, as engines expire
// items by theirs.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock is a clock at the present.
func NewClock() *Clock { return &Clock{now: time.Now().UTC().Truncate(time.Millisecond)} }

// Now is the time that the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Move sets the clock forward, or with a negative length back.
func (c *Clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
