package lambda

import (
	"crypto/rand"
	"fmt"
	"sync"
)

// function is a Function with its processes.
type function struct {
	Function
	host  *Host
	slots chan struct{} // one for each running invocation

	mu      sync.Mutex
	workers map[*worker]bool // true: idle
	faults  []Fault
	closed  bool
}

// invocation is one call of the function.
type invocation struct {
	id      string
	payload []byte
	fault   *Fault

	once     sync.Once
	done     chan struct{}
	response []byte
	err      error
}

func newInvocation(payload []byte) *invocation {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	id := fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
	return &invocation{id: id, payload: payload, done: make(chan struct{})}
}

// end sets the result of the invocation. Only the first call has an effect.
func (i *invocation) end(response []byte, err error) {
	i.once.Do(func() {
		i.response, i.err = response, err
		close(i.done)
	})
}

// run gives the invocation to an idle worker, else to a new one. If a warm process dies before it gets the
// event, the next one gets it, without an error.
func (f *function) run(call *invocation) {
	call.fault = f.nextFault()
	defer f.spare(call)
	for {
		w := f.takeIdle()
		warm := w != nil
		if !warm {
			var err error
			if w, err = f.newWorker(); err != nil {
				call.end(nil, err)
				return
			}
		}
		err := w.serve(call)
		f.putBack(w)
		if err == nil || !warm {
			call.end(nil, err)
			return
		}
	}
}

func (f *function) takeIdle() *worker {
	f.mu.Lock()
	defer f.mu.Unlock()
	for w, idle := range f.workers {
		if idle && w.alive() {
			f.workers[w] = false
			return w
		}
	}
	return nil
}

func (f *function) newWorker() (*worker, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, fmt.Errorf("invoke %s: %w", f.Name, ErrClosed)
	}
	w, err := startWorker(f)
	if err != nil {
		return nil, fmt.Errorf("start function %s: %w", f.Name, err)
	}
	f.workers[w] = false
	go f.bury(w)
	return w, nil
}

// putBack makes the worker idle again, if its process is alive.
func (f *function) putBack(w *worker) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if w.alive() {
		f.workers[w] = true
	}
}

// bury removes the worker once its process has ended.
func (f *function) bury(w *worker) {
	<-w.process.Done()
	w.stop()
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.workers, w)
}

func (f *function) close() {
	f.mu.Lock()
	f.closed = true
	workers := make([]*worker, 0, len(f.workers))
	for w := range f.workers {
		workers = append(workers, w)
	}
	f.mu.Unlock()
	for _, w := range workers {
		w.stop()
	}
}
