package cloud

import "time"

// Stream is a table's stream with the function that Lambda calls for its records: in each shard some batches at the same
// time, the records of a customer in their order.
type Stream struct {
	*Clock

	BatchSize int
	Window    time.Duration // how long records are gathered for a batch that isn't full
	Lanes     int
	Timeout   time.Duration
	Megabytes int
	Meter     *Meter
	Start     func() *Process
	// Trace returns what the function does for records of one kind: for so many, or for fewer, and then for the rest.
	Trace func(event string, records int) Trace

	lanes   []*lane
	Left    int // records that are not handled yet
	Handled int
	Longest time.Duration // from a change until its record was handled
}

type lane struct {
	*Stream

	process *Process
	records []record
	running bool
	since   time.Duration // when it began to gather a batch; -1 if it doesn't
}

type record struct {
	event    string
	customer int
	at       time.Duration
}

// Add adds the record of a change.
func (s *Stream) Add(event string, customer int) {
	for len(s.lanes) < s.Lanes {
		s.lanes = append(s.lanes, &lane{Stream: s, process: s.Start(), since: -1})
	}
	l := s.lanes[uint64(customer)*0x9e3779b97f4a7c15>>32%uint64(len(s.lanes))]
	l.records = append(l.records, record{event, customer, s.now})
	s.Left++
	if l.since >= 0 && len(l.records) == l.BatchSize {
		l.gathered()
	}
	if !l.running {
		l.running = true
		s.After(s.below(streamPoll), l.next)
	}
}

// next handles the next batch, until none is left.
func (l *lane) next() {
	switch n := len(l.records); {
	case n == 0:
		l.running = false
	case n < l.BatchSize && l.Window > 0:
		began := l.now
		l.since = began
		l.After(l.Window, func() {
			if l.since == began {
				l.gathered()
			}
		})
	default:
		l.batch()
	}
}

// gathered ends the window.
func (l *lane) gathered() {
	l.since = -1
	l.batch()
}

func (l *lane) batch() {
	n := min(l.BatchSize, len(l.records))
	batch := l.records[:n:n]
	l.records = l.records[n:]
	began := l.now
	l.handle(batch, l.now+l.Timeout, func() {
		l.Meter.Invoke(l.now-began, l.Megabytes)
		l.next()
	})
}

// handle plays the traces of a batch, those of one kind together. Lambda delivers again what fails.
func (l *lane) handle(batch []record, until time.Duration, done func()) {
	if len(batch) == 0 {
		done()
		return
	}
	same := 1
	for same < len(batch) && batch[same].event == batch[0].event {
		same++
	}
	trace := l.Trace(batch[0].event, same)
	same = trace.Customers
	l.process.Play(trace, batch[0].customer, until, func(err error) {
		if err != nil {
			l.After(time.Second, func() { l.handle(batch, l.now+l.Timeout, done) })
			return
		}
		for _, r := range batch[:same] {
			l.Longest = max(l.Longest, l.now-r.at)
		}
		l.Left -= same
		l.Handled += same
		l.handle(batch[same:], until, done)
	})
}
