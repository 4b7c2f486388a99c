package lambda

import (
	"errors"
	"time"
)

// Point is a point of an invocation at which a fault can kill the process.
type Point int

// The points.
const (
	// Received is after the process has the event and the fault's delay is over: at any point of the work.
	Received Point = iota
	// Answering is after the handler is done, before its response arrives: all of the work has happened, and the caller
	// gets an error.
	Answering
)

// Fault is a SIGKILL at a point of one invocation.
type Fault struct {
	At    Point
	After time.Duration // how long after Received
}

// Inject gives the fault to the next invocation of the function without one. If that invocation ends before the
// fault's delay, a later invocation gets it. Tests use it to show that a process may die at any point of the work.
func (h *Host) Inject(name string, fault Fault) error {
	function, err := h.function(name)
	if err != nil {
		return err
	}
	function.inject(fault)
	return nil
}

func (f *function) inject(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, fault)
}

// Kill kills all processes of the function, idle or in an invocation, and returns their number. New invocations start new
// processes.
func (h *Host) Kill(name string) (int, error) {
	function, err := h.function(name)
	if err != nil {
		return 0, err
	}
	function.mu.Lock()
	defer function.mu.Unlock()
	for w := range function.workers {
		w.process.Kill()
	}
	return len(function.workers), nil
}

func (f *function) nextFault() *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.faults) == 0 {
		return nil
	}
	fault := f.faults[0]
	f.faults = f.faults[1:]
	return &fault
}

// spare keeps the fault for another invocation, if this one ended before the fault's delay.
func (f *function) spare(call *invocation) {
	var failure *FunctionError
	died := errors.As(call.err, &failure) && failure.Type == TypeExit
	if call.fault != nil && !died {
		f.inject(*call.fault)
	}
}
