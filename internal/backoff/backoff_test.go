package backoff_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"lethe/internal/backoff"
)

var some = backoff.Exponential{First: 10 * time.Millisecond, Max: 500 * time.Millisecond}

func TestTheLimitDoubles(t *testing.T) {
	t.Parallel()
	for attempt, want := range map[int]time.Duration{
		-1: 0, 0: 0, 1: 10 * time.Millisecond, 2: 20 * time.Millisecond, 6: 320 * time.Millisecond,
		7: 500 * time.Millisecond, 1000: 500 * time.Millisecond,
	} {
		if got := some.Limit(attempt); got != want {
			t.Errorf("after %d attempts it is %v, want %v", attempt, got, want)
		}
	}
}

// took returns how long a wait takes.
func took(t *testing.T, wait func() error) time.Duration {
	t.Helper()
	began := time.Now()
	if err := wait(); err != nil {
		t.Fatal(err)
	}
	return time.Since(began)
}

// TestWaitsAreSpread checks that many waits with one limit spread over the whole range below it.
func TestWaitsAreSpread(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]func(ctx context.Context, n int) error{
		"at random": func(ctx context.Context, _ int) error { return some.Wait(ctx, 4) },
		"by a key":  func(ctx context.Context, n int) error { return some.WaitFor(ctx, fmt.Sprint("change", n, "#"), 4) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var least, most time.Duration = time.Hour, 0
				for n := range 1000 {
					d := took(t, func() error { return wait(t.Context(), n) })
					least, most = min(least, d), max(most, d)
				}
				if limit := some.Limit(4); least > limit/20 || most < limit*19/20 || most >= limit {
					t.Errorf("waits from %v to %v, with a limit of %v", least, most, limit)
				}
			})
		})
	}
}

func TestTheSameKeyWaitsTheSame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wait := func(key string, attempt int) time.Duration {
			return took(t, func() error { return some.WaitFor(t.Context(), key, attempt) })
		}
		if a, b := wait("a", 7), wait("a", 7); a != b {
			t.Errorf("%v and %v", a, b)
		}
		if wait("a", 7) == wait("b", 7) || wait("a", 7) == wait("a", 8) {
			t.Error("another key or attempt waits the same")
		}
	})
}

func TestAWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		long := backoff.Exponential{First: time.Hour, Max: time.Hour}
		if err := long.WaitFor(ctx, "a", 1); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}
