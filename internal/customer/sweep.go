package customer

import (
	"context"
	"errors"
	"time"

	"lethe/internal/parallel"
	"lethe/internal/refusal"
)

// Sweep tells what one sweep found and did.
type Sweep struct {
	Due     int           // fenced and queued, their purge time having come
	Stuck   int           // queued again, their lease having run out
	Refused int           // restored or held meanwhile
	Lag     time.Duration // by which the longest overdue customer that it met is overdue
	Full    bool          // the queue has enough; the next sweep goes on
}

const (
	sweepName  = "sweep"
	sweepLease = 2 * time.Minute // exceeds the time limit of a sweep
	sweepBatch = 100

	// MaxBacklog is how many purges may wait for workers. Past it a sweep adds none:
	// what is in the queue is not stuck, and queueing it again would not speed it up.
	MaxBacklog = 10_000
)

// Sweep is the clock of Lethe: it fences and queues every customer whose purge time
// has come, and queues again every purge whose lease ran out, whatever stopped it.
// Two sweeps at once would do no harm but twice the work: ErrLeased refuses the second.
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
		sweep.overdue(c, now) // also the first that there is no room for: of those to be fenced it is the longest overdue
		if sweep.Full = room <= 0; sweep.Full {
			break
		}
		batch = append(batch, c)
		room--
		if len(batch) == sweepBatch {
			if err := s.drive(ctx, batch, &sweep); err != nil {
				return sweep, err
			}
			batch = batch[:0]
		}
	}
	return sweep, s.drive(ctx, batch, &sweep)
}

func (w *Sweep) overdue(c Customer, now time.Time) {
	if c.Due(now) {
		w.Lag = max(w.Lag, now.Sub(c.Deletion.PurgeTime))
	}
}

// drive fences or re-leases a batch, some at a time, and queues what it could.
func (s *Service) drive(ctx context.Context, batch []Customer, sweep *Sweep) error {
	if len(batch) == 0 {
		return nil
	}
	kinds, err := s.freeze(ctx)
	if err != nil {
		return err
	}
	errs := parallel.Each(len(batch), atOnce, func(i int) error { return s.claim(ctx, batch[i], kinds) })
	jobs, err := sweep.sort(batch, errs)
	if len(jobs) > 0 {
		err = errors.Join(err, s.queue.Enqueue(ctx, jobs...))
	}
	return err
}

// claim makes a customer's purge this sweep's to queue.
func (s *Service) claim(ctx context.Context, c Customer, kinds []Kind) error {
	ch := s.stamp(Change{By: "schedule"}, ActionPurgeStarted)
	lease := ch.At.Add(PurgeLease)
	if c.State == Purging {
		return s.purges.Lease(ctx, c.ID, c.Deletion.ID, lease)
	}
	_, err := s.purges.Fence(ctx, c.ID, Fence{Generation: c.Deletion.ID, OnlyDue: true, Lease: lease, Frozen: kinds}, ch)
	return unchanged(err)
}

func (w *Sweep) sort(batch []Customer, errs []error) (jobs []Job, err error) {
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

// refused says whether the rules refused, as against the machinery failing: the list
// of the trash lags, and what it showed may have been restored, held or purged.
func refused(err error) bool {
	_, ok := refusal.CodeOf(err)
	return ok || errors.Is(err, ErrNotDue)
}
