package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
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
	s.hasDemoAdministrators(t)
	s.check(t, templateGrace)
}

// hasDemoAdministrators checks that the groups of the demo administrators have permissions, and that the leaver is suspended.
func (s *running) hasDemoAdministrators(t *testing.T) {
	t.Helper()
	rules := decode[struct {
		AdminGroup string
		Groups     []struct {
			Group       string
			Permissions []string
		}
	}](t, s.get(t, "/v1/access").want(t, http.StatusOK, ""))
	got := map[string]string{}
	for _, g := range rules.Groups {
		got[g.Group] = strings.Join(g.Permissions, " ")
	}
	want := map[string]string{
		"support": "customers.read customers.write message", "auditors": "customers.read audit",
		"privacy": "customers.read delete restore purge bulk hold audit approve",
	}
	if !maps.Equal(got, want) || rules.AdminGroup != owners {
		t.Errorf("the demo's groups are %v beside %q, want %v", got, rules.AdminGroup, want)
	}
	suspended := decode[struct{ Suspensions []struct{ Subject string } }](t, s.get(t, "/v1/suspensions").want(t, http.StatusOK, ""))
	if len(suspended.Suspensions) != 1 || suspended.Suspensions[0].Subject != "demo-leaver" {
		t.Errorf("suspended are %v", suspended.Suspensions)
	}
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
