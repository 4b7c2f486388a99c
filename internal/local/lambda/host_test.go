package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lethe/internal/local/lambda"
)

type answer struct {
	Pid         int
	Environment []string
	Remaining   time.Duration
	RequestID   string
	Text        string
}

// binary is the function of testdata/bootstrap, built once.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "lethe-lambda-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "bootstrap")
	output, err := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", file, "./testdata/bootstrap").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, output)
	}
	return file, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if file, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(file))
	}
	os.Exit(code)
}

// logbook keeps the lines of the functions.
type logbook struct {
	mu    sync.Mutex
	lines []string
}

func (l *logbook) log(function, line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, function+": "+line)
}

func (l *logbook) has(line string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Contains(l.lines, line)
}

// await waits for the line: a process's output is not ordered with its answers.
func (l *logbook) await(t *testing.T, line string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !l.has(line); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("there is no line %q", line)
		}
	}
}

func newHost(t *testing.T, change func(*lambda.Function)) (*lambda.Host, *logbook) {
	t.Helper()
	file, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	book := &logbook{}
	host := lambda.NewHost(book.log)
	t.Cleanup(host.Close)
	function := lambda.Function{Name: "f", Binary: file, Timeout: 20 * time.Second, Memory: 256, Concurrency: 2, Environment: map[string]string{"TABLE": "t"}}
	if change != nil {
		change(&function)
	}
	host.Add(function)
	return host, book
}

func invoke(t *testing.T, host *lambda.Host, event string) answer {
	t.Helper()
	response, err := host.Invoke(t.Context(), "f", []byte(event))
	if err != nil {
		t.Fatalf("invoke with %s: %v", event, err)
	}
	var a answer
	if err := json.Unmarshal(response, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func wantFunctionError(t *testing.T, err error, kind, message string) {
	t.Helper()
	var failed *lambda.FunctionError
	if !errors.As(err, &failed) {
		t.Fatalf("error is %v, want a function error", err)
	}
	if failed.Type != kind || !strings.Contains(failed.Message, message) {
		t.Errorf("error is %s: %q, want %s: %q", failed.Type, failed.Message, kind, message)
	}
}

func TestInvokeGivesWhatLambdaGives(t *testing.T) {
	t.Parallel()
	host, book := newHost(t, nil)
	a := invoke(t, host, `{"do":"print"}`)
	if a.Remaining < 10*time.Second || a.Remaining > 20*time.Second {
		t.Errorf("%s remain until the deadline, want a little less than 20 s", a.Remaining)
	}
	for _, want := range []string{"TABLE=t", "AWS_LAMBDA_FUNCTION_NAME=f", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256"} {
		if !slices.Contains(a.Environment, want) {
			t.Errorf("environment %q lacks %s", a.Environment, want)
		}
	}
	if slices.ContainsFunc(a.Environment, func(v string) bool { return strings.HasPrefix(v, "HOME=") }) {
		t.Error("the function sees the environment of its host")
	}
	if a.RequestID == "" {
		t.Error("there is no request id")
	}
	book.await(t, "f: a line")
	if again := invoke(t, host, `{}`); again.Pid != a.Pid || again.Text != "call 2" || again.RequestID == a.RequestID {
		t.Errorf("second invocation %+v, want the warm process of the first, %+v", again, a)
	}
}

func TestFailuresOfFunctions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		event, kind, message string
		warm                 bool // the process survives
	}{
		{`{"do":"fail"}`, "errorString", "as told", true},
		{`{"do":"panic"}`, "string", "as told", false},
		{`{"do":"exit"}`, lambda.TypeExit, "exit status 3", false},
		{`{"do":"fill","n":6291557}`, lambda.TypeResponseTooLarge, "6 MB", false},
	}
	for _, test := range tests {
		t.Run(test.event, func(t *testing.T) {
			t.Parallel()
			host, _ := newHost(t, nil)
			before := invoke(t, host, `{}`)
			_, err := host.Invoke(t.Context(), "f", []byte(test.event))
			wantFunctionError(t, err, test.kind, test.message)
			if after := invoke(t, host, `{}`); (after.Pid == before.Pid) != test.warm {
				t.Errorf("process %d before and %d after, want it to survive: %t", before.Pid, after.Pid, test.warm)
			}
		})
	}
}

func TestTimeoutKillsTheProcess(t *testing.T) {
	t.Parallel()
	host, _ := newHost(t, func(f *lambda.Function) { f.Timeout = 300 * time.Millisecond })
	before := invoke(t, host, `{}`)
	_, err := host.Invoke(t.Context(), "f", []byte(`{"do":"hang"}`))
	wantFunctionError(t, err, lambda.TypeTimeout, "timed out after 0.30 seconds")
	if after := invoke(t, host, `{}`); after.Pid == before.Pid {
		t.Error("the process that timed out is still in use")
	}
}

func TestInitFailures(t *testing.T) {
	t.Parallel()
	tests := []struct{ init, kind, message string }{
		{"exit", lambda.TypeExit, "exit status 1"},
		{"error", "BadConfig", "no table"},
	}
	for _, test := range tests {
		t.Run(test.init, func(t *testing.T) {
			t.Parallel()
			host, _ := newHost(t, func(f *lambda.Function) { f.Environment = map[string]string{"INIT": test.init} })
			for range 2 { // each invocation starts a new process
				_, err := host.Invoke(t.Context(), "f", []byte(`{}`))
				wantFunctionError(t, err, test.kind, test.message)
			}
		})
	}
}

func TestBinaryIsMissing(t *testing.T) {
	t.Parallel()
	host, _ := newHost(t, func(f *lambda.Function) { f.Binary += "-missing" })
	if _, err := host.Invoke(t.Context(), "f", []byte(`{}`)); err == nil || !strings.Contains(err.Error(), "-missing") {
		t.Errorf("error is %v, want one that names the missing file", err)
	}
}

func TestRequestTooLarge(t *testing.T) {
	t.Parallel()
	host, _ := newHost(t, nil)
	_, err := host.Invoke(t.Context(), "f", make([]byte, lambda.MaxRequest+1))
	if !errors.Is(err, lambda.ErrRequestTooLarge) {
		t.Errorf("error is %v, want %v", err, lambda.ErrRequestTooLarge)
	}
}

// gate is an event with which the handler signals its start and waits for its release.
type gate struct{ started, release string }

func newGate(t *testing.T) gate {
	dir := t.TempDir()
	return gate{filepath.Join(dir, "started"), filepath.Join(dir, "release")}
}

func (g gate) event(do string) []byte {
	return fmt.Appendf(nil, `{"do":%q,"started":%q,"release":%q}`, do, g.started, g.release)
}

func (g gate) open(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(g.release, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (g gate) await(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(g.started); err == nil {
			return
		}
	}
	t.Fatal("the handler has not started")
}

func start(host *lambda.Host, ctx context.Context, event []byte) chan error {
	ended := make(chan error, 1)
	go func() {
		_, err := host.Invoke(ctx, "f", event)
		ended <- err
	}()
	return ended
}

func TestConcurrency(t *testing.T) {
	t.Parallel()
	host, _ := newHost(t, nil)
	first, second, third := newGate(t), newGate(t), newGate(t)
	one, two := start(host, t.Context(), first.event("")), start(host, t.Context(), second.event(""))
	first.await(t)
	second.await(t)
	waiting, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := <-start(host, waiting, third.event("")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a third invocation ended with %v, want it to wait for one of two processes", err)
	}
	three := start(host, t.Context(), third.event(""))
	first.open(t)
	third.open(t)
	second.open(t)
	if err := errors.Join(<-one, <-two, <-three); err != nil {
		t.Error(err)
	}
}

func TestKill(t *testing.T) {
	t.Parallel()
	host, _ := newHost(t, nil)
	gate := newGate(t)
	ended := start(host, t.Context(), gate.event(""))
	gate.await(t)
	if n, err := host.Kill("f"); n != 1 || err != nil {
		t.Errorf("killed %d, %v; want one", n, err)
	}
	wantFunctionError(t, <-ended, lambda.TypeExit, "killed")
	invoke(t, host, `{}`)

	if n, err := host.Kill("f"); n != 1 || err != nil {
		t.Errorf("killed %d, %v; want the idle one", n, err)
	}
	invoke(t, host, `{}`) // the next invocation does not fail because an idle process died
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]lambda.Fault{
		"received":  {At: lambda.Received, After: 10 * time.Millisecond},
		"answering": {At: lambda.Answering},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host, _ := newHost(t, nil)
			if err := host.Inject("f", fault); err != nil {
				t.Fatal(err)
			}
			gate := newGate(t)
			if fault.At == lambda.Answering {
				gate.open(t)
			}
			_, err := host.Invoke(t.Context(), "f", gate.event(""))
			wantFunctionError(t, err, lambda.TypeExit, "killed")
			if _, err := os.Stat(gate.started); fault.At == lambda.Answering && err != nil {
				t.Error("the process died before its work was done")
			}
			invoke(t, host, `{}`)
		})
	}
}

// TestAFaultThatComesTooLateAwaitsAnotherInvocation assumes that an invocation that does nothing ends within seconds.
func TestAFaultThatComesTooLateAwaitsAnotherInvocation(t *testing.T) {
	t.Parallel()
	host, _ := newHost(t, nil)
	if err := host.Inject("f", lambda.Fault{After: 5 * time.Second}); err != nil {
		t.Fatal(err)
	}
	invoke(t, host, `{}`)
	_, err := host.Invoke(t.Context(), "f", newGate(t).event("")) // which never opens
	wantFunctionError(t, err, lambda.TypeExit, "killed")
}

func TestCallerGivesUpButTheInvocationGoesOn(t *testing.T) {
	t.Parallel()
	host, book := newHost(t, nil)
	gate := newGate(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := start(host, ctx, gate.event("print"))
	gate.await(t)
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want %v", err, context.Canceled)
	}
	gate.open(t)
	book.await(t, "f: a line")
}

func TestClose(t *testing.T) {
	t.Parallel()
	host, _ := newHost(t, nil)
	gate := newGate(t)
	ended := start(host, t.Context(), gate.event(""))
	gate.await(t)
	host.Close()
	wantFunctionError(t, <-ended, lambda.TypeExit, "killed")
	if _, err := host.Invoke(t.Context(), "f", []byte(`{}`)); !errors.Is(err, lambda.ErrClosed) {
		t.Errorf("error is %v, want %v", err, lambda.ErrClosed)
	}
}
