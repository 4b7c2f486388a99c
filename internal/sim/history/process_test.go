package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/operations"
	"lethe/internal/sim/model"
)

// process is one invocation: a client's request, the work on a message, or a tick of the schedule.
type process struct {
	name   string
	seq    int
	killed time.Time // its time limit
	dead   bool
	done   bool
	sweeps bool
	slow   bool                  // other processes mostly go first
	finish func()                // called when it ends by itself
	digest string                // with which it applies or approves an operation
	by     string                // who applies or approves it
	second bool                  // it approves an operation that waits for a second person
	retry  string                // the operation that it retries
	at     string                // the operation that it works on
	begun  int                   // the step of its start
	states map[string]bulk.State // last read states of operations
}

type processKey struct{}

func processOf(ctx context.Context) *process {
	p, _ := ctx.Value(processKey{}).(*process)
	return p
}

var errDead = errors.New("the process is dead")

// keptBack is the time between a process's deadline and its time limit.
const keptBack = 10 * time.Second

// start starts a process.
func (h *history) start(p *process, limit time.Duration, run func(ctx context.Context)) {
	h.processes++
	p.begun = h.step
	p.seq, p.states, p.slow = h.processes, map[string]bulk.State{}, h.chance(1, 4)
	p.name = fmt.Sprint(p.seq, " ", p.name)
	p.killed = time.Now().Add(limit)
	h.running = append(h.running, p)
	h.tracef("%s starts", p.name)
	ctx, cancel := context.WithTimeout(context.WithValue(context.Background(), processKey{}, p), limit-keptBack)
	go func() {
		defer cancel()
		run(ctx)
		h.gates.Lock()
		defer h.gates.Unlock()
		p.done = true
	}()
}

// service returns a service of a new process.
func (h *history) service() *customer.Service {
	return customer.New(model.Table{Model: h.model}, model.Ledger{Model: h.model}, h.queue, slog.New(slog.DiscardHandler))
}

// engine returns an engine with small chunks and pages, so that small operations have many of them.
func (h *history) engine(service *customer.Service) *bulk.Engine {
	e := operations.Engine(service, model.Operations{Model: h.model}, h.queue)
	if h.fourEyes.on {
		e.NeedsSecond = operations.NeedsSecond(h.rules)
	}
	for name, action := range e.Actions {
		if action.MaxWeight = h.chunk; name == operations.Purge {
			action.MaxWeight = h.chunk * 6
		}
		plan := action.Plan
		action.Plan = func(ctx context.Context, op bulk.Operation, selection []byte, limit int) ([]bulk.Subject, string, error) {
			return plan(ctx, op, selection, min(limit, h.page))
		}
		e.Actions[name] = action
	}
	return e
}

// gates holds the waiting requests of all processes.
type gates struct {
	sync.Mutex

	waiting []*request
}

type request struct {
	process *process
	call    model.Call
	began   time.Time
	answer  chan answer
}

type answer struct {
	verdict model.Verdict
	err     error
}

// gate makes a request wait until the history decides what happens to it.
func (h *history) gate(ctx context.Context, c model.Call) (model.Verdict, error) {
	p := processOf(ctx)
	if p == nil || h.quiet.Load() && !h.gates.gone(p) {
		return model.Through, ctx.Err()
	}
	r := &request{p, c, time.Now(), make(chan answer, 1)}
	if !h.gates.enter(r) {
		return 0, errDead
	}
	select {
	case a := <-r.answer:
		return a.verdict, a.err
	case <-ctx.Done():
		h.gates.withdraw(r)
		return 0, ctx.Err()
	}
}

func (g *gates) done(p *process) bool {
	g.Lock()
	defer g.Unlock()
	return p.done
}

func (g *gates) gone(p *process) bool {
	g.Lock()
	defer g.Unlock()
	return p.dead
}

func (g *gates) enter(r *request) bool {
	g.Lock()
	defer g.Unlock()
	if r.process.dead {
		return false
	}
	g.waiting = append(g.waiting, r)
	return true
}

func (g *gates) withdraw(r *request) {
	g.Lock()
	defer g.Unlock()
	g.waiting = slices.DeleteFunc(g.waiting, func(w *request) bool { return w == r })
}

// sorted returns the waiting requests in an order that does not depend on their arrival.
func (g *gates) sorted() []*request {
	g.Lock()
	defer g.Unlock()
	slices.SortFunc(g.waiting, (*request).compare)
	return g.waiting
}

func (r *request) compare(s *request) int {
	return cmp.Or(r.process.seq-s.process.seq, cmp.Compare(r.call.Method, s.call.Method), cmp.Compare(r.call.Of, s.call.Of))
}

// pass answers waiting requests.
func (g *gates) pass(some []*request, a answer) {
	g.Lock()
	defer g.Unlock()
	g.waiting = slices.DeleteFunc(g.waiting, func(w *request) bool { return slices.Contains(some, w) })
	for _, r := range some {
		r.answer <- a
	}
}

// kill ends a process: all its further requests fail.
func (h *history) kill(p *process) {
	h.gates.Lock()
	p.dead = true
	var left []*request
	for _, r := range h.gates.waiting {
		if r.process == p {
			left = append(left, r)
		}
	}
	h.gates.Unlock()
	h.gates.pass(left, answer{err: errDead})
}

// fault reports whether an error is a technical fault, after which the outcome is unknown.
func fault(err error) bool {
	for _, f := range []error{model.ErrFault, errDead, context.DeadlineExceeded, context.Canceled, customer.ErrUnfinished, bulk.ErrUnfinished} {
		if errors.Is(err, f) {
			return true
		}
	}
	return false
}
