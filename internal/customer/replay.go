package customer

import "context"

// ReplayMany purges customers again whom the ledger says to be gone, after a restored
// backup has brought them back: active or in the trash, whatever hangs on them. Each is
// bound to how it was seen. The change's ID becomes the generation of these purges, so
// that each gets a new certificate. One that is being purged already goes on. The kinds
// are what they are purged by; see [Settings.Freeze].
//
// That the ledger names them is for the caller to know.
func (s *Service) ReplayMany(ctx context.Context, seen []Seen, kinds []Kind, ch Change) []error {
	ch = s.stamp(ch, ActionPurgeStarted)
	results, err := s.fenceAgain(ctx, seen, kinds, ch)
	if err != nil {
		return every(seen, err)
	}
	gone := func(int) error { return nil } // as the ledger says
	ours := func(int, Customer) bool { return true }
	return s.finishFenced(ctx, seen, results, gone, ours)
}

// fenceAgain brings all but those that are past the fence already past it, from whatever
// state.
func (s *Service) fenceAgain(ctx context.Context, seen []Seen, kinds []Kind, ch Change) ([]error, error) {
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
	deletion := Deletion{ID: ch.ID, Time: ch.At, By: ch.By, Reason: ch.Reason, ReasonCode: ch.ReasonCode, PurgeTime: ch.At}
	again := ReplayEffect{deletion, FenceEffect{Lease: ch.At.Add(leaseInHand(ctx)), Frozen: kinds}}
	for i, err := range s.customers.Advance(ctx, transitions(back, ch, again), Settings{}) {
		results[at[i]] = err
	}
	return results, nil
}
