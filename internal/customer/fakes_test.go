package customer

import (
	"context"
	"iter"
	"log/slog"
	"testing"
	"time"

	"lethe/internal/audit"
)

// scripted is a store, a ledger and a queue with results that a test sets and a real store can't be made
// to return. It notes the calls. A method that no test expects panics.
type scripted struct {
	Store
	Ledger
	customer  Customer
	settings  Settings
	trash     iter.Seq2[Customer, error]
	refusals  map[string]error // results of Advance and Lease, by customer
	erase     error
	residue   int
	certify   error
	certified bool  // the customer has a certificate
	unread    error // result of Certificate
	backlog   int
	later     []int // further results of Backlog
	busy      error // result of Backlog
	enqueue   error
	calls     []string
	certs     []Certificate
	queued    []string
}

func (s *scripted) note(call string) { s.calls = append(s.calls, call) }

func (s *scripted) Customer(context.Context, string) (Customer, error) { return s.customer, nil }
func (s *scripted) Settings(context.Context) (Settings, error)         { return s.settings, nil }

func (s *scripted) PutSettings(_ context.Context, wanted Settings, _ audit.Entry) (Settings, error) {
	s.note("put")
	return wanted, nil
}

func (s *scripted) Trash(context.Context, time.Time) iter.Seq2[Customer, error] { return s.trash }

func (s *scripted) Advance(_ context.Context, moves []Transition, _ Settings) []error {
	results := make([]error, len(moves))
	for i, move := range moves {
		if fence, ok := move.Effect().(FenceEffect); !ok || fence.Frozen == nil || !fence.Lease.Equal(noon.Add(PurgeLease)) {
			panic("a sweep must fence with the kinds in force, for the time of a lease")
		}
		results[i] = s.refusals[move.ID]
	}
	return results
}

func (s *scripted) Lease(_ context.Context, id, _ string, _ time.Time) error { return s.refusals[id] }

func (s *scripted) Erase(context.Context, ...Customer) error {
	s.note("erase")
	return s.erase
}

func (s *scripted) Residue(context.Context, ...Customer) (int, error) {
	s.note("read back")
	return s.residue, nil
}

func (s *scripted) Certify(_ context.Context, certs ...Certificate) error {
	s.note("certify")
	s.certs = certs
	return s.certify
}

func (s *scripted) Certificate(context.Context, string) (Certificate, error) {
	if s.unread == nil && !s.certified {
		return Certificate{}, ErrNotFound
	}
	return Certificate{}, s.unread
}

func (s *scripted) PutBack(context.Context, Customer, time.Time) error {
	s.note("put back")
	return nil
}

func (s *scripted) Remove(context.Context, ...Customer) error {
	s.note("remove")
	return nil
}

func (s *scripted) Acquire(context.Context, string, string, time.Time, time.Time) error {
	s.note("acquire")
	return nil
}

func (s *scripted) Release(context.Context, string, string) error {
	s.note("release")
	return nil
}

func (s *scripted) Enqueue(_ context.Context, jobs ...Job) error {
	for _, job := range jobs {
		s.queued = append(s.queued, job.Customer)
	}
	return s.enqueue
}

func (s *scripted) EnqueueApart(_ context.Context, jobs ...Job) error {
	for _, job := range jobs {
		s.queued = append(s.queued, "apart:"+job.Customer)
	}
	return s.enqueue
}

func (s *scripted) Backlog(context.Context) (int, error) {
	backlog := s.backlog
	if len(s.later) > 0 {
		s.backlog, s.later = s.later[0], s.later[1:]
	}
	return backlog, s.busy
}

func (s *scripted) service(t *testing.T) *Service {
	t.Helper()
	return s.over(s)
}

// over returns a service over a store that embeds this one.
func (s *scripted) over(store Store) *Service {
	service := New(store, s, s, slog.New(slog.DiscardHandler))
	service.Clock = func() time.Time { return noon }
	return service
}
