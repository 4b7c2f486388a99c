package model

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"lethe/internal/bulk"
)

// chunk is a stored chunk: frozen subjects, their outcomes so far, and whether all are decided.
type chunk struct {
	bulk.Chunk

	ended bool
}

func newChunk(c bulk.Chunk) *chunk {
	c.Subjects, c.Outcomes = frozen(c.Subjects), slices.Clone(c.Outcomes)
	return &chunk{Chunk: c}
}

// frozen returns the subjects without the fields that only planning uses.
func frozen(subjects []bulk.Subject) []bulk.Subject {
	out := make([]bulk.Subject, len(subjects))
	for i, s := range subjects {
		out[i] = bulk.Subject{ID: s.ID, Bind: s.Bind, Refused: s.Refused}
	}
	return out
}

// progress returns a copy of the chunk without its subjects.
func (c *chunk) progress() bulk.Chunk {
	p := c.Chunk
	p.Subjects, p.Outcomes = nil, slices.Clone(c.Outcomes)
	return p
}

func (m *Model) chunk(id string, seq int) *chunk {
	if all := m.chunks[id]; seq >= 0 && seq < len(all) {
		return all[seq]
	}
	return nil
}

func chunkName(op bulk.Operation, seq int) string { return fmt.Sprint(op.ID, ".", seq) }

// Take leases a chunk, and then reads its subjects.
func (o Operations) Take(ctx context.Context, op bulk.Operation, seq int, now, until time.Time) (c bulk.Chunk, err error) {
	holder := ""
	failed := o.request(ctx, "Take", chunkName(op, seq), func(Verdict) {
		if holder == "" {
			o.takes++
			holder = fmt.Sprint(o.takes)
		}
		c, err = o.take(op, seq, holder, now, until)
	})
	if err := cmp.Or(failed, err); err != nil {
		return bulk.Chunk{}, err
	}
	return o.withSubjects(ctx, op, c)
}

func (o Operations) take(op bulk.Operation, seq int, holder string, now, until time.Time) (bulk.Chunk, error) {
	c := o.chunk(op.ID, seq)
	var abandoned bool
	switch {
	case c == nil || c.ended:
		return bulk.Chunk{}, bulk.ErrTaken
	case c.Holder == holder: // this worker has it: the answer to its first request was lost
		abandoned = c.Attempts > 1 // the first request may have taken it from a dead worker
	case c.Lease.After(now):
		return bulk.Chunk{}, bulk.ErrTaken
	default:
		abandoned = c.Holder != ""
		c.Lease, c.Holder = until, holder
		c.Attempts++
	}
	p := c.progress()
	p.Abandoned = abandoned
	return p, nil
}

// withSubjects adds the subjects to a chunk, in a request of its own.
func (o Operations) withSubjects(ctx context.Context, op bulk.Operation, c bulk.Chunk) (bulk.Chunk, error) {
	err := o.request(ctx, "Subjects", chunkName(op, c.Seq), func(Verdict) {
		c.Subjects = slices.Clone(o.chunk(op.ID, c.Seq).Subjects)
	})
	return c, err
}

// Keep saves the outcomes of a chunk that is not finished, and releases it.
func (o Operations) Keep(ctx context.Context, op bulk.Operation, c bulk.Chunk) error {
	return o.release(ctx, "Keep", op, c, false)
}

// Finish saves the outcomes of a chunk and ends it.
func (o Operations) Finish(ctx context.Context, op bulk.Operation, c bulk.Chunk) error {
	return o.release(ctx, "Finish", op, c, true)
}

func (o Operations) release(ctx context.Context, method string, op bulk.Operation, c bulk.Chunk, ended bool) (err error) {
	failed := o.request(ctx, method, chunkName(op, c.Seq), func(Verdict) {
		stored := o.chunk(op.ID, c.Seq)
		if err = nil; stored == nil || stored.ended || stored.Holder != c.Holder {
			err = bulk.ErrTaken
			return
		}
		stored.Outcomes, stored.Attempts, stored.Faults, stored.Usage = slices.Clone(c.Outcomes), c.Attempts, c.Faults, c.Usage
		stored.Lease, stored.Holder, stored.ended = time.Time{}, "", ended
	})
	return cmp.Or(failed, err)
}

// Reopen makes an ended chunk pending again, if the operation has not changed since it was read.
func (o Operations) Reopen(ctx context.Context, op bulk.Operation, c bulk.Chunk) (err error) {
	failed := o.request(ctx, "Reopen", chunkName(op, c.Seq), func(Verdict) { err = o.reopen(op, c) })
	return cmp.Or(failed, err)
}

func (o Operations) reopen(op bulk.Operation, c bulk.Chunk) error {
	if o.operations[op.ID].Version != op.Version {
		return bulk.ErrVersion
	}
	if stored := o.chunk(op.ID, c.Seq); stored != nil && stored.ended {
		stored.Outcomes, stored.Attempts, stored.Faults, stored.Usage = slices.Clone(c.Outcomes), c.Attempts, c.Faults, c.Usage
		stored.Lease, stored.ended = time.Time{}, false
	}
	return nil
}

// Chunk reads one chunk: its progress, then its subjects.
func (o Operations) Chunk(ctx context.Context, op bulk.Operation, seq int) (c bulk.Chunk, err error) {
	failed := o.request(ctx, "Chunk", chunkName(op, seq), func(Verdict) {
		if stored := o.chunk(op.ID, seq); stored != nil {
			c, err = stored.progress(), nil
		} else {
			err = bulk.ErrNotFound
		}
	})
	if err := cmp.Or(failed, err); err != nil {
		return bulk.Chunk{}, err
	}
	return o.withSubjects(ctx, op, c)
}

// Unfinished iterates over the chunks that have not ended.
func (o Operations) Unfinished(ctx context.Context, id string) iter.Seq2[bulk.Chunk, error] {
	return o.parts(ctx, "Unfinished", id, func(c *chunk) bool { return !c.ended })
}

func (o Operations) parts(ctx context.Context, method, id string, want func(*chunk) bool) iter.Seq2[bulk.Chunk, error] {
	return func(yield func(bulk.Chunk, error) bool) {
		var found []bulk.Chunk
		err := o.request(ctx, method, id, func(Verdict) {
			found = nil
			for _, c := range o.chunks[id] {
				if want(c) {
					found = append(found, c.progress())
				}
			}
		})
		if err != nil {
			yield(bulk.Chunk{}, err)
			return
		}
		for _, c := range found {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// Chunks iterates over the chunks from the given one on. It reads outcomes before subjects.
func (o Operations) Chunks(ctx context.Context, id string, from int) iter.Seq2[bulk.Chunk, error] {
	return func(yield func(bulk.Chunk, error) bool) {
		states := map[int]bulk.Chunk{}
		for c, err := range o.parts(ctx, "Outcomes", id, func(*chunk) bool { return true }) {
			if err != nil {
				yield(c, err)
				return
			}
			states[c.Seq] = c
		}
		var all []bulk.Chunk
		err := o.request(ctx, "AllSubjects", id, func(Verdict) {
			all = nil
			for _, stored := range o.chunks[id] {
				c := states[stored.Seq]
				c.Seq, c.Subjects = stored.Seq, slices.Clone(stored.Subjects)
				if len(c.Outcomes) != len(c.Subjects) {
					c.Outcomes = make([]bulk.Outcome, len(c.Subjects))
				}
				all = append(all, c)
			}
		})
		if err != nil {
			yield(bulk.Chunk{}, err)
			return
		}
		for _, c := range all[min(from, len(all)):] {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// Tally counts the outcomes of all chunks.
func (o Operations) Tally(ctx context.Context, op bulk.Operation) (sum bulk.Tally, err error) {
	for c, err := range o.parts(ctx, "Tally", op.ID, func(*chunk) bool { return true }) {
		if err != nil {
			return sum, err
		}
		sum = sum.Plus(c.Tally())
	}
	return sum, nil
}
