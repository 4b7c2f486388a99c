// Package parallel makes many calls at the same time, in a bounded number at once. One that fails does not stop
// the others: where it should, use golang.org/x/sync/errgroup.
package parallel

import "sync"

// Each calls do for 0 to n-1, at most limit at once, and returns what each call returned.
func Each(n, limit int, do func(i int) error) []error {
	results := make([]error, n)
	always := func() bool { return true }
	While(n, limit, always, func(i int) { results[i] = do(i) })
	return results
}

// While calls do for 0 to n-1 in this order, at most limit at once, as long as more is true. It asks more
// before each call, when there is room for the call, and returns when all calls have.
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
