package customer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lethe/internal/parallel"
)

// The methods of this file do to many customers what their namesakes do to one, each
// bound to how it was seen. Their results are of the customers, in order. A change with
// an ID is recognised when it is made again.

// DeleteMany moves customers to the trash, by settings that may be others than those in force; see
// Delete. The change's ID is the generation of all of them. Without time in the trash the sweep
// purges them.
func (s *Service) DeleteMany(ctx context.Context, seen []Seen, settings Settings, ch Change) []error {
	ch = s.stamp(ch, ActionDeleted)
	return s.advance(ctx, transitions(seen, ch, DeleteEffect{deletion(settings, ch)}), settings)
}

// BlockMany blocks customers or, with blocked false, unblocks them.
func (s *Service) BlockMany(ctx context.Context, seen []Seen, blocked bool, ch Change) []error {
	var effect Effect = UnblockEffect{}
	if blocked {
		effect = BlockEffect{}
	}
	return s.advance(ctx, transitions(seen, s.stamp(ch, effect.action()), effect), Settings{})
}

// RedateMany gives customers in the trash the purge times that a retention means for them;
// see Redate.
func (s *Service) RedateMany(ctx context.Context, seen []Seen, retention Period, notBefore time.Time, ch Change) []error {
	ch = s.stamp(ch, ActionRedated)
	found, err := s.rootsOf(ctx, seen)
	if err != nil {
		return every(seen, err)
	}
	results := make([]error, len(seen))
	var moves []Transition
	var at []int
	for i, was := range seen {
		c, there := found[was.ID]
		switch {
		case !there:
			results[i] = s.explain(ctx, was.ID, ErrNotFound)
		case c.Made(ch.ID):
		case c.CanRedate(ch.At) != nil:
			results[i] = c.CanRedate(ch.At)
		default:
			d := *c.Deletion
			d.PurgeTime = Redate(d, retention, notBefore)
			moves, at = append(moves, NewTransition(was, ch, RedateEffect{d})), append(at, i)
		}
	}
	for i, err := range s.advance(ctx, moves, Settings{}) {
		results[at[i]] = err
	}
	return results
}

// Redate is the purge time that a retention means for a deletion. Nobody becomes due before a
// time who wouldn't have been anyhow. A zero time is never.
func Redate(d Deletion, retention Period, notBefore time.Time) time.Time {
	due := retention.After(d.Time)
	if !d.PurgeTime.IsZero() && d.PurgeTime.Before(notBefore) {
		notBefore = d.PurgeTime
	}
	if !due.IsZero() && due.Before(notBefore) {
		return notBefore
	}
	return due
}

// PurgeMany purges customers in the trash from the fence to the end, before it returns, by the kinds
// given; see [Settings.Freeze]. ErrUnfinished says of a customer that the sweep goes on with it.
func (s *Service) PurgeMany(ctx context.Context, seen []Seen, generations []string, kinds []Kind, ch Change) []error {
	ch = s.stamp(ch, ActionPurgeStarted)
	fence := FenceEffect{Lease: ch.At.Add(leaseInHand(ctx)), Frozen: kinds}
	results := s.customers.Advance(ctx, transitions(seen, ch, fence), Settings{})
	gone := func(i int) error { return s.certified(ctx, seen[i].ID, generations[i]) }
	ours := func(i int, root Customer) bool { return root.Deletion.ID == generations[i] }
	return s.finishFenced(ctx, seen, results, gone, ours)
}

// finishFenced finishes the purges of those that were to pass the fence, with these results,
// as far as they are ours. What becomes of one whose root is not there, gone says.
func (s *Service) finishFenced(ctx context.Context, seen []Seen, results []error, gone func(int) error, ours func(int, Customer) bool) []error {
	roots, err := s.rootsOf(ctx, seen)
	if err != nil {
		return every(seen, err)
	}
	var fenced []Customer
	for i, c := range seen {
		root, there := roots[c.ID]
		switch {
		case !there:
			results[i] = gone(i)
		case results[i] == nil && root.State == Purging && ours(i, root):
			fenced = append(fenced, root)
		case results[i] == nil:
			results[i] = ErrVersion
		}
	}
	s.finishMany(ctx, fenced, func(id string, err error) { results[index(seen, id)] = err })
	return results
}

// finishMany purges those past the fence together. When that fails it does so one by one,
// lest one of them keep all the others.
func (s *Service) finishMany(ctx context.Context, fenced []Customer, tell func(id string, err error)) {
	if len(fenced) == 0 {
		return
	}
	err := s.purge(ctx, fenced...)
	if err == nil {
		return
	}
	if ctx.Err() != nil { // there is no time for that either; their lease leaves them to whoever goes on
		for _, c := range fenced {
			tell(c.ID, errors.Join(ErrUnfinished, err))
		}
		return
	}
	errs := parallel.Each(len(fenced), atOnce, func(i int) error {
		return s.Purge(ctx, Job{Customer: fenced[i].ID, Generation: fenced[i].Deletion.ID})
	})
	for i, err := range errs {
		tell(fenced[i].ID, err)
	}
}

func index(seen []Seen, id string) int {
	return slices.IndexFunc(seen, func(c Seen) bool { return c.ID == id })
}

// certified takes a purge that the ledger has for done. That of another generation is not ours.
func (s *Service) certified(ctx context.Context, id, generation string) error {
	cert, err := s.Certificate(ctx, id)
	if err == nil && cert.DeletionID != generation {
		err = &PurgedError{cert}
	}
	return err
}

// advance makes transitions; the result of one whose customer is gone for good is *PurgedError.
func (s *Service) advance(ctx context.Context, moves []Transition, settings Settings) []error {
	results := s.customers.Advance(ctx, moves, settings)
	return parallel.Each(len(moves), atOnce, func(i int) error { return s.explain(ctx, moves[i].ID, results[i]) })
}

// Absent says of ids for which there is no customer why: ErrNotFound, or *PurgedError. Any
// other error is a fault.
func (s *Service) Absent(ctx context.Context, ids []string) []error {
	return parallel.Each(len(ids), atOnce, func(i int) error { return s.explain(ctx, ids[i], ErrNotFound) })
}

const atOnce = 16 // customers of a chunk, or of a sweep, under way at once

// transitions has the same effect on every customer.
func transitions(seen []Seen, ch Change, effect Effect) []Transition {
	made := make([]Transition, len(seen))
	for i := range made {
		made[i] = NewTransition(seen[i], ch, effect)
	}
	return made
}

func every(seen []Seen, err error) []error {
	results := make([]error, len(seen))
	for i := range results {
		results[i] = err
	}
	return results
}

func (s *Service) rootsOf(ctx context.Context, seen []Seen) (map[string]Customer, error) {
	ids := make([]string, len(seen))
	for i := range seen {
		ids[i] = seen[i].ID
	}
	roots, err := s.Roots(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read customers: %w", err)
	}
	found := make(map[string]Customer, len(roots))
	for _, c := range roots {
		found[c.ID] = c
	}
	return found, nil
}
