package customer

import (
	"context"
	"errors"
	"slices"

	"lethe/internal/parallel"
)

const restoreAttempts = 5

// RestoreMany takes customers out of the trash; see Restore. generations has the deletion to undo for
// each customer. Only the generation must match: a customer that was blocked or put under legal hold
// after it was seen is restored, too. The result is ErrVersion if other changes come first in all
// attempts.
func (s *Service) RestoreMany(ctx context.Context, seen []Seen, generations []string, ch Change) []error {
	ch = s.stamp(ch, ActionRestored)
	results := sameResult(seen, ErrVersion)
	for attempt := 1; attempt <= restoreAttempts && slices.ContainsFunc(results, isVersionError); attempt++ {
		s.restore(ctx, seen, generations, ch, results)
	}
	return parallel.Each(len(seen), maxConcurrent, func(i int) error { return s.explain(ctx, seen[i].ID, ignoreUnchanged(results[i])) })
}

func isVersionError(err error) bool { return errors.Is(err, ErrVersion) }

// restore reads the customers with the result ErrVersion again, and restores them. The result is
// ErrVersion again if a customer changes between the read and the write.
func (s *Service) restore(ctx context.Context, seen []Seen, generations []string, ch Change, results []error) {
	var pending []Seen
	for i, err := range results {
		if isVersionError(err) {
			pending = append(pending, seen[i])
		}
	}
	roots, err := s.rootsOf(ctx, pending)
	var moves []Transition
	var at []int
	for i, was := range seen {
		if !isVersionError(results[i]) {
			continue
		}
		c, there := roots[was.ID]
		move := NewTransition(c.Seen(), ch, RestoreEffect{generations[i], c.Created})
		switch {
		case err != nil:
			results[i] = err
		case !there:
			results[i] = ErrNotFound
		default:
			results[i] = move.Refused(c, Settings{})
		}
		if isVersionError(results[i]) { // Refused found no other reason against it
			moves, at = append(moves, move), append(at, i)
		}
	}
	for i, err := range s.customers.Advance(ctx, moves, Settings{}) {
		results[at[i]] = err
	}
}
