package history

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing/synctest"
	"time"

	"lethe/internal/customer"
	"lethe/internal/sim/model"
)

const day = 24 * time.Hour

// history is one run of the simulation.
type history struct {
	rng   *rand.Rand
	post  *rand.Rand // decides what comes late: as that changes nothing, histories are the same with it and without
	model *model.Model
	queue *model.Queue
	gates gates

	temper

	processes int
	running   []*process
	quiet     atomic.Bool // nothing is disturbed any longer; a killed worker that still waits to write asks too
	names     int         // of changes, operations, …
	step      int

	stream  []*customer.Customer // roots that TTL has removed, as the stream tells of them
	clients clients
	oracle

	tracing bool
	trace   []string
	wrong   string // the first rule that was broken
}

// temper is what kind of history it is. Most do little of what there is to do, but that
// often: what needs many of one thing is found so.
type temper struct {
	faults, crashes int // in a thousand requests
	stale           int // in a hundred readings of lists
	mischief        int // in a thousand steps, of the queue and the stream
	jumps           int // in a thousand steps, of time
	chunk, page     int // subjects
	steps           int
	weights         []int // of the commands
	customers       int   // that there are at the beginning
	crowd           int   // processes at once
	focus           int   // in a hundred commands, on one of them
}

func (h *history) pick(n ...int) int { return n[h.rng.IntN(len(n))] }

func (h *history) chance(n, of int) bool { return h.rng.IntN(of) < n }

func (h *history) temperament() {
	h.temper = temper{
		faults: h.pick(0, 20, 60, 150), crashes: h.pick(0, 0, 10, 30), stale: h.pick(0, 20, 60),
		mischief: h.pick(0, 0, 15, 40), jumps: h.pick(5, 15, 40), chunk: h.pick(1, 2, 250, 250), page: h.pick(1, 2, 250, 250),
		steps: h.pick(100, 150, 220), crowd: h.pick(1, 2, 4, 6), focus: h.pick(0, 40, 80),
	}
	h.weights = make([]int, len(commands))
	for i := range h.weights {
		h.weights[i] = h.pick(0, 0, 1, 4) * commands[i].weight
	}
	h.weights[h.rng.IntN(len(commands))] += 3
}

// settings of a history: a kind that restricts, one of children, and others, of which some
// are retained.
func (h *history) settings() customer.Settings {
	return customer.Settings{
		Retention: []customer.Period{customer.PeriodOf(30 * day), customer.PeriodOf(2 * time.Hour), customer.PeriodOf(0), customer.Never}[h.pick(0, 0, 1, 1, 2, 3)],
		Kinds: []customer.Kind{
			{Name: "contract", Policy: customer.Restrict},
			h.retained("invoice", h.chance(2, 3)),
			h.retained("line", h.chance(1, 4)),
			h.retained("ticket", h.chance(1, 4)),
		},
	}
}

func (h *history) retained(name string, retained bool) customer.Kind {
	if !retained {
		return customer.Kind{Name: name, Policy: customer.Cascade}
	}
	return customer.Kind{Name: name, Policy: customer.Retain, Keep: []string{"number"}, For: customer.PeriodOf(3650 * day)}
}

// run makes the history of a seed, within a bubble of its own. It returns the rule that
// was broken, if one was.
func run(seed uint64, tracing bool) *history {
	h := &history{rng: rand.New(rand.NewPCG(seed, 3)), post: rand.New(rand.NewPCG(seed, 5)), model: model.New(), tracing: tracing}
	h.queue = model.NewQueue(h.model)
	h.init()
	h.watch()
	h.temperament()
	if seed%3 == 0 {
		h.model.NamesOf = formerNames
	}
	h.prepare()
	h.model.NamesOf = customer.NamesOf
	h.model.Gate = h.gate
	for synctest.Wait(); h.wrong == "" && h.step < h.steps; synctest.Wait() {
		h.step++
		if h.reap() {
			synctest.Wait() // what follows from it has begun
		}
		h.check()
		h.deliverLate()
		h.next()
	}
	h.end()
	if h.wrong == "" {
		h.settle()
	}
	time.Sleep(2 * maxWork) // until dead processes stop trying
	return h
}

// prepare makes some customers before anything can go wrong.
func (h *history) prepare() {
	ctx := context.Background()
	if _, err := (model.Table{Model: h.model}).PutSettings(ctx, h.settings()); err != nil {
		panic(err)
	}
	s := h.service()
	h.customers = h.pick(2, 3, 4)
	for i := range h.customers {
		id := h.customer(i)
		if _, err := s.Create(ctx, id, profile(id, id), customer.Change{ID: h.name("h"), By: "admin"}); err != nil {
			panic(err)
		}
		some := h.someKeys(h.pick(0, 2, 5))
		if _, err := s.AddRecords(ctx, id, recordsOf(some), customer.Change{ID: h.name("h"), By: "admin"}); err != nil {
			panic(err)
		}
		if h.chance(1, 3) {
			if _, err := s.Delete(ctx, id, customer.Change{ID: h.name("h"), By: "admin"}); err != nil {
				panic(err)
			}
		}
	}
}

// formerNames are the rules of a former version, under which some histories begin.
func formerNames(p customer.Profile) customer.Names {
	return customer.Names{Terms: []string{p.Organisation, "former"}, Claim: "former:" + p.Email}
}

// next does one thing.
func (h *history) next() {
	waiting := h.gates.sorted()
	room := len(h.running) < h.crowd
	switch r := h.rng.IntN(1000); {
	case r < h.jumps:
		h.pass(h.jump())
	case r < h.jumps+h.mischief && h.spoil():
	case r < 130 && room && h.command():
	case r < 290 && room && h.deliver():
	case r < 320 && room && h.sweep():
	case r < 370 && room && h.expire():
	case r < 390:
		h.pass(h.moment())
	case len(waiting) > 0:
		h.release(waiting)
	case h.chance(1, 2) && h.deliver():
	case h.chance(4, 5) && h.command():
	default:
		h.pass(h.moment())
	}
}

// moment is what passes between two requests.
func (h *history) moment() time.Duration {
	return time.Duration(1+h.rng.IntN(h.pick(2000, 2000, 8000))) * time.Millisecond
}

// jump is how far time jumps.
func (h *history) jump() time.Duration {
	switch h.rng.IntN(6) {
	case 0, 1:
		return time.Duration(1+h.rng.IntN(120)) * time.Second
	case 2:
		return time.Duration(1+h.rng.IntN(12)) * time.Minute
	case 3, 4:
		return time.Duration(1+h.rng.IntN(240)) * time.Minute
	default:
		return time.Duration(1+h.rng.IntN(32)) * day
	}
}

// pass lets time pass. Processes whose time is over by then are gone.
func (h *history) pass(d time.Duration) {
	h.tell("%s pass", d)
	byEnd := slices.Clone(h.running)
	slices.SortStableFunc(byEnd, func(p, q *process) int { return p.killed.Compare(q.killed) })
	for _, p := range byEnd {
		left := time.Until(p.killed)
		if left > d {
			break
		}
		if left > 0 {
			time.Sleep(left)
			d -= left
		}
		synctest.Wait() // what it does in the time that was kept back, it asks for in vain
		h.kill(p)
	}
	time.Sleep(d)
}

// release lets one request go on, and decides what becomes of it. Requests that are alike
// are of one process and ask the same: they share their fate.
func (h *history) release(waiting []*request) {
	chosen := waiting[h.rng.IntN(len(waiting))]
	for range 5 { // those that are slow let others go first, most often
		if chosen.process.slow {
			chosen = waiting[h.rng.IntN(len(waiting))]
		}
	}
	var alike []*request
	for _, r := range waiting {
		if r.compare(chosen) == 0 {
			alike = append(alike, r)
		}
	}
	p := chosen.process
	h.begun(chosen)
	crash := h.chance(h.crashes, 1000)
	verdict := h.verdict(chosen.call)
	if crash {
		verdict = [...]model.Verdict{model.Undone, model.Lost}[h.rng.IntN(2)]
	}
	if verdict == model.Through && h.post.IntN(4) == 0 {
		verdict = model.Late
	}
	h.tell("%s: %s %s%s", p.name, chosen.call.Method, chosen.call.Of, fate(verdict, crash))
	if crash && verdict == model.Undone {
		h.kill(p)
		return
	}
	h.note(p, chosen.call, verdict)
	h.gates.pass(alike, answer{verdict: verdict})
	if crash {
		synctest.Wait() // what it leads to is asked for after the crash
		h.kill(p)
	}
}

// note remembers what a process has read of an operation, and what it leaves half done.
func (h *history) note(p *process, c model.Call, v model.Verdict) {
	switch {
	case v == model.Undone:
	case c.Method == "Operation" && v != model.Lost:
		p.states[c.Of] = h.operation(c.Of).State
	case c.Method == "Reopen":
		h.halfRetried[p.retry] = true
	}
}

func (h *history) verdict(c model.Call) model.Verdict {
	if h.chance(h.stale, 100) && (c.Method == "Customers" || c.Method == "Trash" || c.Method == "Active") {
		return model.Stale
	}
	if !h.chance(h.faults, 1000) {
		return model.Through
	}
	return [...]model.Verdict{model.Undone, model.Lost, model.Repeated, model.Partial}[h.rng.IntN(4)]
}

func fate(v model.Verdict, crash bool) string {
	text := [...]string{"", ", undone", ", its answer lost", ", twice", ", in part", ", from an old list", ""}[v]
	if crash {
		text += ", and dies"
	}
	return text
}

// deliverLate lets a request come again that was answered some time ago. Whatever has been
// acknowledged since stays as it is.
func (h *history) deliverLate() {
	n := h.model.Late()
	if n == 0 || h.post.IntN(8) > 0 {
		return
	}
	if c, changed, ok := h.model.Deliver(h.post.IntN(n)); ok && changed {
		h.broken("%s %s comes late, and changes what has been acknowledged since", c.Method, c.Of)
	}
}

// reap takes leave of processes that have ended, and says whether there were any.
func (h *history) reap() (ended bool) {
	running := h.running
	h.running = nil
	for _, p := range running {
		switch {
		case p.dead:
		case h.gates.done(p):
			p.finish()
			ended = true
		default:
			h.running = append(h.running, p)
		}
	}
	return ended
}

// end ends all processes wherever they are.
func (h *history) end() {
	synctest.Wait()
	h.reap()
	for _, p := range h.running {
		h.kill(p)
	}
	h.running = nil
	time.Sleep(time.Second) // for those that wait for time to pass
	synctest.Wait()
	h.quiet.Store(true)
}

func (h *history) name(prefix string) string {
	h.names++
	return fmt.Sprint(prefix, h.names)
}

func (h *history) tell(format string, args ...any) {
	if h.tracing {
		h.trace = append(h.trace, fmt.Sprintf("%4d %s  ", h.step, time.Now().Format("02 15:04:05.000"))+fmt.Sprintf(format, args...))
	}
}

// broken notes the first rule that was broken.
func (h *history) broken(format string, args ...any) {
	if h.wrong == "" {
		h.wrong = fmt.Sprintf(format, args...)
		h.tell("BROKEN: %s", h.wrong)
	}
}
