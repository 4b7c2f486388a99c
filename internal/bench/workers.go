package main

import (
	"context"
	"errors"
	"slices"
	"sync"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// instances is how many workers template.yaml lets run at once.
const instances = 10

// workers is Lethe's queue, in memory, and its consumers, each isolated as on Lambda.
type workers struct {
	idle chan *worker

	underWay sync.WaitGroup
	mu       sync.Mutex
	errs     []error
}

type worker struct {
	service    *customer.Service
	operations *bulk.Engine
}

var (
	_ customer.Queue = (*workers)(nil)
	_ bulk.Queue     = (*workers)(nil)
)

func newWorkers() *workers { return &workers{idle: make(chan *worker, instances)} }

// Enqueue adds purges.
func (w *workers) Enqueue(ctx context.Context, jobs ...customer.Job) error {
	for some := range slices.Chunk(jobs, customer.MaxJobs) {
		w.hand(func(by *worker) error { return by.service.PurgeMessages(context.WithoutCancel(ctx), some)[0] })
	}
	return nil
}

// EnqueueApart adds purges, each for a worker of its own.
func (w *workers) EnqueueApart(ctx context.Context, jobs ...customer.Job) error {
	for _, job := range jobs {
		if err := w.Enqueue(ctx, job); err != nil {
			return err
		}
	}
	return nil
}

// EnqueueWork adds chunks of operations.
func (w *workers) EnqueueWork(ctx context.Context, work ...bulk.Work) error {
	for _, part := range work {
		w.hand(func(by *worker) error { return by.operations.Do(context.WithoutCancel(ctx), part) })
	}
	return nil
}

// hand gives a job to the next idle worker.
func (w *workers) hand(do func(*worker) error) {
	w.underWay.Go(func() {
		by := <-w.idle
		err := do(by)
		w.idle <- by
		w.mu.Lock()
		defer w.mu.Unlock()
		w.errs = append(w.errs, err)
	})
}

// Backlog is not used here.
func (w *workers) Backlog(context.Context) (int, error) { return 0, nil }

// wait returns when all jobs are done, with their errors: nothing is retried here.
func (w *workers) wait() error {
	w.underWay.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	err := errors.Join(w.errs...)
	w.errs = nil
	return err
}
