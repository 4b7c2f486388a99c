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
	}, seen: map[string]read{}, shift: p.rng.IntN(1 << 20)}
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
	// again, and appends again. All else of these stages is done.
	seen    map[string]read // the end of each chain that it has read
	late    map[string]bool // the chains that it appends to again; nil if none
	appends int             // how often it came too late at these
}

// read is the version of a chain, and the stage that read it.
type read struct{ version, stage int }

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
	answered := func(err error) {
		failed = first(failed, err)
		if left--; left == 0 {
			r.ended(n, late, failed)
		}
	}
	for _, request := range requests {
		r.compute(cpu, func() {
			request, behind, done := r.chains(request, n)
			if maps.Copy(late, behind); done {
				answered(nil)
				return
			}
			(&call{Process: r.Process, request: request, customer: r.customer, until: r.until, done: answered}).start()
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
		r.After(r.below(r.behaviour.AfterAppended(r.appends)), func() { r.stage(r.readAt(late)) })
	default:
		if r.late != nil && r.appended(n) {
			r.late, r.appends = nil, 0
		}
		r.stage(n + 1)
	}
}

// readAt is the first stage that read the end of one of the chains.
func (r *run) readAt(chains map[string]bool) int {
	at := len(r.trace.Stages)
	for key := range chains {
		at = min(at, r.seen[key].stage)
	}
	return at
}

// appended reports whether the stage appends to one of the late chains.
func (r *run) appended(n int) bool {
	for _, request := range r.trace.Stages[n] {
		for _, p := range request.Parts {
			if p = p.shifted(r.shift); p.Writes() && r.late[p.Touches[0].Key] {
				return true
			}
		}
	}
	return false
}

// chains notes which ends of chains a request reads, and which of its blocks come too late. Of a stage that is played again it
// leaves what belongs to the late chains, with the reads that tell which certificates are filed. If that is nothing, the request
// is done.
func (r *run) chains(request Request, stage int) (left Request, behind map[string]bool, done bool) {
	var parts []Part
	behind = map[string]bool{}
	for _, p := range request.Parts {
		p = p.shifted(r.shift)
		t := p.Touches[0]
		chain := t.Table == LedgerTable && strings.HasPrefix(t.Key, "L#")
		if r.late != nil && !r.late[t.Key] && (chain || t.Table != LedgerTable || p.Writes()) {
			continue
		}
		parts = append(parts, p)
		switch {
		case !chain:
		case !p.Writes():
			r.seen[t.Key] = read{r.store.versions[t.Key], stage}
		case r.seen[t.Key].version != r.store.versions[t.Key]:
			behind[t.Key] = true
		default:
			r.store.versions[t.Key]++
		}
	}
	request.Parts = parts
	return request, behind, r.late != nil && len(parts) == 0
}
