package lambda

import (
	"errors"
	"time"
)

// Point is a place in an invocation at which a process can be made to die.
type Point int

// The points.
const (
	// Received is when the process has the event (and the fault's delay has passed): the work may be anywhere.
	Received Point = iota
	// Answering is when the handler is done and its response is lost: all of the work happened, and the caller
	// sees a failure.
	Answering
)

// Fault is a SIGKILL at a point of one invocation.
type Fault struct {
	At    Point
	After time.Duration // how long after Received
}

// Inject makes the next invocation of the function that has no fault yet suffer this one; if that is over before the
// fault's delay has passed, a later one. Tests call it to prove that no point of the work is a bad one to die at.
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

// Kill kills every process of the function at once, idle or in the middle of an invocation, and returns how many
// there were. New invocations start new ones.
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

// spare keeps the fault of an invocation that did not die of it, because it was over before, for another one.
func (f *function) spare(call *invocation) {
	var failure *FunctionError
	died := errors.As(call.err, &failure) && failure.Type == TypeExit
	if call.fault != nil && !died {
		f.inject(*call.fault)
	}
}
