package history

import (
	"flag"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

var (
	histories = flag.Uint64("histories", 0, "number of histories to simulate; 0: 10,000, or 1,000 with -short")
	from      = flag.Uint64("from", 1, "seed of the first history")
	only      = flag.Uint64("seed", 0, "simulate only the history of this seed and print its trace")
)

// TestHistories simulates the histories of consecutive seeds, up to the first that breaks a rule.
func TestHistories(t *testing.T) {
	if *only > 0 {
		t.Log(strings.Join(simulate(t, *only, true).trace, "\n"))
		return
	}
	next, end := atomic.Uint64{}, *from+howMany()
	next.Store(*from)
	var broken atomic.Bool
	t.Cleanup(func() { t.Logf("%d histories were simulated", min(next.Load(), end)-*from) })
	for range runtime.GOMAXPROCS(0) {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for seed := next.Add(1) - 1; seed < end && !broken.Load(); seed = next.Add(1) - 1 {
				simulate(t, seed, false)
				if t.Failed() {
					broken.Store(true)
				}
			}
		})
	}
}

// howMany returns the number of histories to simulate.
func howMany() uint64 {
	switch {
	case *histories > 0:
		return *histories
	case testing.Short():
		return 1000
	default:
		return 10_000
	}
}

// simulate simulates one history. If it breaks a rule, the test fails with the rule and the trace.
func simulate(t *testing.T, seed uint64, tracing bool) *history {
	t.Helper()
	var h *history
	synctest.Test(t, func(*testing.T) { h = run(seed, tracing) })
	if h.wrong != "" {
		if !tracing {
			synctest.Test(t, func(*testing.T) { h = run(seed, true) })
		}
		t.Errorf("a rule is broken in the history of -seed %d: %s\n%s", seed, h.wrong, strings.Join(h.trace, "\n"))
	}
	return h
}

// TestASeedReplaysItsHistory simulates histories twice and compares their traces.
func TestASeedReplaysItsHistory(t *testing.T) {
	replayed := uint64(300)
	if testing.Short() {
		replayed = 30
	}
	for seed := *from; seed < *from+replayed; seed++ {
		var traces [2][]string
		for i := range traces {
			synctest.Test(t, func(*testing.T) { traces[i] = run(seed, true).trace })
		}
		if !slices.Equal(traces[0], traces[1]) {
			for i := range traces[0] {
				if i >= len(traces[1]) || traces[0][i] != traces[1][i] {
					t.Fatalf("seed %d: line %d\n%s\n%s", seed, i, traces[0][i], traces[1][min(i, len(traces[1])-1)])
				}
			}
		}
	}
}
