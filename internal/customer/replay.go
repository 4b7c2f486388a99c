package customer

import "context"

// ReplayMany purges customers again that a restored backup has brought back, in any state and with any
// records. Like the other methods for many customers it changes a customer only if it is as it was
// seen. The change's ID becomes the generation of these purges, so each gets a new certificate. If a
// customer is being purged, that purge is finished. The purges use the given kinds; see
// [Settings.Freeze].
//
// The caller must check that the ledger has a certificate for each customer.
func (s *Service) ReplayMany(ctx context.Context, seen []Seen, kinds []Kind, ch Change) []error {
	ch = s.stamp(ch, ActionPurgeStarted)
	results, err := s.fenceReplayed(ctx, seen, kinds, ch)
	if err != nil {
		return sameResult(seen, err)
	}
	gone := func(int) error { return nil } // the ledger has its certificate
	ours := func(int, Customer) bool { return true }
	return s.finishFenced(ctx, seen, results, gone, ours)
}

// fenceReplayed takes customers in any state past the fence, and leaves out those that are past it.
func (s *Service) fenceReplayed(ctx context.Context, seen []Seen, kinds []Kind, ch Change) ([]error, error) {
	roots, err := s.rootsOf(ctx, seen)
	if err != nil {
		return nil, err
	}
	results := make([]error, len(seen))
	var back []Seen
	var at []int
	for i, c := range seen {
		root, there := roots[c.ID]
		if results[i] = root.CanReplay(); there && root.State != Purging && results[i] == nil {
			back, at = append(back, c), append(at, i)
		}
	}
	deletion := Deletion{ID: ch.ID, Time: ch.At, By: ch.By, ApprovedBy: ch.ApprovedBy, Reason: ch.Reason, ReasonCode: ch.ReasonCode, PurgeTime: ch.At}
	again := ReplayEffect{deletion, FenceEffect{Lease: ch.At.Add(operationLease(ctx)), Frozen: kinds}}
	for i, err := range s.customers.Advance(ctx, transitions(back, ch, again), Settings{}) {
		results[at[i]] = err
	}
	return results, nil
}
