// Package parallel makes calls concurrently, up to a limit. A call that fails does not stop the others; where it
// should, use golang.org/x/sync/errgroup.
package parallel

import "sync"

// Each calls do for 0 to n-1, at most limit calls at the same time, and returns the error of each call.
func Each(n, limit int, do func(i int) error) []error {
	results := make([]error, n)
	always := func() bool { return true }
	While(n, limit, always, func(i int) { results[i] = do(i) })
	return results
}

// While starts calls of do for 0 to n-1 in this order, at most limit at the same time, until more returns false. It
// calls more right before it starts a call, when fewer than limit are running. It returns when all calls have returned.
func While(n, limit int, more func() bool, do func(i int)) {
	room := make(chan struct{}, limit)
	var calls sync.WaitGroup
	for i := range n {
		room <- struct{}{}
		if !more() {
			break
		}
		calls.Go(func() {
			defer func() { <-room }()
			do(i)
		})
	}
	calls.Wait()
}
