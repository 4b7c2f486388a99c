package history

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing/synctest"
	"time"

	"lethe/internal/audit"
	"lethe/internal/customer"
	"lethe/internal/sim/model"
)

const day = 24 * time.Hour

// history is one run of the simulation.
type history struct {
	rng   *rand.Rand
	late  *rand.Rand // draws late deliveries: they change nothing, so that the rest of the history does not depend on them
	model *model.Model
	queue *model.Queue
	gates gates

	params

	processes int
	running   []*process
	quiet     atomic.Bool // no more faults; atomic because a killed worker may still read it
	names     int         // number of generated names
	step      int

	stream  []*streamed // to deliver
	clients clients
	oracle
	follower follower
	fourEyes fourEyes

	tracing bool
	trace   []string
	wrong   string // the first rule that was broken
}

// params are the parameters of a history. Most histories use few of the commands, but often: that
// finds bugs that need one command many times.
type params struct {
	faults, crashes int // per thousand requests
	stale           int // per hundred reads of lists
	disturbances    int // of the queue and the stream, per thousand steps
	jumps           int // of time, per thousand steps
	chunk, page     int // subjects
	steps           int
	weights         []int // of the commands
	customers       int   // at the start
	maxProcesses    int   // at the same time
	focus           int   // commands on the first customer, per hundred
}

func (h *history) pick(n ...int) int { return n[h.rng.IntN(len(n))] }

func (h *history) chance(n, of int) bool { return h.rng.IntN(of) < n }

func (h *history) drawParams() {
	h.params = params{
		faults: h.pick(0, 20, 60, 150), crashes: h.pick(0, 0, 10, 30), stale: h.pick(0, 20, 60),
		disturbances: h.pick(0, 0, 15, 40), jumps: h.pick(5, 15, 40), chunk: h.pick(1, 2, 250, 250), page: h.pick(1, 2, 250, 250),
		steps: h.pick(100, 150, 220), maxProcesses: h.pick(1, 2, 4, 6), focus: h.pick(0, 40, 80),
	}
	h.weights = make([]int, len(commands))
	for i := range h.weights {
		h.weights[i] = h.pick(0, 0, 1, 4) * commands[i].weight
	}
	h.weights[h.rng.IntN(len(commands))] += 3
}

// settings draws the settings: a kind that restricts, and others that are retained or erased.
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

// run runs the history of a seed. The caller gives it a synctest bubble of its own. If a rule is
// broken, wrong of the result says which.
func run(seed uint64, tracing bool) *history {
	h := &history{rng: rand.New(rand.NewPCG(seed, 3)), late: rand.New(rand.NewPCG(seed, 5)), model: model.New(), tracing: tracing, follower: newFollower(seed), fourEyes: newFourEyes(seed)}
	h.queue = model.NewQueue(h.model)
	h.init()
	h.watch()
	h.drawParams()
	if seed%3 == 0 {
		h.model.NamesOf = formerNames
	}
	h.prepare()
	h.model.NamesOf = customer.NamesOf
	h.model.Gate = h.gate
	for synctest.Wait(); h.wrong == "" && h.step < h.steps; synctest.Wait() {
		h.step++
		if h.reap() {
			synctest.Wait() // for what finish has started
		}
		h.check()
		h.deliverLate()
		h.follower.deliver()
		h.next()
	}
	h.end()
	if h.wrong == "" {
		h.settle()
	}
	time.Sleep(2 * maxWork) // until dead processes give up
	return h
}

// prepare creates the first customers, without faults.
func (h *history) prepare() {
	ctx := context.Background()
	if _, err := (model.Table{Model: h.model}).PutSettings(ctx, h.settings(), audit.Entry{Action: audit.SettingsChanged}); err != nil {
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

// formerNames are the naming rules of an older version. Some histories start with them.
func formerNames(p customer.Profile) customer.Names {
	return customer.Names{Terms: []string{p.Organisation, "former"}, Claim: "former:" + p.Email}
}

// next makes one step.
func (h *history) next() {
	waiting := h.gates.sorted()
	room := len(h.running) < h.maxProcesses
	switch r := h.rng.IntN(1000); {
	case r < h.jumps:
		h.pass(h.jump())
	case r < h.jumps+h.disturbances && h.disturb():
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

// moment draws the time between two requests.
func (h *history) moment() time.Duration {
	return time.Duration(1+h.rng.IntN(h.pick(2000, 2000, 8000))) * time.Millisecond
}

// jump draws the length of a jump of time.
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

// pass lets time pass and kills processes at their time limits.
func (h *history) pass(d time.Duration) {
	h.keepUp(d)
	h.tracef("%s pass", d)
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
		synctest.Wait() // requests after its deadline do not pass the gate before it is killed
		h.kill(p)
	}
	time.Sleep(d)
}

// release lets one request through and decides what happens to it. Equal requests of the same process
// get the same verdict.
func (h *history) release(waiting []*request) {
	chosen := waiting[h.rng.IntN(len(waiting))]
	for range 5 { // mostly, requests of fast processes go first
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
	if verdict == model.Through && h.late.IntN(4) == 0 {
		verdict = model.Late
	}
	h.tracef("%s: %s %s%s", p.name, chosen.call.Method, chosen.call.Of, verdictText(verdict, crash))
	if crash && verdict == model.Undone {
		h.kill(p)
		return
	}
	h.observe(p, chosen.call, verdict)
	h.gates.pass(alike, answer{verdict: verdict})
	if crash {
		synctest.Wait() // the process's next requests must not pass
		h.kill(p)
	}
}

// observe stores the state of an operation that a process read, and which retries have begun.
func (h *history) observe(p *process, c model.Call, v model.Verdict) {
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

// verdictText returns the trace text of what happens to a request.
func verdictText(v model.Verdict, crash bool) string {
	text := [...]string{"", ", undone", ", answer lost", ", twice", ", in part", ", stale", ""}[v]
	if crash {
		text += ", and dies"
	}
	return text
}

// deliverLate repeats a request that was answered before. It must not change anything.
func (h *history) deliverLate() {
	n := h.model.Late()
	if n == 0 || h.late.IntN(8) > 0 {
		return
	}
	if c, changed, ok := h.model.Deliver(h.late.IntN(n)); ok && changed {
		h.broken("%s %s arrives late and changes acknowledged data", c.Method, c.Of)
	}
}

// reap removes processes that have ended, and reports whether there were any.
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

// end kills all processes and stops the faults.
func (h *history) end() {
	synctest.Wait()
	h.reap()
	for _, p := range h.running {
		h.kill(p)
	}
	h.running = nil
	time.Sleep(time.Second) // for processes that wait for a timer
	synctest.Wait()
	h.quiet.Store(true)
}

// name returns a new name.
func (h *history) name(prefix string) string {
	h.names++
	return fmt.Sprint(prefix, h.names)
}

func (h *history) tracef(format string, args ...any) {
	if h.tracing {
		h.trace = append(h.trace, fmt.Sprintf("%4d %s  ", h.step, time.Now().Format("02 15:04:05.000"))+fmt.Sprintf(format, args...))
	}
}

// broken stores the first broken rule.
func (h *history) broken(format string, args ...any) {
	if h.wrong == "" {
		h.wrong = fmt.Sprintf(format, args...)
		h.tracef("BROKEN: %s", h.wrong)
	}
}
