package model

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// The limits of the queue: those of template.yaml, with a shorter visibility timeout.
const (
	Visibility  = 7 * time.Minute // until a received message is delivered again
	MaxReceives = 3               // deliveries of a message before it is a dead letter
)

// maxJobs is how many purges a message has: more than one, so that one which fails has neighbours.
const maxJobs = 3

// Message is what a worker receives: either Work or Jobs is set.
type Message struct {
	Seq  int
	Work *bulk.Work
	Jobs []customer.Job

	received int
	visible  time.Time
}

func (m Message) String() string {
	if m.Work != nil {
		return fmt.Sprintf("%s.%d", m.Work.Operation, m.Work.Chunk)
	}
	ids := make([]string, len(m.Jobs))
	for i, job := range m.Jobs {
		ids[i] = job.Customer
	}
	return strings.Join(ids, "+")
}

// Queue is a [customer.Queue] and a [bulk.Queue] with at-least-once delivery in any order. The
// test chooses the next message.
type Queue struct {
	*Model

	messages []Message
	sent     int
}

// NewQueue returns an empty queue. Its requests pass the model's gate.
func NewQueue(m *Model) *Queue { return &Queue{Model: m} }

// Enqueue adds jobs, several in a message.
func (q *Queue) Enqueue(ctx context.Context, jobs ...customer.Job) error {
	return q.sendJobs(ctx, jobs, maxJobs)
}

// EnqueueApart adds jobs, one in a message.
func (q *Queue) EnqueueApart(ctx context.Context, jobs ...customer.Job) error {
	return q.sendJobs(ctx, jobs, 1)
}

func (q *Queue) sendJobs(ctx context.Context, jobs []customer.Job, perMessage int) error {
	var of []Message
	for some := range slices.Chunk(jobs, perMessage) {
		of = append(of, Message{Jobs: some})
	}
	return q.send(ctx, of)
}

// EnqueueWork adds work.
func (q *Queue) EnqueueWork(ctx context.Context, work ...bulk.Work) error {
	of := make([]Message, len(work))
	for i := range work {
		of[i].Work = &work[i]
	}
	return q.send(ctx, of)
}

func (q *Queue) send(ctx context.Context, all []Message) error {
	for some := range slices.Chunk(all, batchSize) {
		err := q.request(ctx, "Enqueue", fmt.Sprint(some), func(Verdict) {
			for _, m := range some {
				q.sent++
				m.Seq = q.sent
				q.messages = append(q.messages, m)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Backlog counts the messages that wait or are being worked on.
func (q *Queue) Backlog(ctx context.Context) (n int, err error) {
	err = q.request(ctx, "Backlog", "", func(Verdict) { n = len(q.messages) })
	return n, err
}

// Visible lists the messages that can be received.
func (q *Queue) Visible(now time.Time) (seqs []int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, m := range q.messages {
		if !m.visible.After(now) {
			seqs = append(seqs, m.Seq)
		}
	}
	return seqs
}

// Len counts all messages.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.messages)
}

// Receive delivers a message and hides it for Visibility. After MaxReceives deliveries the message
// becomes a dead letter and Receive returns false.
func (q *Queue) Receive(seq int, now time.Time) (Message, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := q.find(seq)
	m := &q.messages[i]
	if m.received++; m.received > MaxReceives {
		q.messages = slices.Delete(q.messages, i, i+1)
		return Message{}, false
	}
	m.visible = now.Add(Visibility)
	return *m, true
}

func (q *Queue) find(seq int) int {
	return slices.IndexFunc(q.messages, func(m Message) bool { return m.Seq == seq })
}

// Delete removes a message that is done, or lost.
func (q *Queue) Delete(seq int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.messages = slices.DeleteFunc(q.messages, func(m Message) bool { return m.Seq == seq })
}

// Release makes a message visible at once, because its work failed.
func (q *Queue) Release(seq int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if i := q.find(seq); i >= 0 {
		q.messages[i].visible = time.Time{}
	}
}

// Double adds a second copy of a message.
func (q *Queue) Double(seq int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	m := q.messages[q.find(seq)]
	q.sent++
	m.Seq, m.received, m.visible = q.sent, 0, time.Time{}
	q.messages = append(q.messages, m)
}
