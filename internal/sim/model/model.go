// Package model keeps customers and operations in memory as internal/dynamo does in a
// table: with the same answers, request by request, so that what may come between two
// requests of the one may come between those of the other.
//
// A [Gate] before every request decides what becomes of it. Without one all requests go
// through, and the model is an ordinary store. The checks of internal/sim/conform run
// against both, and keep the model honest.
package model

import (
	"context"
	"errors"
	"sync"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// Verdict says what becomes of a request.
type Verdict int

// The verdicts. Those that don't fit a request let it through.
const (
	Through  Verdict = iota
	Undone           // it fails, and nothing has happened
	Lost             // it is carried out, and its answer is lost
	Repeated         // it is carried out twice: the client asked again, and has the second answer
	Partial          // the table is busy: a part of a batch is carried out
	Stale            // a list lags behind what was just written
	Late             // it is carried out and answered, and comes again when Deliver says so
)

// Call is a request, as far as a gate tells it from others.
type Call struct {
	Method string
	Of     string // which customer, chunk, …
}

// Gate decides what becomes of a request; it may take its time. With an error the
// request is not carried out and fails by that.
type Gate func(ctx context.Context, c Call) (Verdict, error)

// ErrFault is what a request fails by that the gate makes fail.
var ErrFault = errors.New("model: the request failed")

// The limits of the model are small, so that small histories exceed them.
const (
	pageSize  = 2 // items that a reading of many finds at once
	batchSize = 3 // items or statements of a batch
	moveSize  = 2 // transitions of a batch: histories have few customers, and what goes on between two requests counts
	// Grace lies between a purge time, or the end of a lease, and TTL.
	Grace = time.Hour
	lag   = time.Second // by which a list may be late
)

// Model is all that is kept. The functions that watch are called while it is locked, as
// the change is made: they may look at what they are given only.
type Model struct {
	Gate             Gate
	NamesOf          func(customer.Profile) customer.Names // the rules of today
	WatchRoot        func(ctx context.Context, before, after *customer.Customer)
	WatchRecords     func(ctx context.Context, id string)
	WatchCertificate func(ctx context.Context, c customer.Certificate)
	WatchOperation   func(ctx context.Context, before, after *bulk.Operation)
	WatchSettings    func(s customer.Settings)

	mu       sync.Mutex
	roots    map[string]*root
	records  map[string]map[string]*record // by customer and key
	terms    map[string]map[string]bool    // by customer
	claims   map[string]string             // customers by e-mail identity
	retained map[string]map[string]customer.Record
	until    map[string]map[string]time.Time // of the retained
	certs    map[string]map[string]customer.Certificate
	notes    map[string]note // by idempotency key
	settings customer.Settings
	leases   map[string]lease
	entries  map[string][]customer.Entry
	totals   customer.Totals
	list     index
	changed  map[string]int // how often, by customer
	late     []delivery

	operations map[string]*bulk.Operation
	selections map[string][]byte
	chunks     map[string][]*chunk // by operation, in order
	takings    int                 // of chunks: each has its number for a name
}

// New is an empty model.
func New() *Model {
	return &Model{
		NamesOf: customer.NamesOf,
		roots:   map[string]*root{}, records: map[string]map[string]*record{}, terms: map[string]map[string]bool{},
		claims: map[string]string{}, retained: map[string]map[string]customer.Record{}, until: map[string]map[string]time.Time{},
		certs: map[string]map[string]customer.Certificate{}, notes: map[string]note{}, leases: map[string]lease{},
		entries: map[string][]customer.Entry{}, operations: map[string]*bulk.Operation{},
		changed: map[string]int{}, selections: map[string][]byte{}, chunks: map[string][]*chunk{}, list: index{shown: map[string]root{}},
	}
}

// request makes one request. What do leaves behind is its answer; done twice, the
// second one's.
func (m *Model) request(ctx context.Context, method, of string, do func(v Verdict)) error {
	verdict := Through
	if m.Gate != nil {
		var err error
		if verdict, err = m.Gate(ctx, Call{method, of}); err != nil {
			return err
		}
	} else if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch verdict {
	case Undone:
		return ErrFault
	case Repeated:
		do(verdict)
	case Late:
		m.doLate(method, of, do)
		return nil
	case Through, Lost, Partial, Stale:
	}
	do(verdict)
	if verdict == Lost {
		return ErrFault
	}
	return nil
}

// note is what is kept of a change made under an idempotency key.
type note struct {
	fingerprint, subject, change string
	trace                        customer.Trace
}

// replayed says whether a change was made before under its key.
func (m *Model) replayed(ch customer.Change) error {
	if ch.Once == nil {
		return nil
	}
	made, ok := m.notes[ch.Once.Key]
	if !ok || made.change == ch.ID {
		return nil
	}
	return &customer.ReplayError{Subject: made.subject, Same: made.fingerprint == ch.Once.Fingerprint, Trace: made.trace}
}

func (m *Model) remember(ch customer.Change, subject string, trace customer.Trace) {
	if ch.Once != nil {
		m.notes[ch.Once.Key] = note{ch.Once.Fingerprint, subject, ch.ID, trace}
	}
}
