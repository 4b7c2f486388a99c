package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"lethe/internal/local/demo"
)

// TestTheDemoIsLoadedOnce interrupts the first load. The next start completes it (with less data, since the whole takes a
// minute), and the one after that loads nothing.
func TestTheDemoIsLoadedOnce(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it loads a tenth of the demo, and starts three systems")
	}
	o := trial(t)
	o.Demo = true
	o.Load = interruptedLoad
	if s, err := start(t.Context(), o); !errors.Is(err, context.Canceled) {
		t.Fatalf("start with a load that is interrupted: %v, %v", s, err)
	}
	if said := o.Output.(*journal).String(); !strings.Contains(said, "Loading the demo: 10%") {
		t.Errorf("the load printed no progress: %s", said)
	}
	loads := 0
	o.Load = func(_ context.Context, client *http.Client, base string, _ io.Writer) error {
		loads++
		return loadSome(t, api{base, client})
	}
	launch(t, func(again *options) { *again = o }).stop()
	s := launch(t, func(again *options) { *again = o })
	if loads != 1 {
		t.Errorf("after the interrupted load, two starts loaded %d times, want once", loads)
	}
	if found := s.search(t, "Eurydice", "active"); len(found) != 1 {
		t.Errorf("the demo was loaded to have %q", found)
	}
	s.check(t, templateGrace)
}

// interruptedLoad is the real load, interrupted after its first line of progress.
func interruptedLoad(ctx context.Context, client *http.Client, base string, progress io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return demo.Load(ctx, client, base, writer(func(p []byte) (int, error) {
		if bytes.Contains(p, []byte("10%")) {
			defer cancel()
		}
		return progress.Write(p)
	}))
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func loadSome(t *testing.T, a api) error {
	t.Helper()
	a.do(t, http.MethodPost, "/v1/customers", map[string]any{"organisation": "Eurydice Travels"}).want(t, http.StatusCreated, "")
	return nil
}
