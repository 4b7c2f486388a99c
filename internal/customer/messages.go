package customer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"lethe/internal/ledger"
	"lethe/internal/parallel"
)

const (
	// purgeGroup is how many customers are purged together: their certificates go into one block of a chain, and
	// one request removes their roots.
	purgeGroup = 25

	// largePurge is how many records a customer may have to be purged together with others. A customer with more gets
	// a message of its own: the others don't wait for it, and it doesn't wait for another large one.
	largePurge = 1000
)

// errLarge is the result of a purge that gets a message of its own before it begins.
var errLarge = errors.New("the customer has too many records to be purged with others")

// PurgeMessages finishes the purges of messages, those of several messages together. It returns a result for each
// message: nil if the message is done with, ErrUnfinished if the sweep continues some of its purges, any other error
// if the queue must deliver the message again.
//
// A purge that fails does not hold up the others of its message: if some succeed, each that failed is sent in a message
// of its own, and so is the purge of a customer with very many records. A message with one purge is never sent again from
// here, so that no message goes round in circles: Lambda stops a function that sends itself messages.
func (s *Service) PurgeMessages(ctx context.Context, messages ...[]Job) []error {
	p := &purges{Service: s, results: map[Job]error{}}
	p.finishAll(ctx, p.fenced(ctx, messages))
	p.releaseUnfinished(ctx)
	return parallel.Each(len(messages), maxConcurrent, func(i int) error { return p.settle(ctx, messages[i]) })
}

// purges are the purges of some messages. A job without a result is done, or there was nothing to do.
type purges struct {
	*Service

	mu      sync.Mutex
	results map[Job]error
	left    []Customer // with ErrUnfinished
}

func (p *purges) note(c Customer, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.results[Job{c.ID, c.Deletion.ID}] = err; errors.Is(err, ErrUnfinished) {
		p.left = append(p.left, c)
	}
}

// fenced returns the customers of the messages that are still to be purged, each once. It leaves out those that get a
// message of their own.
func (p *purges) fenced(ctx context.Context, messages [][]Job) []Customer {
	roots := p.read(ctx, slices.Concat(messages...))
	var fenced []Customer
	seen := map[Job]bool{}
	bySize := slices.Clone(messages)
	slices.SortStableFunc(bySize, func(a, b []Job) int { return len(a) - len(b) })
	for _, jobs := range bySize { // a job may be in several messages; it is purged here if one has only this job
		for _, job := range jobs {
			c, there := roots[job.Customer]
			if !there || seen[job] {
				continue
			}
			seen[job] = true
			switch mine, err := p.stillOf(ctx, c, job); {
			case !mine:
				p.results[job] = err
			case len(jobs) > 1 && c.Records() > largePurge:
				p.results[job] = errLarge
			default:
				fenced = append(fenced, c)
			}
		}
	}
	return fenced
}

// read reads the customers of jobs. If that fails, it reads each by itself: a damaged one must not stop the others.
func (p *purges) read(ctx context.Context, jobs []Job) map[string]Customer {
	ids := make([]string, len(jobs))
	for i, job := range jobs {
		ids[i] = job.Customer
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	found, err := p.rootsByID(ctx, ids)
	if err != nil {
		return p.readEach(ctx, ids, jobs)
	}
	return found
}

func (p *purges) readEach(ctx context.Context, ids []string, jobs []Job) map[string]Customer {
	roots := make([]Customer, len(ids))
	errs := parallel.Each(len(ids), maxConcurrent, func(i int) (err error) {
		roots[i], err = p.Customer(ctx, ids[i])
		return err
	})
	found := make(map[string]Customer, len(ids))
	for i, err := range errs {
		if err == nil {
			found[ids[i]] = roots[i]
		}
	}
	for _, job := range jobs {
		if at, _ := slices.BinarySearch(ids, job.Customer); errs[at] != nil && !errors.Is(errs[at], ErrNotFound) {
			p.results[job] = errs[at]
		}
	}
	return found
}

// finishAll finishes the purges, chain by chain, so that blocks are full and no two appends of this process race. The
// purges of large customers go beside them.
func (p *purges) finishAll(ctx context.Context, fenced []Customer) {
	var lanes [ledger.Chains][]Customer
	var large []Customer
	for _, c := range fenced {
		if c.Records() > largePurge {
			large = append(large, c)
		} else {
			lanes[ledger.ChainOf(c.ID)] = append(lanes[ledger.ChainOf(c.ID)], c)
		}
	}
	parallel.Each(len(lanes)+len(large), len(lanes)+maxConcurrent, func(i int) error {
		if i < len(lanes) {
			p.finishLane(ctx, lanes[i])
		} else {
			p.finishOne(ctx, large[i-len(lanes)])
		}
		return nil
	})
}

func (p *purges) finishLane(ctx context.Context, lane []Customer) {
	for group := range slices.Chunk(lane, purgeGroup) {
		if len(group) == 1 {
			p.finishOne(ctx, group[0])
			continue
		}
		p.finishMany(ctx, group, func(id string, err error) {
			at := slices.IndexFunc(group, func(c Customer) bool { return c.ID == id })
			p.note(group[at], err)
		})
	}
}

func (p *purges) finishOne(ctx context.Context, c Customer) { p.note(c, unfinished(p.purge(ctx, c))) }

// releaseUnfinished ends the leases of the purges that there was no time for, so that the next sweep continues them. If
// one can't be ended, the sweep continues its purge a few minutes later.
func (p *purges) releaseUnfinished(ctx context.Context) {
	for i, err := range parallel.Each(len(p.left), maxConcurrent, func(i int) error { return p.release(ctx, p.left[i]) }) {
		if err != nil {
			p.Log.WarnContext(ctx, "the lease of an unfinished purge was not released", "customer", p.left[i].ID, "error", err)
		}
	}
}

// settle returns the result of a message. It sends what must go on in a message of its own.
func (p *purges) settle(ctx context.Context, jobs []Job) error {
	var apart []Job
	var failed, unfinished error
	failures := 0
	for _, job := range jobs {
		switch err := p.results[job]; {
		case err == nil:
		case errors.Is(err, ErrUnfinished):
			unfinished = err
		case errors.Is(err, errLarge):
			apart = append(apart, job)
		default:
			apart, failures = append(apart, job), failures+1
			failed = errors.Join(failed, fmt.Errorf("purge of customer %s: %w", job.Customer, err))
		}
	}
	switch {
	case failures == len(jobs): // the message itself may be delivered again: it holds nothing up
		return failed
	case len(apart) == 0:
		return unfinished
	case failed != nil:
		p.Log.ErrorContext(ctx, "some purges of a message failed, each goes on in a message of its own", "error", failed)
	}
	ctx, cancel := overtime(ctx)
	defer cancel()
	if err := p.queue.EnqueueApart(ctx, apart...); err != nil {
		return errors.Join(failed, fmt.Errorf("send on: %w", err))
	}
	return unfinished
}
