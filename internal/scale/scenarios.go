package main

import (
	"fmt"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/scale/cloud"
	"lethe/internal/scale/recorded"
)

// result is one line of the report.
type result struct {
	what, goal  string
	customers   int // that it is about
	done        int
	took, worst time.Duration
	logged      time.Duration // until the last entry of the log was written
	lag         time.Duration // the longest that an entry waited
	note        string
	*world
}

// scenario is a line of the report that is still to be played.
type scenario struct {
	what, goal string
	play       func() result
}

// scenarios are the lines of the report.
func scenarios(o options, lethe *recorded.Lethe) []scenario {
	all, few := o.customers, max(1, o.customers/10)
	return []scenario{
		{o.deletion(all, false), "300 s, $2.10", func() result { return deleteAll(o, lethe, all, false) }},
		{o.due(all, false), "20 min", func() result { return purgeDue(o, lethe, all, false) }},
		{"1 customer with " + count(o.records) + " records purged", "", func() result { return purgeBig(o, lethe) }},
		{o.deletion(few, true), "", func() result { return deleteAll(o, lethe, few, true) }},
		{o.due(few, true), "", func() result { return purgeDue(o, lethe, few, true) }},
	}
}

// run plays the scenario.
func (s scenario) run() result {
	r := s.play()
	r.what, r.goal = s.what, s.goal
	return r
}

func (o options) deletion(n int, stormy bool) string {
	return o.title(count(n)+" customers deleted by an operation", stormy)
}

func (o options) due(n int, stormy bool) string {
	return o.title(count(n)+" customers due in the same minute", stormy)
}

// storms throttles requests for a while after the start.
func (w *world) storms(stormy bool) {
	if stormy {
		w.store.Storm(w.options.share, w.Now(), w.Now()+w.options.storm)
	}
}

func (o options) title(what string, stormy bool) string {
	if stormy {
		return fmt.Sprintf("%s, %.0f %% of all requests throttled for %s", what, 100*o.share, short(o.storm))
	}
	return what
}

// deleteAll deletes customers by an operation: the time is that from its approval.
func deleteAll(o options, lethe *recorded.Lethe, n int, stormy bool) result {
	w := newWorld(o, lethe)
	r := result{customers: n, world: w}
	var approved time.Duration
	w.queue.Handle = func(p *cloud.Process, m cloud.Message, until time.Duration, done func()) {
		p.Play(lethe.Chunk, m.Customer, until, func(err error) {
			if err != nil { // the chunk is given back, and the next sweep queues it
				w.After(w.untilTick(), func() { w.queue.Send(m) })
				done()
				return
			}
			r.done += min(lethe.Chunked, n-m.Customer)
			r.took = w.Now() - approved
			r.worst = max(r.worst, r.took)
			done()
		})
	}
	w.planAll(n, func() {
		approved = w.Now()
		w.storms(stormy)
		r.note = "planned in " + short(approved)
		w.apply(n)
	})
	w.run(func() bool { return r.done >= n })
	return r.finish(approved)
}

// planAll plans an operation: the first page by the API, the others by a worker.
func (w *world) planAll(n int, planned func()) {
	p := w.process(&w.paid, w.lethe.Work.Memory)
	p.Play(w.lethe.Create, 0, w.options.limit, func(error) {
		w.repeat(p, w.lethe.Plan, 0, (n-bulk.MaxSubjects+w.lethe.Planned-1)/w.lethe.Planned, w.options.limit, func(int, error) { planned() })
	})
}

// repeat plays a trace some times, one after the other, and calls done with how often it did.
func (w *world) repeat(p *cloud.Process, t cloud.Trace, customer, times int, until time.Duration, done func(played int, err error)) {
	var again func(played int)
	again = func(played int) {
		if played >= times {
			done(played, nil)
			return
		}
		p.Play(t, customer+played*t.Customers, until, func(err error) {
			if err != nil {
				done(played, err)
				return
			}
			again(played + 1)
		})
	}
	again(0)
}

const perRequest = 10 // messages; SQS's limit

// apply queues the chunks of an operation. The recorded run had fewer chunks than a request has room for.
func (w *world) apply(n int) {
	before, sending, after := w.lethe.Apply.Split(sends)
	chunks := (n + w.lethe.Chunked - 1) / w.lethe.Chunked
	p, next := w.process(&w.paid, w.lethe.API.Memory), 0
	p.Sent = func(int) {
		for range min(perRequest, chunks-next) {
			w.queue.Send(cloud.Message{Customer: next * w.lethe.Chunked})
			next++
		}
	}
	p.Play(before, 0, w.options.limit, func(error) {
		w.repeat(p, sending, 0, (chunks+perRequest-1)/perRequest, w.options.limit, func(int, error) {
			p.Play(after, 0, w.options.limit, func(error) {})
		})
	})
}

func sends(r cloud.Request) bool { return r.Messages > 0 }

func (r result) finish(since time.Duration) result {
	r.logged, r.lag = r.Now()-since, r.stream.Longest
	return r
}

// purgeDue purges customers that are due in the same minute.
func purgeDue(o options, lethe *recorded.Lethe, n int, stormy bool) result {
	w := newWorld(o, lethe)
	r := result{customers: n, world: w}
	w.storms(stormy)
	w.queue.Handle = func(p *cloud.Process, m cloud.Message, until time.Duration, done func()) {
		trace := lethe.Message[m.Variant]
		p.Play(trace, m.Customer, until, func(err error) {
			if err != nil { // the lease of the purge must end before a sweep queues it again
				w.After(purgeLease+w.untilTick(), func() { w.queue.Send(m) })
				done()
				return
			}
			r.done += min(trace.Customers, n-m.Customer)
			r.took = w.Now()
			r.worst = r.took
			done()
		})
	}
	s := &sweeper{world: w, left: n}
	w.every(tick, func() bool { s.sweep(); return s.left > 0 })
	w.run(func() bool { return r.done >= n })
	return r.finish(0)
}

// sweeper is the purge function: it fences and queues what is due, as long as the queue has room and it has time.
type sweeper struct {
	*world

	left, next int // customers that are due; the number of the next one
	room, sent int // messages: for which the queue has room, and that this sweep has sent
	running    bool
}

func (s *sweeper) measure() { s.room = customer.MaxBacklog - s.queue.Backlog() }

func (s *sweeper) sweep() {
	if s.running {
		return
	}
	s.running = true
	p := s.process(&s.paid, s.lethe.Purge.Memory)
	began, until := s.Now(), s.Now()+s.lethe.Purge.Timeout-reserve(s.lethe.Purge.Timeout)
	s.sent = 0
	p.Asked = s.measure
	p.Sent = s.send
	before, work, after := s.lethe.Sweep.Split(fences)
	p.Play(before, s.next, until, func(err error) {
		s.batches(p, work, until, err, func() {
			p.Play(after, s.next, until+reserve(s.lethe.Purge.Timeout), func(error) {
				s.paid.Invoke(s.Now()-began, s.lethe.Purge.Memory)
				s.running = false
			})
		})
	})
}

// batches plays the work of the recorded sweep until nobody is left, or no room, or no time.
func (s *sweeper) batches(p *cloud.Process, work cloud.Trace, until time.Duration, err error, done func()) {
	can := min(s.left, s.room*s.perMessage())
	switch {
	case err != nil || s.left <= 0 || can <= 0 && (s.sent == 0 || s.Now()+customer.MeasureAfter > until):
		done()
		return
	case can <= 0: // it waits for the workers
		s.After(customer.MeasureAfter, func() {
			s.paid.QueueRequests++
			if s.measure(); s.room <= 0 {
				done()
				return
			}
			s.batches(p, work, until, nil, done)
		})
		return
	}
	some, to := work, s.next+min(can, work.Customers)
	if can < work.Customers {
		some = work.Head(float64(can) / float64(work.Customers))
	}
	p.Play(some, s.next, until, func(err error) {
		if err == nil && s.next < to { // what the last request of a shorter sweep sends
			s.sendTo(to)
		}
		s.batches(p, work, until, err, done)
	})
}

// send sends messages. Each is one of the recorded ones, for as many customers as that one named.
func (s *sweeper) send(messages int) {
	for range messages {
		if s.left <= 0 {
			return
		}
		variant := s.rng.IntN(len(s.lethe.Message))
		customers := s.lethe.Message[variant].Customers
		s.queue.Send(cloud.Message{Customer: s.next, Variant: variant})
		s.next += customers
		s.left -= customers
		s.room--
		s.sent++
	}
}

// sendTo sends messages for the customers before number to.
func (s *sweeper) sendTo(to int) {
	for s.next < to && s.left > 0 {
		s.send(1)
	}
}

// perMessage is the number of customers in a message, on average.
func (s *sweeper) perMessage() int {
	customers := 0
	for _, t := range s.lethe.Message {
		customers += t.Customers
	}
	return max(1, customers/len(s.lethe.Message))
}

func fences(r cloud.Request) bool {
	for _, p := range r.Parts {
		if p.Event != "" {
			return true
		}
	}
	return r.Messages > 0
}

// purgeBig purges one customer with many records, in as many invocations as it takes.
func purgeBig(o options, lethe *recorded.Lethe) result {
	w := newWorld(o, lethe)
	r := result{customers: 1, world: w}
	before, work, after := lethe.Big.Split(func(r cloud.Request) bool { return r.Operation == "BatchWriteItem" })
	work.Customers = 0 // always the same one
	left := (o.records + lethe.BigRecords - 1) / lethe.BigRecords
	w.queue.Handle = func(p *cloud.Process, m cloud.Message, until time.Duration, done func()) {
		again := func() { // it gives its lease back, and the next sweep queues the purge
			w.After(w.untilTick(), func() { w.queue.Send(m) })
			done()
		}
		p.Play(before, 0, until, func(err error) {
			if err != nil {
				again()
				return
			}
			w.repeat(p, work, 0, left, until, func(played int, err error) {
				if left -= played; err != nil {
					again()
					return
				}
				p.Play(after, 0, until, func(err error) {
					if err != nil {
						again()
						return
					}
					r.done, r.took, r.worst = 1, w.Now(), w.Now()
					done()
				})
			})
		})
	}
	w.queue.Send(cloud.Message{})
	w.run(func() bool { return r.done == 1 })
	return r.finish(0)
}
