package cloud

import "time"

// Message is a message in a queue.
type Message struct {
	Customer int // the number of its first customer
	Variant  int // which of several recorded messages it is like
	Since    time.Duration
}

// Queue is a queue of SQS with the function that Lambda calls for its messages.
type Queue struct {
	*Clock

	BatchSize   int
	Concurrency int // 0 for no limit but AWS's
	Timeout     time.Duration
	Megabytes   int
	Meter       *Meter
	// Start returns a new instance of the function.
	Start func() *Process
	// Handle does the work of a message, and calls done.
	Handle func(p *Process, m Message, until time.Duration, done func())

	waiting  []Message
	inFlight int
	busy     int
	idle     []*Process
	active   time.Duration // since when there have been messages
	looking  bool          // it will look for more workers
	Longest  time.Duration // that a message waited for a worker
}

// Backlog is the number of messages that wait or are with a worker.
func (q *Queue) Backlog() int { return len(q.waiting) + q.inFlight }

// Send adds messages.
func (q *Queue) Send(messages ...Message) {
	if q.Backlog() == 0 {
		q.active = q.now
	}
	for _, m := range messages {
		m.Since = q.now
		q.waiting = append(q.waiting, m)
	}
	q.dispatch()
}

// look looks a second later whether there may be more workers.
func (q *Queue) look() {
	if q.looking {
		return
	}
	q.looking = true
	q.After(time.Second, func() {
		q.looking = false
		q.dispatch()
	})
}

// pollers is the number of batches that Lambda has under way at most: it grows while there are messages.
func (q *Queue) pollers() int {
	minutes := (q.now - q.active).Minutes()
	n := min(firstPollers+int(minutes*pollersPerMinute), maxPollers, concurrency(q.now-q.active))
	if q.Concurrency > 0 {
		n = min(n, q.Concurrency)
	}
	return n
}

// concurrency is the number of instances that Lambda has of a function this time after it was first called.
func concurrency(since time.Duration) int {
	return accountConcurrency + int(since/concurrencyPeriod)*concurrencyStep
}

func (q *Queue) dispatch() {
	for len(q.waiting) > 0 && q.busy < q.pollers() && q.inFlight < maxInFlight {
		n := min(q.BatchSize, len(q.waiting))
		batch := q.waiting[:n:n]
		q.waiting = q.waiting[n:]
		q.invoke(batch)
	}
	if len(q.waiting) > 0 {
		q.look()
	}
}

func (q *Queue) invoke(batch []Message) {
	q.busy++
	q.inFlight += len(batch)
	q.Meter.QueueRequests += 2 // receive, delete
	p, wait := q.instance()
	q.After(wait, func() {
		began, left := q.now, len(batch)
		for _, m := range batch {
			q.Longest = max(q.Longest, q.now-m.Since)
			q.Handle(p, m, q.now+q.Timeout, func() {
				if left--; left > 0 {
					return
				}
				q.Meter.Invoke(q.now-began, q.Megabytes)
				q.idle = append(q.idle, p)
				q.busy--
				q.inFlight -= len(batch)
				q.dispatch()
			})
		}
	})
}

func (q *Queue) instance() (*Process, time.Duration) {
	if last := len(q.idle) - 1; last >= 0 {
		p := q.idle[last]
		q.idle = q.idle[:last]
		return p, 0
	}
	return q.Start(), q.around(startLatency)
}
