package main

import (
	"bytes"
	"cmp"
	"context"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"lethe/internal/engine/enginetest"
	"lethe/internal/local/demo"
)

const (
	// patience is the maximum wait for something that must happen. DynamoDB Local expires items at any time.
	patience = 4 * time.Minute
	// glance is the pause between two checks of whether it has happened.
	glance = 50 * time.Millisecond
	// shownLines is the number of a system's last lines that a failed test shows.
	shownLines = 60
)

// asCommand is a variable that makes the test binary run the command, so that tests can send it signals.
const asCommand = "LETHE_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// running is a system that a test has started, with its HTTP API.
type running struct {
	*system
	api
}

// launch starts a system as the command does, by default without demo data. It stops when the test ends.
func launch(t *testing.T, change func(*options)) *running {
	t.Helper()
	o := trial(t)
	change(&o)
	s, err := start(t.Context(), o)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(s.stop)
	return &running{system: s, api: api{base: s.BaseURL, client: clientOf(s.issuer.URL, demo.Owner)}}
}

// trial returns the default options of a test's system. If the test fails, it shows the system's lines.
func trial(t *testing.T) options {
	t.Helper()
	lines := &journal{}
	t.Cleanup(func() { lines.show(t) })
	return options{
		Dir: t.TempDir(), Engine: enginetest.Kind(), Parameters: map[string]string{"LogLevel": "info"},
		Schedule: true, Output: lines,
	}
}

// journal stores the output of a system: its progress, and the functions' log lines.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func (j *journal) show(t *testing.T) {
	if !t.Failed() {
		return
	}
	lines := slices.Collect(strings.Lines(j.String()))
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.Contains(line, `"CloudWatchMetrics"`) })
	t.Logf("the system said:\n%s", strings.Join(lines[max(0, len(lines)-shownLines):], ""))
}

// seed returns a source of random choices. A failed test shows the LETHE_SEED that repeats them.
func seed(t *testing.T) *rand.Rand {
	t.Helper()
	n, err := strconv.ParseUint(cmp.Or(os.Getenv("LETHE_SEED"), strconv.FormatInt(time.Now().UnixNano(), 10)), 10, 64)
	if err != nil {
		t.Fatalf("LETHE_SEED: %v", err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("LETHE_SEED=%d", n)
		}
	})
	return rand.New(rand.NewPCG(n, n))
}

// sizeOf returns the number in a variable, for longer runs, or the default.
func sizeOf(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv(variable), strconv.Itoa(otherwise)))
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

// eventually waits until something has happened, and fails the test after patience.
func eventually(t *testing.T, what string, happened func() bool) {
	t.Helper()
	within(t, patience, what, happened)
}

func within(t *testing.T, patience time.Duration, what string, happened func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for !happened() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited %s, but it has not happened: %s", patience, what)
		case <-time.After(glance):
		}
	}
}
