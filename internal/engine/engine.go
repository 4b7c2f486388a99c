// Package engine runs the engines that stand in for AWS on one machine: dynoxide or Amazon's DynamoDB Local for
// DynamoDB, fauxqs for SQS. Each listens on a hidden address of this machine, since an engine answers any web page, and
// ends with this process.
package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"lethe/internal/child"
)

// Kind names an engine of DynamoDB.
type Kind string

// The engines of DynamoDB.
const (
	Dynoxide      Kind = "dynoxide"
	DynamoDBLocal Kind = "dynamodb-local"
)

const (
	startTimeout = 60 * time.Second
	stopGrace    = 5 * time.Second
	// freePortTries is how often a port that was free a moment ago may turn out to be taken.
	freePortTries = 5
)

// Options of an engine. The zero value runs it in memory, silently.
type Options struct {
	// Dir is the folder in which the engine persists. Empty means in memory.
	Dir string
	// Log takes the engine's own output, at debug level. Nil discards it.
	Log *slog.Logger
	// Progress is told what takes long, such as the installation on first use. Nil means silence.
	Progress io.Writer
}

// Process is a running engine.
type Process struct {
	// Name is the engine's name, for people.
	Name string
	// Endpoint is its base URL.
	Endpoint string

	process  *child.Process
	sweeper  *mcp
	database string // its file, where other processes may open it, else ""
	cleanUp  func() // nil for nothing
}

// Stop ends the engine and returns when it is gone. It may be called more than once.
func (p *Process) Stop() {
	p.process.Stop(stopGrace)
	if p.cleanUp != nil {
		p.cleanUp()
	}
}

// Pid is the engine's process id.
func (p *Process) Pid() int { return p.process.Pid() }

// Done is closed when the engine has ended, by Stop or by itself.
func (p *Process) Done() <-chan struct{} { return p.process.Done() }

// StartDynamoDB starts an engine of DynamoDB, installing it first if need be. It returns when the engine
// answers. The caller has to Stop it.
func StartDynamoDB(ctx context.Context, kind Kind, options Options) (*Process, error) {
	kind, err := Choose(ctx, kind)
	if err != nil {
		return nil, err
	}
	if kind == DynamoDBLocal {
		return startDynamoDBLocal(ctx, options)
	}
	return startDynoxide(ctx, options)
}

func endpoint(address string, port int) string {
	return "http://" + net.JoinHostPort(address, strconv.Itoa(port))
}

// launch starts the command and hands each line it prints to ready until that returns true; later lines are
// only logged. An engine which ends or says nothing useful within startTimeout is an error that quotes it.
func launch(ctx context.Context, cmd *exec.Cmd, log *slog.Logger, ready func(line string) bool) (*child.Process, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	output := &listener{log: log, ready: ready, found: make(chan struct{})}
	lines := child.Lines(output.hear)
	cmd.Stdout, cmd.Stderr = lines, lines
	process, err := child.Start(cmd)
	if err != nil {
		return nil, err
	}
	if err := await(ctx, process, output); err != nil {
		process.Kill()
		return nil, err
	}
	return process, nil
}

func await(ctx context.Context, process *child.Process, output *listener) error {
	select {
	case <-output.found:
		return nil
	case <-process.Done():
		return fmt.Errorf("%w (%s); it printed %q", errEnded, fmt.Sprint(process.Err()), output.said()) // no error: it ended well, but too soon
	case <-time.After(startTimeout):
		return fmt.Errorf("engine is not ready after %s; it printed %q", startTimeout, output.said())
	case <-ctx.Done():
		return ctx.Err()
	}
}

// errEnded marks an engine that ended before it was ready; with a port found free a moment ago, that is worth
// another try.
var errEnded = errors.New("engine ended while starting")

// listener watches what an engine prints.
type listener struct {
	log   *slog.Logger
	ready func(string) bool
	found chan struct{}

	mu    sync.Mutex
	lines []string // what it said before it was ready
	heard bool     // that it is ready
}

func (l *listener) hear(line string) {
	l.log.Debug(line)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.heard {
		return
	}
	l.lines = append(l.lines, line)
	if l.heard = l.ready(line); l.heard {
		close(l.found)
	}
}

func (l *listener) said() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines
}
