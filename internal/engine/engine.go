// Package engine runs the engines that replace AWS on one machine: dynoxide or Amazon's DynamoDB Local for
// DynamoDB, fauxqs for SQS, and oidc-provider for the issuer of administrators' tokens. An engine answers any web page, so each listens on a hidden address of this machine. It
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
	// freePortTries is the number of attempts to find a port that is still free when the engine starts.
	freePortTries = 5
)

// Options of an engine. The zero value runs it in memory and without output.
type Options struct {
	// Dir is the folder in which the engine persists. Empty means in memory.
	Dir string
	// Log takes the engine's own output, at debug level. Nil discards it.
	Log *slog.Logger
	// Progress takes messages about what takes long, such as the installation on first use. Nil discards them.
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
	database string // the file, if other processes may open it, else ""
	cleanUp  func() // nil for nothing
}

// Stop ends the engine and returns when its process has ended. It may be called more than once.
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

// StartDynamoDB starts an engine of DynamoDB, and installs it first if necessary. It returns when the engine
// answers. The caller must Stop it.
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

// launch starts the command and passes each line that it prints to ready, until ready returns true; later lines are
// only logged. If the engine ends, or is not ready within startTimeout, the error quotes its output.
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
		return fmt.Errorf("%w (%s); it printed %q", errEnded, fmt.Sprint(process.Err()), output.said()) // Err may be nil: exit status 0, but too soon
	case <-time.After(startTimeout):
		return fmt.Errorf("engine is not ready after %s; it printed %q", startTimeout, output.said())
	case <-ctx.Done():
		return ctx.Err()
	}
}

// errEnded means that an engine ended before it was ready. If its port was found free a moment ago, another program may
// have taken it: then another attempt may succeed.
var errEnded = errors.New("engine ended while starting")

// listener watches what an engine prints.
type listener struct {
	log   *slog.Logger
	ready func(string) bool
	found chan struct{}

	mu    sync.Mutex
	lines []string // output before it was ready
	heard bool     // true once it is ready
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
