// Package child starts processes that cannot outlive the one that started them.
package child

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Process is a running child, the leader of a process group of its own.
type Process struct {
	cmd   *exec.Cmd
	stdin io.Closer
	done  chan struct{}
	err   error
	stop  sync.Once
}

// Start starts cmd in a process group of its own. On Linux the kernel kills the child when this process dies, for any
// reason; elsewhere the child sees the end of its standard input. The caller sets cmd's output. Other fields of
// cmd.SysProcAttr, such as another user, are kept. If Supported returns an error, so does Start.
func Start(cmd *exec.Cmd) (*Process, error) {
	if err := Supported(); err != nil {
		return nil, err
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("standard input of %s: %w", cmd.Path, err)
	}
	isolate(cmd)
	p := &Process{cmd: cmd, stdin: stdin, done: make(chan struct{})}
	started := make(chan error, 1)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return p, nil
}

// run starts the child and waits for it on one locked thread: the kernel sends the parent-death signal when the
// forking thread ends, not the process, so the thread must live as long as the child.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	started <- nil
	p.err = p.cmd.Wait()
	close(p.done)
}

// Pid is the process id, which is also the id of its group.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Done is closed when the child has ended and its output is read to the end.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err says how the child ended; nil means exit status 0. It is valid after Done.
func (p *Process) Err() error { return p.err }

// Kill kills the whole group at once and returns when the child has ended.
func (p *Process) Kill() {
	p.signal(syscall.SIGKILL)
	<-p.done
}

// Stop asks the group to end and kills it after the grace. It returns when the child has ended. It may be called
// several times, also concurrently.
func (p *Process) Stop(grace time.Duration) {
	p.stop.Do(func() {
		p.signal(syscall.SIGTERM)
		_ = p.stdin.Close()
	})
	select {
	case <-p.done:
	case <-time.After(grace):
		p.Kill()
	}
}

func (p *Process) signal(s syscall.Signal) {
	select {
	case <-p.done: // the id may belong to another process
	default:
		if err := signalGroup(p.Pid(), s); err != nil && !errors.Is(err, syscall.ESRCH) {
			_ = p.cmd.Process.Kill()
		}
	}
}
