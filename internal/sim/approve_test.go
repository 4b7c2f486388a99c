package sim

import (
	"context"
	"slices"
	"testing"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/operations"
	"lethe/internal/queue"
)

// workQueue keeps the messages to workers.
type workQueue struct{ work []bulk.Work }

func (q *workQueue) EnqueueWork(_ context.Context, work ...bulk.Work) error {
	q.work = append(q.work, work...)
	return nil
}

func (*workQueue) Backlog(context.Context) (int, error) { return 0, nil }

// fourEyes is a deletion that waits for a second administrator.
type fourEyes struct {
	*testing.T

	w     *World
	jobs  *messages
	id    string
	plan  bulk.Operation
	queue workQueue
}

// engine returns an engine of a new process, whose requests go through f.
func (c *fourEyes) engine(f *Faults) *bulk.Engine {
	cfg := f.Attach(c.w.Config)
	table, _ := c.w.Open(cfg)
	e := operations.Engine(c.w.Service(cfg), table.Operations(), queue.New(f.Attach(c.jobs.cfg), c.jobs.url))
	e.NeedsSecond = func(context.Context, bulk.Operation) (bool, error) { return true, nil }
	return e
}

// prepare plans the deletion of a customer.
func (c *fourEyes) prepare() {
	create(c, c.w.Service(c.w.Config), c.id)
	e := c.engine(&Faults{})
	op := bulk.Operation{ID: customer.NewID(), By: "ann"}
	selection, err := operations.Request{Action: operations.Delete, Selection: operations.Selection{IDs: []string{c.id}}}.
		Prepare(c.Context(), c.w.Service(c.w.Config), e, &op)
	if err == nil {
		c.plan, err = e.Create(c.Context(), op, selection)
	}
	if err != nil {
		c.Fatal(err)
	}
}

func (c *fourEyes) apply(e *bulk.Engine) error {
	_, err := e.Apply(c.Context(), c.plan.ID, bulk.Approval{Digest: c.plan.Digest, Acknowledged: true, By: "bob"})
	return err
}

func (c *fourEyes) approve(e *bulk.Engine) error {
	_, err := e.Approve(c.Context(), c.plan.ID, c.plan.Digest, "cas")
	return err
}

// attempt makes a request of an administrator with a fault in its n-th call, and then again without. It returns whether
// there was an n-th call.
func (c *fourEyes) attempt(do func(*bulk.Engine) error, n int, way wayToFail) (failed bool) {
	f := &Faults{}
	e := c.engine(f)
	f.Fail(n, way.fault, way.dies)
	err := do(e)
	if failed = len(f.Plan(nil)) >= n; !failed && err != nil {
		c.Fatal(err)
	}
	if err := do(c.engine(&Faults{})); err != nil {
		c.Errorf("the same request again: %v", err)
	}
	if _, err := f.Deliver(); err != nil {
		c.Fatal(err)
	}
	return failed
}

// drive sweeps until nothing is left, and does what the sweep queues. All messages before it are lost.
func (c *fourEyes) drive() bulk.Operation {
	e := c.engine(&Faults{})
	e.Queue = &c.queue
	for range 3 {
		c.w.Clock.Move(10 * time.Minute)
		if _, err := e.Sweep(c.Context()); err != nil {
			c.Fatal(err)
		}
		for _, work := range slices.Concat(c.queue.work, c.queue.work) { // each message comes twice
			if err := e.Do(c.Context(), work); err != nil {
				c.Fatal(err)
			}
		}
		c.queue.work = nil
	}
	op, err := e.Operation(c.Context(), c.plan.ID)
	if err != nil {
		c.Fatal(err)
	}
	return op
}

func (c *fourEyes) state() customer.State {
	found, err := c.w.Service(c.w.Config).Get(c.Context(), c.id)
	if err != nil {
		c.Fatal(err)
	}
	return found.State
}

// TestAWaitingOperationSurvivesCrashes fails each request to AWS of an apply, and then of an approval, in every way. The
// administrator sends it again. In between nobody is deleted, whatever the sweep does; after it the customer is.
func TestAWaitingOperationSurvivesCrashes(t *testing.T) {
	t.Parallel()
	w, jobs := NewWorld(t, policies), newMessages(t)
	for i, step := range []struct {
		name string
		act  func(c *fourEyes, n int, way wayToFail) bool
	}{
		{"apply", func(c *fourEyes, n int, way wayToFail) bool {
			failed := c.attempt(c.apply, n, way)
			c.stillThere()
			c.attempt(c.approve, 0, way)
			return failed
		}},
		{"approve", func(c *fourEyes, n int, way wayToFail) bool {
			c.attempt(c.apply, 0, way)
			c.stillThere()
			return c.attempt(c.approve, n, way)
		}},
	} {
		for _, way := range waysToFail(i) {
			for n, failed := 1, true; failed; n++ {
				c := &fourEyes{w: w, jobs: jobs, id: name(step.name, way.fault, "dies", way.dies, "request", n)}
				t.Run(c.id, func(t *testing.T) {
					c.T = t
					c.prepare()
					failed = step.act(c, n, way)
					c.deletedOnce()
				})
				if n > 20 || t.Failed() {
					t.Fatalf("stopped at request %d", n)
				}
			}
		}
	}
}

// stillThere checks that the operation waits, and that sweeps don't start it.
func (c *fourEyes) stillThere() {
	c.Helper()
	if op := c.drive(); op.State != bulk.Waiting || op.RequestedBy != "bob" || op.ApprovedBy != "" || c.state() != customer.Active {
		c.Fatalf("before the approval: %+v, the customer is %s", op, c.state())
	}
}

func (c *fourEyes) deletedOnce() {
	c.Helper()
	op := c.drive()
	if op.State != bulk.Succeeded || op.AppliedBy != "bob" || op.ApprovedBy != "cas" || op.Tally.Done != 1 || c.state() != customer.Deleted {
		c.Fatalf("after the approval: %+v, the customer is %s", op, c.state())
	}
}
