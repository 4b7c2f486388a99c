package mapping_test

import (
	"context"
	"crypto/rand"
	"regexp"
	"sync"
	"testing"
	"time"
)

// function is a fake of a Lambda function: it stores its events and answers by a script.
type function struct {
	answer func(call int, event []byte) (string, error)

	mu     sync.Mutex
	events [][]byte
}

func (f *function) invoke(_ context.Context, event []byte) ([]byte, error) {
	f.mu.Lock()
	f.events = append(f.events, event)
	call := len(f.events)
	f.mu.Unlock()
	answer, err := f.answer(call, event)
	return []byte(answer), err
}

func (f *function) seen() [][]byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([][]byte(nil), f.events...)
}

// unique returns a name for a table or a queue that no other test or run uses.
func unique(t *testing.T) string {
	return regexp.MustCompile(`\W`).ReplaceAllString(t.Name(), "-") + "-" + rand.Text()[:8]
}

// run starts a mapping and stops it, and waits for it, when the test ends or stop is called.
func run(t *testing.T, mapping func(context.Context)) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { mapping(ctx) })
	stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
	t.Cleanup(stop)
	return stop
}

func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
