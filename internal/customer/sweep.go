package customer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lethe/internal/clock"
	"lethe/internal/ledger"
	"lethe/internal/parallel"
	"lethe/internal/refusal"
)

// Sweep is the result of one sweep.
type Sweep struct {
	Due     int           // customers that were due; fenced and queued
	Stuck   int           // purges with an ended lease; queued again
	Refused int           // customers that were restored or put under legal hold after they were listed
	Lag     time.Duration // time since the purge time of the customer that is overdue longest
	Full    bool          // the queue is full; the next sweep continues
}

const (
	sweepName  = "sweep"
	sweepLease = 2 * time.Minute // exceeds the time limit of a sweep
	sweepBatch = 10 * MaxJobs    // one request sends ten messages

	// MaxBacklog is how many messages may be queued. A sweep adds none beyond it: the lease of a queued purge may end
	// while it waits, and to queue it again would not make it faster. Ten workers take two minutes for as many messages of
	// MaxJobs small customers.
	MaxBacklog = 1000

	// measureAfter is how long a sweep without room waits before it measures the backlog again: SQS counts with a
	// delay of some seconds.
	measureAfter = 10 * time.Second

	// maxFaults is after how many customers that it can't fence a sweep stops. Fewer are taken for faults of these
	// customers, which must not keep the others waiting.
	maxFaults = 100
)

// Sweep fences and queues every customer that is due, and queues every purge with an ended lease
// again, no matter what stopped it. A schedule calls it. Two sweeps at the same time would be harmless but do
// the work twice, so the second returns ErrLeased.
func (s *Service) Sweep(ctx context.Context) (Sweep, error) {
	now, holder := s.Now(), NewID()
	if err := s.leases.Acquire(ctx, sweepName, holder, now, now.Add(sweepLease)); err != nil {
		return Sweep{}, err
	}
	sweep, err := s.sweep(ctx, now)
	return sweep, errors.Join(err, s.leases.Release(context.WithoutCancel(ctx), sweepName, holder))
}

// sweeping is a sweep that is running.
type sweeping struct {
	*Service
	Sweep

	batch  []Customer
	room   int   // purges that may still be queued
	faults int   // customers that could not be fenced
	failed error // of the first of them
}

func (s *Service) sweep(ctx context.Context, now time.Time) (Sweep, error) {
	w := &sweeping{Service: s}
	if err := w.measure(ctx); err != nil {
		return w.Sweep, err
	}
	for c, err := range s.purges.Trash(ctx, now) {
		if err != nil {
			return w.Sweep, errors.Join(w.failed, err)
		}
		w.noteLag(c, now) // also for the first customer without room: it is overdue longest of those to be fenced
		if full, err := w.isFull(ctx); full || err != nil {
			return w.Sweep, err
		}
		w.batch = append(w.batch, c)
		if len(w.batch) == min(sweepBatch, w.room) {
			if err := w.enqueue(ctx, now); err != nil {
				return w.Sweep, err
			}
		}
	}
	if err := w.enqueue(ctx, now); err != nil {
		return w.Sweep, err
	}
	return w.Sweep, w.failed
}

// measure asks how much room the queue has.
func (w *sweeping) measure(ctx context.Context) error {
	backlog, err := w.queue.Backlog(ctx)
	w.room = max(0, MaxBacklog-backlog) * MaxJobs
	return err
}

// isFull says whether the queue has no room for another purge. If this sweep has used the room up, it waits until the
// workers have made some.
func (w *sweeping) isFull(ctx context.Context) (bool, error) {
	if w.room > 0 {
		return false, nil
	}
	w.Full = w.Due+w.Stuck == 0 || clock.Sleep(ctx, measureAfter) != nil
	if w.Full {
		return true, w.failed
	}
	err := w.measure(ctx)
	w.Full = err == nil && w.room == 0
	return w.Full, errors.Join(w.failed, err)
}

func (w *Sweep) noteLag(c Customer, now time.Time) {
	if c.Due(now) {
		w.Lag = max(w.Lag, now.Sub(c.Deletion.PurgeTime))
	}
}

// enqueue claims the batch and queues the purges that it claimed. Those that are stuck get messages of their own: some
// may be stuck because they fail, which would delay the others. It returns an error if the sweep must stop.
func (w *sweeping) enqueue(ctx context.Context, now time.Time) error {
	if len(w.batch) == 0 {
		return nil
	}
	errs, err := w.claim(ctx, w.batch, now)
	if err != nil {
		return errors.Join(w.failed, err)
	}
	due, stuck := w.count(w.batch, errs)
	w.room -= len(w.batch)
	w.batch = w.batch[:0]
	ctx, cancel := overtime(ctx) // they are past the fence
	defer cancel()
	for _, jobs := range [][]Job{due, stuck} {
		if len(jobs) > 0 {
			err = errors.Join(err, w.queue.Enqueue(ctx, jobs...))
		}
	}
	if err != nil || w.faults > maxFaults || w.failed != nil && len(due)+len(stuck) == 0 {
		return errors.Join(w.failed, err)
	}
	return nil
}

// claim fences those of a batch that are due, if they are as they were listed, and renews the leases of the others, so
// that this sweep can queue them.
func (s *Service) claim(ctx context.Context, batch []Customer, now time.Time) ([]error, error) {
	kinds, err := s.freeze(ctx)
	if err != nil {
		return nil, err
	}
	ch := s.stamp(Change{By: "schedule"}, ActionPurgeStarted)
	fence := FenceEffect{Lease: ch.At.Add(PurgeLease), Frozen: kinds}
	results := make([]error, len(batch))
	var moves []Transition
	var at, stuck []int
	for i, c := range batch {
		switch {
		case c.State == Purging:
			stuck = append(stuck, i)
		case !c.Due(now):
			results[i] = ErrNotDue
		default:
			moves, at = append(moves, NewTransition(c.Seen(), ch, fence)), append(at, i)
		}
	}
	for i, err := range s.customers.Advance(ctx, moves, Settings{}) {
		results[at[i]] = err
	}
	for i, err := range parallel.Each(len(stuck), maxConcurrent, func(i int) error {
		c := batch[stuck[i]]
		return s.purges.Lease(ctx, c.ID, c.Deletion.ID, fence.Lease)
	}) {
		results[stuck[i]] = err
	}
	return results, nil
}

// count counts the outcomes of a batch, and returns the jobs to queue, those of a chain of the ledger side by side: a
// worker certifies them in one block.
func (w *sweeping) count(batch []Customer, errs []error) (due, stuck []Job) {
	for i, c := range batch {
		job := Job{Customer: c.ID, Generation: c.Deletion.ID}
		switch {
		case errs[i] == nil && c.State == Purging:
			w.Stuck++
			stuck = append(stuck, job)
		case errs[i] == nil || errors.Is(errs[i], ErrUnchanged):
			w.Due++
			due = append(due, job)
		case refused(errs[i]):
			w.Refused++
		default:
			if w.faults++; w.faults <= maxFaults {
				w.failed = errors.Join(w.failed, fmt.Errorf("customer %s: %w", c.ID, errs[i]))
			}
		}
	}
	return byChain(due), byChain(stuck)
}

func byChain(jobs []Job) []Job {
	slices.SortStableFunc(jobs, func(a, b Job) int { return ledger.ChainOf(a.Customer) - ledger.ChainOf(b.Customer) })
	return jobs
}

// refused says whether an error is a refusal and not a fault. The list of the trash lags, so a listed
// customer may have been restored, put under legal hold, or purged.
func refused(err error) bool {
	_, ok := refusal.CodeOf(err)
	return ok || errors.Is(err, ErrNotDue)
}
