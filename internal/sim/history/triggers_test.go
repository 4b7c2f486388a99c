package history

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/sim/model"
)

const (
	maxWork    = 5 * time.Minute // the time limit of a worker in template.yaml
	maxSweep   = time.Minute
	streamLife = day // of a stream record, in DynamoDB
)

// streamed is a stream record of a root that TTL removed.
type streamed struct {
	root    customer.Customer
	removed time.Time
	again   bool // a copy: the same record is delivered again
}

// deliver hands a message to a worker.
func (h *history) deliver() bool {
	visible := h.queue.Visible(time.Now())
	if len(visible) == 0 {
		return false
	}
	seq := visible[h.rng.IntN(len(visible))]
	m, ok := h.queue.Receive(seq, time.Now())
	if !ok {
		h.tracef("message %d is a dead letter", seq)
		return true
	}
	p := &process{name: fmt.Sprint("work on ", m)}
	if m.Work != nil {
		p.at = m.Work.Operation
	}
	var err error
	p.finish = func() { h.worked(m, err) }
	h.start(p, maxWork, func(ctx context.Context) { err = h.work(ctx, m) })
	return true
}

// work handles a message like internal/app.
func (h *history) work(ctx context.Context, m model.Message) error {
	s := h.service()
	if m.Work != nil {
		return h.engine(s).Do(ctx, *m.Work)
	}
	return s.PurgeMessages(ctx, m.Jobs)[0]
}

// worked deletes a message after its work, or releases it after a failure.
func (h *history) worked(m model.Message, err error) {
	h.tracef("work on %s ends with %v", m, err)
	if err == nil || errors.Is(err, customer.ErrUnfinished) || errors.Is(err, bulk.ErrUnfinished) {
		h.queue.Delete(m.Seq)
		return
	}
	h.queue.Release(m.Seq)
}

// sweep starts a sweep, as the schedule does, sometimes while another is running.
func (h *history) sweep() bool {
	sweeps := 0
	for _, p := range h.running {
		if p.sweeps {
			sweeps++
		}
	}
	if sweeps > h.rng.IntN(2) {
		return false
	}
	h.start(&process{name: "sweep", sweeps: true, finish: func() {}}, maxSweep, h.sweepAll)
	return true
}

func (h *history) sweepAll(ctx context.Context) {
	s := h.service()
	_, _ = s.Sweep(ctx)
	_, _ = h.engine(s).Sweep(ctx)
}

// expire lets TTL remove a root, or delivers a stream record of a removed root.
func (h *history) expire() bool {
	if ids := h.model.Expiring(time.Now()); len(ids) > 0 && h.chance(1, 2) {
		id := ids[h.rng.IntN(len(ids))]
		h.tracef("TTL removes %s", id)
		h.byTTL = true
		c, _ := h.model.Expire(context.Background(), id, time.Now())
		h.byTTL = false
		h.stream = append(h.stream, &streamed{c, time.Now(), false})
		return true
	}
	if len(h.stream) == 0 {
		return false
	}
	r := h.stream[h.rng.IntN(len(h.stream))]
	p := &process{name: "stream: expired " + r.root.ID}
	var err error
	p.finish = func() {
		if h.tracef("%s ends with %v", p.name, err); err == nil {
			h.stream = slices.DeleteFunc(h.stream, func(other *streamed) bool { return other == r })
		}
	}
	h.start(p, maxSweep, func(ctx context.Context) { err = h.service().Expire(ctx, r.root) })
	return true
}

// keepUp handles the stream records that would be too old after the given time. Their copies are then gone.
func (h *history) keepUp(d time.Duration) {
	old := func(r *streamed) bool { return time.Since(r.removed)+d >= streamLife }
	for _, r := range h.stream {
		if !old(r) || r.again {
			continue
		}
		h.tracef("the stream record of %s is handled in time", r.root.ID)
		if err := h.service().Expire(context.Background(), r.root); err != nil {
			h.broken("expire: %v", err)
		}
	}
	h.stream = slices.DeleteFunc(h.stream, old)
}

// disturb doubles or loses a message, or doubles a stream record.
func (h *history) disturb() bool {
	if len(h.stream) > 0 && h.chance(1, 2) {
		r := h.stream[h.rng.IntN(len(h.stream))]
		h.tracef("the stream record of %s is doubled", r.root.ID)
		h.stream = append(h.stream, &streamed{r.root, r.removed, true})
		return true
	}
	visible := h.queue.Visible(time.Now())
	if len(visible) == 0 {
		return false
	}
	seq := visible[h.rng.IntN(len(visible))]
	if h.chance(1, 2) {
		h.tracef("message %d is lost", seq)
		h.queue.Delete(seq)
		return true
	}
	h.tracef("message %d is doubled", seq)
	h.queue.Double(seq)
	return true
}

// settle sweeps, works and lets time pass without faults until no work is left, then checks the end.
func (h *history) settle() {
	far := false
	for range 60 {
		h.sweepAll(context.Background())
		h.drain()
		h.check()
		switch left := h.left(); {
		case h.wrong != "":
			return
		case left == "" && far:
			h.checkEnd()
			return
		case left == "":
			far = true
			h.pass(40 * day)
		default:
			h.pass(h.waitTime())
		}
	}
	h.broken("work is left after 60 rounds: %s", h.left())
}

// waitTime is the time to the next round: long enough for a plan to expire, if only that is left.
func (h *history) waitTime() time.Duration {
	for _, op := range h.model.All() {
		if (op.State == bulk.Ready || op.State == bulk.Waiting) && h.queue.Len() == 0 {
			return bulk.PlanLife
		}
	}
	return 31 * time.Minute
}

// drain handles all stream records and visible messages.
func (h *history) drain() {
	for range 20 {
		for len(h.stream) > 0 {
			if err := h.service().Expire(context.Background(), h.stream[0].root); err != nil {
				h.broken("expire: %v", err)
				return
			}
			h.stream = h.stream[1:]
		}
		visible := h.queue.Visible(time.Now())
		if len(visible) == 0 {
			return
		}
		for _, seq := range visible {
			if m, ok := h.queue.Receive(seq, time.Now()); ok {
				h.worked(m, h.work(context.Background(), m))
			}
		}
	}
}

// left describes the work that is left, or is empty.
func (h *history) left() string {
	if n := h.queue.Len(); n > 0 {
		return fmt.Sprint(n, " messages wait")
	}
	for _, op := range h.model.All() {
		if !op.State.Ended() {
			return fmt.Sprint("operation ", op.ID, " is ", op.State)
		}
	}
	for _, id := range h.model.IDs() {
		if c := h.model.Root(id); c != nil && c.StateAt(time.Now()) == customer.Purging {
			return fmt.Sprint("customer ", id, " is due, ", c.State)
		}
	}
	return ""
}
