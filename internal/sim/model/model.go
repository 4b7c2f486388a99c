// Package model keeps customers and operations in memory. It makes the same requests as
// internal/dynamo and gives the same answers, so that other processes can act between the same
// two requests.
//
// A [Gate] decides what happens to each request. Without a gate every request succeeds, and the
// model is an ordinary store. The checks of internal/sim/conform run against both stores and keep
// the model true to the table.
package model

import (
	"context"
	"errors"
	"sync"
	"time"

	"lethe/internal/admin"
	"lethe/internal/audit"
	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// Verdict says what happens to a request.
type Verdict int

// The verdicts. A verdict that does not apply to a request lets it through.
const (
	Through  Verdict = iota
	Undone           // it fails and changes nothing
	Lost             // it is carried out, and its answer is lost
	Repeated         // it is carried out twice, as by a retry; the client gets the second answer
	Partial          // the table is busy and carries out a part of a batch
	Stale            // a list does not show the latest writes
	Late             // it is carried out and answered, and Deliver repeats it later
)

// Call names a request for a gate.
type Call struct {
	Method string
	Of     string // the customer, chunk or other subject
}

// Gate decides what happens to a request, and may block until it does. If it returns an error,
// the request fails with it and is not carried out.
type Gate func(ctx context.Context, c Call) (Verdict, error)

// ErrFault is the error of a request that the gate makes fail.
var ErrFault = errors.New("model: the request failed")

// The limits of the model are small, so that small histories exceed them.
const (
	pageSize  = 2 // items per page of a query
	batchSize = 3 // items or statements per batch
	moveSize  = 2 // transitions per batch: even a history of few customers needs several requests
	// Grace is the time from a purge time to the TTL. A table may be configured to have one that is shorter than the life of a
	// stream record.
	Grace = time.Hour
	lag   = time.Second // of a stale list
)

// Model is the store. It calls the Watch functions with each change while it is locked: they may
// use only their arguments.
type Model struct {
	Gate             Gate
	NamesOf          func(customer.Profile) customer.Names // how names become terms and claims
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
	until    map[string]map[string]time.Time // when retained records expire
	certs    map[string]map[string]customer.Certificate
	notes    map[string]note // by idempotency key
	settings customer.Settings
	rules    admin.Rules
	leases   map[string]lease
	entries  map[string][]customer.Entry
	site     []audit.Entry // of the audit log: what changes no customer
	totals   customer.Totals
	days     map[customer.Day]customer.Moves
	list     index
	changed  map[string]int // number of changes by customer
	late     []delivery

	operations map[string]*bulk.Operation
	selections map[string][]byte
	chunks     map[string][]*chunk // by operation, in order
	takes      int                 // chunks taken so far: the number names the holder
}

// New returns an empty model.
func New() *Model {
	return &Model{
		NamesOf: customer.NamesOf,
		roots:   map[string]*root{}, records: map[string]map[string]*record{}, terms: map[string]map[string]bool{},
		claims: map[string]string{}, retained: map[string]map[string]customer.Record{}, until: map[string]map[string]time.Time{},
		certs: map[string]map[string]customer.Certificate{}, notes: map[string]note{}, leases: map[string]lease{},
		entries: map[string][]customer.Entry{}, days: map[customer.Day]customer.Moves{}, operations: map[string]*bulk.Operation{},
		changed: map[string]int{}, selections: map[string][]byte{}, chunks: map[string][]*chunk{}, list: index{shown: map[string]root{}},
	}
}

// request makes one request. do sets the answer; if it runs twice, the second answer counts.
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

// note is the record of a change that was made under an idempotency key.
type note struct {
	fingerprint, subject, change string
	trace                        customer.Trace
}

// replayed returns a [customer.ReplayError] if another change was made under the same key.
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
