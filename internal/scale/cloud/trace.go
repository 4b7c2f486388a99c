// Package cloud simulates the parts of AWS that limit Lethe, in virtual time: partitions and indexes of DynamoDB,
// transactions on the same item, SQS, the event sources and the concurrency of Lambda. It plays traces: what the real
// code asked of AWS in a small recorded run. The rules of Lethe are not written here again.
//
// limits.go has every number that comes from AWS, with the document that states it.
package cloud

import "slices"

// Trace is what one run of the real code asked of AWS. The requests of a stage were made at the same time; a stage
// begins when the one before it is answered.
type Trace struct {
	Customers int // that the run was about
	Stages    []Stage
	CPU       float64 // seconds that the run computed, on the machine that recorded it
}

// Stage is a set of requests in flight together.
type Stage []Request

// Request is one request to AWS.
type Request struct {
	Operation string
	Parts     []Part // what it reads or writes; each part of a batch succeeds or is throttled by itself
	Messages  int    // messages that it sends to the queue
}

// Part is what a request does to one item: the item itself, and its entries in indexes.
type Part struct {
	Touches []Touch
	// Event says that the part changes the root of a customer, so that the stream has a record of it: the name of the
	// trace that the stream function plays for such records.
	Event string
}

// Touch is the use of one partition key of a table or an index.
type Touch struct {
	Table string // the logical id of the table, for an index followed by a slash and its name
	Key   string // the partition key, for a key of a customer only its kind
	Item  string // the sort key, where the item is written
	Slot  int    // which customer of the run the key belongs to; NoSlot for a key that all runs share
	Own   bool   // the item belongs to the run, though others share its partition key
	Read  float64
	Write float64

	// Among, if set, has the addresses of which the run used one, by a hash or by chance: shards of a list, chains, totals.
	// Another run uses another one.
	Among []Address
	At    int // the place of this one
}

// Address is the key of an item, or of a partition.
type Address struct{ Key, Item string }

// shifted returns the part with the addresses of another run.
func (p Part) shifted(by int) Part {
	for _, t := range p.Touches {
		if len(t.Among) > 1 {
			return p.shift(by)
		}
	}
	return p
}

func (p Part) shift(by int) Part {
	touches := make([]Touch, len(p.Touches))
	for i, t := range p.Touches {
		if n := len(t.Among); n > 1 {
			to := t.Among[(t.At+by)%n]
			t.Key, t.Item = to.Key, to.Item
		}
		touches[i] = t
	}
	p.Touches = touches
	return p
}

// NoSlot is the slot of a key that belongs to no customer.
const NoSlot = -1

// Writes reports whether the part writes anything.
func (p Part) Writes() bool {
	for _, t := range p.Touches {
		if t.Write > 0 {
			return true
		}
	}
	return false
}

// Units sums what the requests of the trace consume.
func (t Trace) Units() (read, write float64) {
	for _, stage := range t.Stages {
		for _, request := range stage {
			for _, part := range request.Parts {
				for _, touch := range part.Touches {
					read, write = read+touch.Read, write+touch.Write
				}
			}
		}
	}
	return read, write
}

// Requests counts the requests of the trace.
func (t Trace) Requests() int {
	n := 0
	for _, stage := range t.Stages {
		n += len(stage)
	}
	return n
}

// Split cuts a trace into what comes before its work, the work, and what comes after: the work goes from the first to the
// last stage with a request that is one.
func (t Trace) Split(is func(Request) bool) (before, work, after Trace) {
	first, last := -1, -1
	for i, stage := range t.Stages {
		if slices.ContainsFunc(stage, is) {
			last = i
			if first < 0 {
				first = i
			}
		}
	}
	if first < 0 {
		return t, Trace{}, Trace{}
	}
	share := func(from, to int) Trace {
		part := Trace{Customers: t.Customers, Stages: t.Stages[from:to]}
		part.CPU = t.CPU * float64(part.Requests()) / float64(max(1, t.Requests()))
		return part
	}
	return share(0, first), share(first, last+1), share(last+1, len(t.Stages))
}

// Head returns the first share of a trace.
func (t Trace) Head(share float64) Trace {
	n := min(len(t.Stages), max(1, int(share*float64(len(t.Stages))+0.999)))
	head := Trace{Customers: int(share * float64(t.Customers)), Stages: t.Stages[:n]}
	head.CPU = t.CPU * float64(head.Requests()) / float64(max(1, t.Requests()))
	return head
}
