package sim

import (
	"context"
	"errors"
	"sync"

	"lethe/internal/customer"
)

// Jobs is a queue in memory.
type Jobs struct {
	mu   sync.Mutex
	jobs []customer.Job
}

var _ customer.Queue = (*Jobs)(nil)

// Enqueue adds jobs.
func (j *Jobs) Enqueue(_ context.Context, jobs ...customer.Job) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.jobs = append(j.jobs, jobs...)
	return nil
}

// EnqueueApart is Enqueue: this queue has no messages.
func (j *Jobs) EnqueueApart(ctx context.Context, jobs ...customer.Job) error {
	return j.Enqueue(ctx, jobs...)
}

// Backlog counts the jobs that wait.
func (j *Jobs) Backlog(context.Context) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.jobs), nil
}

// Take takes all jobs that wait.
func (j *Jobs) Take() []customer.Job {
	j.mu.Lock()
	defer j.mu.Unlock()
	jobs := j.jobs
	j.jobs = nil
	return jobs
}

// Work purges the customers that wait in the queue. Failed jobs go back to the queue, and Work returns
// their errors.
func (j *Jobs) Work(ctx context.Context, service *customer.Service) error {
	var errs []error
	for _, job := range j.Take() {
		if err := service.Purge(ctx, job); err != nil {
			errs = append(errs, err, j.Enqueue(ctx, job))
		}
	}
	return errors.Join(errs...)
}
