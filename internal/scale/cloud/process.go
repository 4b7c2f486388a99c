package cloud

import (
	"maps"
	"strings"
	"time"
)

// Process is an instance of a function: it computes one thing at a time, and its bulk writes share a pace.
type Process struct {
	*Clock

	// Changed, if set, is called for each change of a customer's root.
	Changed func(event string, customer int)
	// Sent and Asked, if set, are called when messages are sent, and when the length of the queue is asked for.
	Sent  func(messages int)
	Asked func()

	store        *Store
	meter        *Meter
	behaviour    *Behaviour
	roots, items *pace
	computing    time.Duration // until when
	slower       float64       // than the machine that recorded the traces
}

// NewProcess returns an instance with so much memory, which decides on its share of a processor.
func NewProcess(store *Store, meter *Meter, b *Behaviour, megabytes int) *Process {
	return &Process{
		Clock: store.Clock, store: store, meter: meter, behaviour: b, roots: newPace(store.Clock, b), items: newPace(store.Clock, b),
		slower: max(1, float64(megabytesPerCPU)/float64(megabytes)),
	}
}

// compute calls do after the process has computed for so many seconds of the recording machine.
func (p *Process) compute(seconds float64, do func()) {
	p.computing = max(p.computing, p.now) + time.Duration(seconds*p.slower*float64(time.Second))
	p.After(p.computing-p.now, do)
}

// Play makes the requests of a trace, for customers from the number on, and calls done when all are answered, or with the
// first error. It begins no stage after the time until.
func (p *Process) Play(t Trace, customer int, until time.Duration, done func(error)) {
	r := &run{Process: p, trace: t, customer: customer, until: until, done: func(err error) {
		if err != nil {
			p.meter.Failed++
		}
		done(err)
	}, seen: map[string]int{}, readAt: map[string]int{}, reached: -1, shift: p.rng.IntN(1 << 20)}
	r.stage(0)
}

// run is a trace that is being played.
type run struct {
	*Process

	trace    Trace
	customer int
	until    time.Duration
	done     func(error)
	shift    int

	// A certificate is appended to a chain at the end that the run has read. If another run appended in between, it reads
	// and appends again: only that is played again.
	seen    map[string]int  // the version of each chain that it has read
	readAt  map[string]int  // the stage that read it
	late    map[string]bool // chains to append to again
	reached int             // the last stage that is played only for them
	appends int
}

func (r *run) stage(n int) {
	switch {
	case n == len(r.trace.Stages):
		r.done(nil)
		return
	case r.now > r.until:
		r.done(ErrUnfinished)
		return
	}
	requests := r.requests(n)
	left, late := len(requests), map[string]bool{}
	if left == 0 {
		r.stage(n + 1)
		return
	}
	var failed error
	cpu := r.trace.CPU / float64(r.trace.Requests())
	for _, request := range requests {
		r.compute(cpu, func() {
			maps.Copy(late, r.behind(request, n))
			c := &call{Process: r.Process, request: request, customer: r.customer, until: r.until, done: func(err error) {
				failed = first(failed, err)
				if left--; left == 0 {
					r.ended(n, late, failed)
				}
			}}
			c.start()
		})
	}
}

// requests returns the requests of a stage. Up to the stage reached they are those that append again.
func (r *run) requests(n int) []Request {
	var requests []Request
	for _, request := range r.trace.Stages[n] {
		parts := make([]Part, len(request.Parts))
		again := false
		for i, p := range request.Parts {
			parts[i] = p.shifted(r.shift)
			chain, ok := chainOf(parts[i])
			again = again || ok && r.late[chain]
		}
		if n > r.reached || again {
			request.Parts = parts
			requests = append(requests, request)
		}
	}
	return requests
}

// chainOf returns the key of the chain that the part reads or appends to.
func chainOf(p Part) (key string, ok bool) {
	t := p.Touches[0]
	return t.Key, t.Table == LedgerTable && strings.HasPrefix(t.Key, "L#")
}

func first(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func (r *run) ended(n int, late map[string]bool, err error) {
	switch {
	case err != nil:
		r.done(err)
	case len(late) > 0:
		r.late, r.reached = late, max(r.reached, n)
		back := n
		for chain := range late {
			back = min(back, r.readAt[chain])
		}
		r.appends++
		r.After(r.below(r.behaviour.AfterAppended(r.appends)), func() { r.stage(back) })
	default:
		r.stage(n + 1)
	}
}

// behind notes which ends of chains a request reads, and returns the chains to whose end it appends too late. Such a
// request is paid for, too.
func (r *run) behind(request Request, stage int) map[string]bool {
	late := map[string]bool{}
	for _, p := range request.Parts {
		chain, ok := chainOf(p)
		switch {
		case !ok:
		case !p.Writes():
			r.seen[chain], r.readAt[chain] = r.store.versions[chain], stage
		case r.seen[chain] != r.store.versions[chain]:
			late[chain] = true
		default:
			r.store.versions[chain]++
		}
	}
	return late
}
