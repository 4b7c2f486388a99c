package customer

import (
	"context"
	"errors"
	"slices"

	"lethe/internal/parallel"
)

const restoreAttempts = 5

// RestoreMany takes customers out of the trash; see Restore. The generations name what is
// undone of each. It binds to these alone: a block or a legal hold that came since a
// customer was seen doesn't keep it. Only one that somebody else changes again and again
// is refused with ErrVersion.
func (s *Service) RestoreMany(ctx context.Context, seen []Seen, generations []string, ch Change) []error {
	ch = s.stamp(ch, ActionRestored)
	results := every(seen, ErrVersion)
	for attempt := 1; attempt <= restoreAttempts && slices.ContainsFunc(results, outrun); attempt++ {
		s.restore(ctx, seen, generations, ch, results)
	}
	return parallel.Each(len(seen), atOnce, func(i int) error { return s.explain(ctx, seen[i].ID, unchanged(results[i])) })
}

func outrun(err error) bool { return errors.Is(err, ErrVersion) }

// restore makes restorations, as far as their results are ErrVersion, to the customers as
// they are now. That is again their result if they are not so any more when it comes to it.
func (s *Service) restore(ctx context.Context, seen []Seen, generations []string, ch Change, results []error) {
	var pending []Seen
	for i, err := range results {
		if outrun(err) {
			pending = append(pending, seen[i])
		}
	}
	roots, err := s.rootsOf(ctx, pending)
	var moves []Transition
	var at []int
	for i, was := range seen {
		if !outrun(results[i]) {
			continue
		}
		c, there := roots[was.ID]
		move := NewTransition(c.See(), ch, RestoreEffect{generations[i], c.Created})
		switch {
		case err != nil:
			results[i] = err
		case !there:
			results[i] = ErrNotFound
		default:
			results[i] = move.Refused(c, Settings{})
		}
		if outrun(results[i]) { // nothing else is against it
			moves, at = append(moves, move), append(at, i)
		}
	}
	for i, err := range s.customers.Advance(ctx, moves, Settings{}) {
		results[at[i]] = err
	}
}
