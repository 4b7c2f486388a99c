package model

import (
	"context"
	"errors"
	"strings"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// Advance makes transitions in batches of moveSize, and returns one error for each.
func (t Table) Advance(ctx context.Context, transitions []customer.Transition, s customer.Settings) []error {
	results := make([]error, len(transitions))
	for from := 0; from < len(transitions); from += moveSize {
		to := min(from+moveSize, len(transitions))
		t.advance(ctx, transitions[from:to], s, results[from:to])
	}
	return results
}

// advance makes one batch. It repeats the transitions that a busy table refused.
func (t Table) advance(ctx context.Context, batch []customer.Transition, s customer.Settings, results []error) {
	pending := upTo(len(batch))
	for attempt := 1; len(pending) > 0; attempt++ {
		var refused, again []int
		err := bulk.MayBegin(ctx)
		if err != nil && attempt == 1 {
			err = errors.Join(bulk.ErrNotBegun, err)
		}
		if err == nil {
			refused, again, err = t.execute(ctx, batch, s, pending)
		}
		if err == nil {
			err = t.explain(ctx, batch, s, refused, results)
		}
		if err != nil {
			for _, i := range pending {
				results[i] = err
			}
			return
		}
		pending = again
	}
}

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// execute sends the pending transitions in one request. A busy table carries out only the first;
// again lists the others.
func (t Table) execute(ctx context.Context, batch []customer.Transition, s customer.Settings, pending []int) (refused, again []int, err error) {
	ids := make([]string, len(pending))
	for i, at := range pending {
		ids[i] = batch[at].ID
	}
	err = t.request(ctx, "Advance", strings.Join(ids, " "), func(v Verdict) {
		refused, again = nil, nil
		for i, at := range pending {
			switch {
			case v == Partial && i > 0:
				again = append(again, at)
			case !t.advanceOne(ctx, batch[at], s):
				refused = append(refused, at)
			}
		}
	})
	return refused, again, err
}

// advanceOne makes a transition if the customer still has the version that was seen and, for a
// deletion, no records that restrict it. It returns false if a condition fails.
func (t Table) advanceOne(ctx context.Context, tr customer.Transition, s customer.Settings) bool {
	old := t.roots[tr.ID]
	if old == nil || old.Version != tr.Version {
		return false
	}
	next := root{Customer: clone(old.Customer), sweepAt: old.sweepAt, ttl: old.ttl}
	next.Version, next.Last, next.Recent = tr.Version+1, tr.Change(), next.Recent.WithMany(tr.Change().ID)
	switch effect := tr.Effect().(type) {
	case customer.DeleteEffect:
		for _, kind := range s.Restricting() {
			if old.Counts[kind] > 0 {
				return false
			}
		}
		next.State, next.Deletion, next.Epoch = customer.Deleted, &effect.Deletion, tr.Epoch+1
		next.place(time.Time{})
	case customer.RestoreEffect:
		next.State, next.Deletion = customer.Active, nil
		next.place(time.Time{})
	case customer.FenceEffect:
		next.State, next.Frozen = customer.Purging, effect.Frozen
		next.place(effect.Lease)
	case customer.ReplayEffect:
		next.State, next.Deletion, next.Epoch, next.Frozen = customer.Purging, &effect.Deletion, tr.Epoch+1, effect.Frozen
		next.place(effect.Lease)
	case customer.RedateEffect:
		next.Deletion = &effect.Deletion
		if !tr.Held {
			next.place(time.Time{})
		}
	case customer.BlockEffect:
		next.Blocked, next.Epoch = true, tr.Epoch+1
	case customer.UnblockEffect:
		next.Blocked = false
	default:
		panic("model: " + tr.Change().Action + " is not made in bulk")
	}
	t.put(ctx, next)
	return true
}

// explain reads the customers of refused transitions and sets the reasons. A customer may have
// changed since the refusal.
func (t Table) explain(ctx context.Context, batch []customer.Transition, s customer.Settings, refused []int, results []error) error {
	if len(refused) == 0 {
		return nil
	}
	ids := make([]string, len(refused))
	for i, at := range refused {
		ids[i] = batch[at].ID
	}
	found, err := t.Roots(ctx, ids)
	if err != nil {
		return err
	}
	for _, at := range refused {
		results[at] = customer.ErrNotFound
		for _, c := range found {
			if c.ID == batch[at].ID {
				results[at] = batch[at].Refused(c, s)
			}
		}
	}
	return nil
}
