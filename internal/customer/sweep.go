package customer

import (
	"context"
	"errors"
	"time"

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
	sweepBatch = 100

	// MaxBacklog is how many purges may be queued. A sweep adds none beyond it: the lease of a queued
	// purge may end while it waits, and to queue it again would not make it faster.
	MaxBacklog = 10_000
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

func (s *Service) sweep(ctx context.Context, now time.Time) (Sweep, error) {
	var sweep Sweep
	backlog, err := s.queue.Backlog(ctx)
	if err != nil {
		return sweep, err
	}
	room := MaxBacklog - backlog
	var batch []Customer
	for c, err := range s.purges.Trash(ctx, now) {
		if err != nil {
			return sweep, err
		}
		sweep.noteLag(c, now) // also for the first customer without room: it is overdue longest of those to be fenced
		if sweep.Full = room <= 0; sweep.Full {
			break
		}
		batch = append(batch, c)
		room--
		if len(batch) == sweepBatch {
			if err := s.enqueue(ctx, batch, &sweep); err != nil {
				return sweep, err
			}
			batch = batch[:0]
		}
	}
	return sweep, s.enqueue(ctx, batch, &sweep)
}

func (w *Sweep) noteLag(c Customer, now time.Time) {
	if c.Due(now) {
		w.Lag = max(w.Lag, now.Sub(c.Deletion.PurgeTime))
	}
}

// enqueue claims a batch of customers, several at the same time, and queues the purges that it claimed.
func (s *Service) enqueue(ctx context.Context, batch []Customer, sweep *Sweep) error {
	if len(batch) == 0 {
		return nil
	}
	kinds, err := s.freeze(ctx)
	if err != nil {
		return err
	}
	errs := parallel.Each(len(batch), maxConcurrent, func(i int) error { return s.claim(ctx, batch[i], kinds) })
	jobs, err := sweep.count(batch, errs)
	if len(jobs) > 0 {
		err = errors.Join(err, s.queue.Enqueue(ctx, jobs...))
	}
	return err
}

// claim fences a customer that is due, or renews the lease of a purge, so that this sweep can queue it.
func (s *Service) claim(ctx context.Context, c Customer, kinds []Kind) error {
	ch := s.stamp(Change{By: "schedule"}, ActionPurgeStarted)
	lease := ch.At.Add(PurgeLease)
	if c.State == Purging {
		return s.purges.Lease(ctx, c.ID, c.Deletion.ID, lease)
	}
	_, err := s.purges.Fence(ctx, c.ID, Fence{Generation: c.Deletion.ID, OnlyDue: true, Lease: lease, Frozen: kinds}, ch)
	return ignoreUnchanged(err)
}

// count counts the outcomes of a batch, and returns the jobs to queue and the faults.
func (w *Sweep) count(batch []Customer, errs []error) (jobs []Job, err error) {
	for i, c := range batch {
		switch {
		case errs[i] == nil && c.State == Purging:
			w.Stuck++
		case errs[i] == nil:
			w.Due++
		case refused(errs[i]):
			w.Refused++
			continue
		default:
			err = errors.Join(err, errs[i])
			continue
		}
		jobs = append(jobs, Job{Customer: c.ID, Generation: c.Deletion.ID})
	}
	return jobs, err
}

// refused says whether an error is a refusal and not a fault. The list of the trash lags, so a listed
// customer may have been restored, put under legal hold, or purged.
func refused(err error) bool {
	_, ok := refusal.CodeOf(err)
	return ok || errors.Is(err, ErrNotDue)
}
