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
	}, seen: map[string]int{}, began: -1, shift: p.rng.IntN(1 << 20)}
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
	// again.
	seen    map[string]int // the version of each chain that it has read
	late    map[string]bool
	began   int // the stage that read them
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
	requests := r.trace.Stages[n]
	left, late := len(requests), map[string]bool{}
	var failed error
	cpu := r.trace.CPU / float64(r.trace.Requests())
	for _, request := range requests {
		r.compute(cpu, func() {
			request, behind := r.chains(request, n)
			maps.Copy(late, behind)
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
		r.late = late
		r.appends++
		r.After(r.below(r.behaviour.AfterAppended(r.appends)), func() { r.stage(r.began) })
	default:
		r.stage(n + 1)
	}
}

// chains notes which ends of chains a request reads, and takes from a request the blocks that come too late.
func (r *run) chains(request Request, stage int) (Request, map[string]bool) {
	var parts []Part
	behind := map[string]bool{}
	for _, p := range request.Parts {
		p = p.shifted(r.shift)
		t := p.Touches[0]
		if t.Table != LedgerTable || !strings.HasPrefix(t.Key, "L#") {
			parts = append(parts, p)
			continue
		}
		if r.late != nil && !r.late[t.Key] { // this chain is done
			continue
		}
		switch {
		case !p.Writes():
			r.seen[t.Key] = r.store.versions[t.Key]
			if r.began < 0 {
				r.began = stage
			}
		case r.seen[t.Key] != r.store.versions[t.Key]:
			behind[t.Key] = true
		default:
			r.store.versions[t.Key]++
		}
		parts = append(parts, p)
	}
	request.Parts = parts
	return request, behind
}
