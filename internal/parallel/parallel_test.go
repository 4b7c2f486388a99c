package parallel_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"lethe/internal/parallel"
)

// calls notes which calls begin, and how many run at the same time.
type calls struct {
	mu            sync.Mutex
	begun         []int
	running, most int
}

func (c *calls) do(i int, takes time.Duration) {
	c.mu.Lock()
	c.begun = append(c.begun, i)
	c.running++
	c.most = max(c.most, c.running)
	c.mu.Unlock()
	time.Sleep(takes)
	c.mu.Lock()
	c.running--
	c.mu.Unlock()
}

func TestEach(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ n, limit, most, seconds int }{
		{0, 3, 0, 0}, {1, 3, 1, 1}, {3, 3, 3, 1}, {10, 3, 3, 4}, {10, 1, 1, 10},
	} {
		t.Run(fmt.Sprintf("%d of %d", tt.limit, tt.n), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var c calls
				began, broken := time.Now(), errors.New("broken")
				results := parallel.Each(tt.n, tt.limit, func(i int) error {
					if c.do(i, time.Second); i%2 == 1 {
						return fmt.Errorf("%w: %d", broken, i)
					}
					return nil
				})
				if took := time.Since(began); took != time.Duration(tt.seconds)*time.Second || c.most != tt.most || len(results) != tt.n {
					t.Errorf("%d results after %v, with %d at once", len(results), took, c.most)
				}
				for i, err := range results {
					if errors.Is(err, broken) != (i%2 == 1) || err != nil && err.Error() != fmt.Sprintf("broken: %d", i) {
						t.Errorf("call %d: %v", i, err)
					}
				}
			})
		})
	}
}

// TestWhileAsksWhenThereIsRoom makes calls of one second each while more is true for a second and a half. Calls that
// wait longer than that for a free place must not begin.
func TestWhileAsksWhenThereIsRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var c calls
		began := time.Now()
		parallel.While(10, 2, func() bool { return time.Since(began) < 1500*time.Millisecond }, func(i int) { c.do(i, time.Second) })
		slices.Sort(c.begun)
		if !slices.Equal(c.begun, []int{0, 1, 2, 3}) || time.Since(began) != 2*time.Second || c.running != 0 {
			t.Errorf("begun %v, %d not ended after %v", c.begun, c.running, time.Since(began))
		}
	})
}
