package main

import (
	"math/rand/v2"
	"slices"
	"time"

	"lethe/internal/customer"
	"lethe/internal/dynamo"
	"lethe/internal/scale/cloud"
	"lethe/internal/scale/recorded"
)

// world is a deployed Lethe in the simulated cloud.
type world struct {
	*cloud.Clock

	options options
	lethe   *recorded.Lethe
	rng     *rand.Rand
	store   *cloud.Store
	queue   *cloud.Queue
	stream  *cloud.Stream
	paid    cloud.Meter // for the operation and the purges
	audit   cloud.Meter // for the log and the totals
	asked   cloud.Meter // for the requests of people
	waits   []time.Duration
	refused int // requests of people that were answered with 503
	over    bool
}

func newWorld(o options, lethe *recorded.Lethe) *world {
	clock := cloud.NewClock(o.seed)
	w := &world{Clock: clock, options: o, lethe: lethe, rng: rand.New(rand.NewPCG(o.seed, 1)), store: cloud.NewStore(clock, o.warm)}
	consumer := lethe.Work.Queues[0]
	w.queue = &cloud.Queue{
		Clock: clock, Meter: &w.paid, BatchSize: consumer.BatchSize, Concurrency: consumer.Concurrency,
		Timeout: lethe.Work.Timeout - reserve(lethe.Work.Timeout), Megabytes: lethe.Work.Memory,
		Start: func() *cloud.Process { return w.process(&w.paid, lethe.Work.Memory) },
	}
	source := lethe.Stream.Streams[0]
	w.stream = &cloud.Stream{
		Clock: clock, Meter: &w.audit, BatchSize: source.BatchSize, Window: source.Window, Timeout: lethe.Stream.Timeout, Megabytes: lethe.Stream.Memory,
		Lanes: w.store.Shards(cloud.MainTable) * max(1, source.Parallelization),
		Start: func() *cloud.Process {
			return cloud.NewProcess(w.store, &w.audit, behaviour(), lethe.Stream.Memory)
		},
		Trace: w.logged,
	}
	return w
}

// reserve is the time before a function's limit in which it begins nothing: see reserve in package app.
func reserve(limit time.Duration) time.Duration { return min(10*time.Second, limit/5) }

// behaviour is how Lethe's processes wait.
func behaviour() *cloud.Behaviour {
	c := dynamo.ContentionOf()
	return &cloud.Behaviour{
		FirstRate: c.FirstPace, LeastRate: c.LeastPace, MostRate: c.MostPace, RateStep: c.PaceStep, Rest: c.PaceRest,
		Burst: c.Burst, InFlight: c.InFlight,
		AfterConflict: c.AfterConflict.Limit, AfterThrottled: c.AfterThrottled.Limit, AfterAppended: c.AfterAppended.Limit,
		MaxConflicts: c.MaxConflicts,
	}
}

// process is an instance of a function; the stream has its changes.
func (w *world) process(meter *cloud.Meter, megabytes int) *cloud.Process {
	p := cloud.NewProcess(w.store, meter, behaviour(), megabytes)
	p.Changed = func(event string, customer int) {
		if _, known := w.lethe.Audit[event]; known {
			w.stream.Add(event, customer)
		}
	}
	return p
}

// logged returns what the stream function does for records: the recorded run with as many, or the next smaller one.
func (w *world) logged(event string, records int) cloud.Trace {
	traces := w.lethe.Audit[event]
	found := traces[0] // with one record
	for _, t := range traces {
		if t.Customers <= records {
			found = t
		}
	}
	return found
}

// visit lets people use the API until the world is over.
func (w *world) visit() {
	var kinds []string
	for what := range w.lethe.Requests {
		kinds = append(kinds, what)
	}
	slices.Sort(kinds)
	p := w.process(&w.asked, w.lethe.API.Memory)
	p.Changed = nil
	var next func()
	next = func() {
		if w.over {
			return
		}
		w.After(time.Duration(w.rng.ExpFloat64()/w.options.visits*float64(time.Second)), next)
		began, trace := w.Now(), w.lethe.Requests[kinds[w.rng.IntN(len(kinds))]]
		instance := cloud.NewProcess(w.store, &w.asked, behaviour(), w.lethe.API.Memory)
		instance.Play(trace, w.rng.IntN(w.options.customers), began+w.lethe.API.Timeout, func(err error) {
			if err != nil {
				w.refused++
			}
			w.waits = append(w.waits, w.Now()-began)
		})
	}
	next()
}

// p99 returns the time within which 99 of 100 requests were answered.
func (w *world) p99() time.Duration {
	if len(w.waits) == 0 {
		return 0
	}
	slices.Sort(w.waits)
	return w.waits[(len(w.waits)-1)*99/100]
}

// run runs the clock until nothing is left to do.
func (w *world) run(done func() bool) {
	w.visit()
	w.Run(func() bool {
		w.over = done() && w.stream.Left == 0 || w.Now() > w.options.limit || w.options.stopped()
		return w.over
	})
}

// every calls do now and then once a period, until it returns false.
func (w *world) every(period time.Duration, do func() bool) {
	if do() {
		w.After(period, func() { w.every(period, do) })
	}
}

// tick is the period of the schedule that template.yaml declares.
const tick = time.Minute

// untilTick is the time until the next run of the schedule.
func (w *world) untilTick() time.Duration { return tick - w.Now()%tick }

// purgeLease is the time after which a sweep queues a purge again that nobody finished.
const purgeLease = customer.PurgeLease
