package lambda

import (
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"lethe/internal/child"
	"lethe/internal/loopback"
)

// initLimit and the function's timeout, added up, are the maximum time from the start of a process to its first request for
// an event.
const initLimit = 10 * time.Second

// worker is one process with a Runtime API of its own.
type worker struct {
	function *function
	process  *child.Process
	server   *http.Server
	next     chan *invocation // to the process's request for work

	mu        sync.Mutex
	current   *invocation
	initError *FunctionError // the failure that the process reported at its start
}

func startWorker(f *function) (*worker, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(loopback.Hidden(), "0"))
	if err != nil {
		return nil, err
	}
	w := &worker{function: f, next: make(chan *invocation)}
	w.server = &http.Server{Handler: loopback.Guard(listener.Addr(), w.runtimeAPI())}
	go func() { _ = w.server.Serve(listener) }()
	cmd := exec.Command(f.Binary)
	cmd.Dir = filepath.Dir(f.Binary)
	cmd.Env = f.environment(listener.Addr().String())
	output := child.Lines(func(line string) { f.host.log(f.Name, line) })
	cmd.Stdout, cmd.Stderr = output, output
	if w.process, err = child.Start(cmd); err != nil {
		w.server.Close()
		return nil, err
	}
	return w, nil
}

// environment returns the variables that Lambda sets and those of the function.
func (f *function) environment(runtimeAPI string) []string {
	environment := []string{
		"AWS_LAMBDA_RUNTIME_API=" + runtimeAPI,
		"AWS_LAMBDA_FUNCTION_NAME=" + f.Name,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=" + strconv.Itoa(f.Memory),
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_EXECUTION_ENV=AWS_Lambda_provided.al2023",
		"LAMBDA_TASK_ROOT=" + filepath.Dir(f.Binary),
		"_HANDLER=bootstrap",
		"TZ=:UTC",
		"LANG=en_US.UTF-8",
	}
	for name, value := range f.Environment {
		environment = append(environment, name+"="+value)
	}
	return environment
}

// serve gives the invocation to the process and waits for its end. An error means that the process did not get it.
func (w *worker) serve(call *invocation) error {
	w.setCurrent(call)
	defer w.setCurrent(nil)
	starting := time.NewTimer(initLimit + w.function.Timeout)
	defer starting.Stop()
	select {
	case w.next <- call:
		w.await(call)
		return nil
	case <-w.process.Done():
		return w.exitError(call)
	case <-starting.C:
		w.process.Kill()
		return timeoutError(w.function.Name, call.id, initLimit+w.function.Timeout)
	}
}

func (w *worker) await(call *invocation) {
	timeout := time.NewTimer(w.function.Timeout)
	defer timeout.Stop()
	select {
	case <-call.done:
	case <-w.process.Done():
		call.end(nil, w.exitError(call))
	case <-timeout.C:
		w.process.Kill()
		call.end(nil, timeoutError(w.function.Name, call.id, w.function.Timeout))
	}
}

func (w *worker) exitError(call *invocation) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.initError != nil {
		return w.initError
	}
	return exitError(w.function.Name, call.id, w.process.Err())
}

func (w *worker) alive() bool {
	select {
	case <-w.process.Done():
		return false
	default:
		return true
	}
}

func (w *worker) stop() {
	w.process.Kill()
	_ = w.server.Close()
}

func (w *worker) setCurrent(call *invocation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.current = call
}

// invocation returns the running invocation, if it has this id.
func (w *worker) invocation(id string) (*invocation, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.current == nil || w.current.id != id {
		return nil, fmt.Errorf("no invocation %s is under way", id)
	}
	return w.current, nil
}
