package customer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lethe/internal/parallel"
)

// The methods of this file do for many customers what the methods without Many do for one. A customer
// changes only if it still is as it was seen: otherwise its result is ErrVersion. They return one
// result per customer, in the same order. Repeated with the same Change.ID they change nothing.

// DeleteMany moves customers to the trash under the given settings, which may differ from those in
// force; see Delete. The change's ID becomes the generation of all these deletions. With a retention
// of PT0S the sweep purges the customers.
func (s *Service) DeleteMany(ctx context.Context, seen []Seen, settings Settings, ch Change) []error {
	ch = s.stamp(ch, ActionDeleted)
	return s.advance(ctx, transitions(seen, ch, DeleteEffect{deletion(settings, ch)}), settings)
}

// BlockMany sets or clears the blocked flag of customers.
func (s *Service) BlockMany(ctx context.Context, seen []Seen, blocked bool, ch Change) []error {
	var effect Effect = UnblockEffect{}
	if blocked {
		effect = BlockEffect{}
	}
	return s.advance(ctx, transitions(seen, s.stamp(ch, effect.action()), effect), Settings{})
}

// RedateMany gives customers in the trash the purge times that follow from a retention; see Redate.
func (s *Service) RedateMany(ctx context.Context, seen []Seen, retention Period, notBefore time.Time, ch Change) []error {
	ch = s.stamp(ch, ActionRedated)
	found, err := s.rootsOf(ctx, seen)
	if err != nil {
		return sameResult(seen, err)
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

// Redate returns the purge time of a deletion under a retention. It is not before notBefore, unless
// the deletion's present purge time is earlier, too. The zero time means never.
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

// PurgeMany purges customers in the trash completely, from the fence to the removal of the root, with
// the given kinds; see [Settings.Freeze]. The result ErrUnfinished means that the sweep will continue
// the customer's purge.
func (s *Service) PurgeMany(ctx context.Context, seen []Seen, generations []string, kinds []Kind, ch Change) []error {
	ch = s.stamp(ch, ActionPurgeStarted)
	fence := FenceEffect{Lease: ch.At.Add(operationLease(ctx)), Frozen: kinds}
	results := s.customers.Advance(ctx, transitions(seen, ch, fence), Settings{})
	gone := func(i int) error { return s.checkCertificate(ctx, seen[i].ID, generations[i]) }
	ours := func(i int, root Customer) bool { return root.Deletion.ID == generations[i] }
	return s.finishFenced(ctx, seen, results, gone, ours)
}

// finishFenced finishes the purges of the customers that passed the fence. results has the outcomes of
// their fences; finishFenced replaces them by the outcomes of the purges. gone returns the result of a
// customer without a root. ours says whether the purge is the one that was asked for.
func (s *Service) finishFenced(ctx context.Context, seen []Seen, results []error, gone func(int) error, ours func(int, Customer) bool) []error {
	roots, err := s.rootsOf(ctx, seen)
	if err != nil {
		return sameResult(seen, err)
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
	s.finishMany(ctx, fenced, func(id string, err error) { results[indexOf(seen, id)] = err })
	return results
}

// finishMany finishes the purges of fenced customers together. If that fails it purges each by itself,
// so that one customer can't stop the others. It calls report for each customer, or for none if all
// succeed.
func (s *Service) finishMany(ctx context.Context, fenced []Customer, report func(id string, err error)) {
	if len(fenced) == 0 {
		return
	}
	err := s.purge(ctx, fenced...)
	if err == nil {
		return
	}
	if ctx.Err() != nil { // there is no time for single purges; the sweep continues when the leases end
		for _, c := range fenced {
			report(c.ID, errors.Join(ErrUnfinished, err))
		}
		return
	}
	errs := parallel.Each(len(fenced), maxConcurrent, func(i int) error {
		return s.Purge(ctx, Job{Customer: fenced[i].ID, Generation: fenced[i].Deletion.ID})
	})
	for i, err := range errs {
		report(fenced[i].ID, err)
	}
}

func indexOf(seen []Seen, id string) int {
	return slices.IndexFunc(seen, func(c Seen) bool { return c.ID == id })
}

// checkCertificate returns nil if the ledger has the certificate of this purge, and *PurgedError if it
// only has the certificate of another generation.
func (s *Service) checkCertificate(ctx context.Context, id, generation string) error {
	cert, err := s.Certificate(ctx, id)
	if err == nil && cert.DeletionID != generation {
		err = &PurgedError{cert}
	}
	return err
}

// advance makes transitions. The result for a purged customer is *PurgedError.
func (s *Service) advance(ctx context.Context, moves []Transition, settings Settings) []error {
	results := s.customers.Advance(ctx, moves, settings)
	return parallel.Each(len(moves), maxConcurrent, func(i int) error { return s.explain(ctx, moves[i].ID, results[i]) })
}

// Absent returns for each id why there is no such customer: ErrNotFound or *PurgedError. Any other
// error is a fault. The caller must know that the customers don't exist.
func (s *Service) Absent(ctx context.Context, ids []string) []error {
	return parallel.Each(len(ids), maxConcurrent, func(i int) error { return s.explain(ctx, ids[i], ErrNotFound) })
}

const maxConcurrent = 16 // customers of a chunk or a sweep that are handled at the same time

// transitions returns transitions with the same effect on every customer.
func transitions(seen []Seen, ch Change, effect Effect) []Transition {
	moves := make([]Transition, len(seen))
	for i := range moves {
		moves[i] = NewTransition(seen[i], ch, effect)
	}
	return moves
}

func sameResult(seen []Seen, err error) []error {
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
	return s.rootsByID(ctx, ids)
}

// rootsByID reads customers, and returns those that exist by their ids.
func (s *Service) rootsByID(ctx context.Context, ids []string) (map[string]Customer, error) {
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
