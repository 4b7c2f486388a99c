package main

import "testing"

// TestASmallOperationEndsBesideALargeOne applies a deletion of a few customers right after a purge of many, which is some hundred
// times as much work. The deletion must end first: it waits neither for the worker of the purge nor for its write pace. The test
// can't show that a message overtakes waiting messages of a large operation: SQS does that with message groups, which the
// engine ignores. See TestMessagesAreGroupedByOperation in internal/queue.
func TestASmallOperationEndsBesideALargeOne(t *testing.T) {
	if testing.Short() {
		t.Skip("it imports and purges a crowd")
	}
	crowd := sizeOf(t, "LETHE_CROWD", 100)
	r := launch(t, func(o *options) { o.Schedule = false })
	r.settle(t, "P30D", kind{"ticket", "cascade"})
	r.bringCrowd(t, "c", crowd)
	r.operate(t, crowd, "delete", map[string]any{"filter": map[string]any{"search": "crowd"}})
	r.bringCrowd(t, "few", bystanders)
	large := r.plan(t, "purge", map[string]any{"trash": true})
	small := r.plan(t, "delete", map[string]any{"filter": map[string]any{"search": "crowd"}})

	r.apply(t, large)
	r.apply(t, small)
	small, large = r.ended(t, small), r.ended(t, large)
	if small.Progress.Done != bystanders || large.Progress.Done != crowd {
		t.Errorf("the small one ended as %+v, the large one as %+v", small.Progress, large.Progress)
	}
	t.Logf("applied %v after the large one, the small one ended %v before it", small.Applied.Sub(large.Applied), large.Ended.Sub(small.Ended))
	if !small.Ended.Before(large.Ended) {
		t.Errorf("the small one ended at %v, the large one at %v", small.Ended, large.Ended)
	}
}
