package cloud

import "time"

// Meter counts what is paid for.
type Meter struct {
	Requests        int // to DynamoDB, with their retries
	Read, Write     float64
	QueueRequests   int
	Invocations     int
	GigabyteSeconds float64
	Throttled       int // requests that were throttled, wholly or in part
	Conflicts       int // transactions that were cancelled because of another one
	Failed          int // runs that ended early, and are made again later
}

func (m *Meter) units(t Touch) {
	m.Read += t.Read
	m.Write += t.Write
}

// Invoke counts an invocation of a function.
func (m *Meter) Invoke(took time.Duration, megabytes int) {
	m.Invocations++
	m.GigabyteSeconds += took.Seconds() * float64(megabytes) / 1024
}

// Dollars is the price.
func (m *Meter) Dollars() float64 {
	return m.Write*Price.WriteUnit + m.Read*Price.ReadUnit + float64(m.QueueRequests)*Price.QueueRequest +
		float64(m.Invocations)*Price.Invocation + m.GigabyteSeconds*Price.GigabyteSecond
}
