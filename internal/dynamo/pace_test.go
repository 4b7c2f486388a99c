package dynamo

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

func TestAPaceRisesByStepsAndHalves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace()
		want := func(after string, limit rate.Limit) {
			t.Helper()
			if got := p.limiter.Limit(); got != limit {
				t.Errorf("after %s the pace is %v items a second, want %v", after, got, limit)
			}
		}
		want("nothing", startPace)
		p.faster()
		p.faster()
		want("two batches that went through", startPace+2*paceStep)
		time.Sleep(time.Second)
		p.slower()
		want("a throttle", (startPace+2*paceStep)/2)
		p.slower()
		want("another throttle of the same burst", (startPace+2*paceStep)/2)
		for range 20 {
			time.Sleep(2 * paceRest)
			p.slower()
		}
		want("many bursts", minPace)
		for range maxPace / paceStep {
			p.faster()
		}
		want("a long time without", maxPace)
	})
}

func TestAPaceKeepsItsCallersWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, started := newPace(), time.Now()
		for range 3 * startPace / maxBatchWrite {
			done, err := p.turn(t.Context(), maxBatchWrite)
			if err != nil {
				t.Fatal(err)
			}
			done()
		}
		burst := time.Duration(maxBatchWrite*writers) * time.Second / startPace
		if took := time.Since(started); took != 3*time.Second-burst {
			t.Errorf("three seconds' items took %v", took)
		}
	})
}

// TestAWaitPastTheDeadlineEndsAtOnce leaves the remaining time to the caller, which must answer.
func TestAWaitPastTheDeadlineEndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, started := newPace(), time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var err error
		for err == nil {
			_, err = p.turn(ctx, maxBatchWrite*writers)
		}
		if took := time.Since(started); !errors.Is(err, context.DeadlineExceeded) || took >= 100*time.Millisecond {
			t.Errorf("%v after %v", err, took)
		}
	})
}

func TestOnlySoManyBatchesAreUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace()
		ends := make(chan func(), maxInFlight+1)
		for range maxInFlight + 1 {
			go func() {
				done, err := p.turn(t.Context(), 1)
				if err != nil {
					t.Error(err)
				}
				ends <- done
			}()
		}
		synctest.Wait()
		if len(ends) != maxInFlight {
			t.Fatalf("%d batches are under way", len(ends))
		}
		(<-ends)()
		synctest.Wait()
		if len(ends) != maxInFlight {
			t.Error("the end of a batch let no other begin")
		}
	})
}

// TestAThrottleSlowsAllWhoWait lets as many batches ask at once as the chunks of ten messages have. The table throttles for
// a second and a half. If the batches that wait were counted at the old rate, those that come back would wait for all of
// them at the new rate.
func TestAThrottleSlowsAllWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const batches, throttled = 100, 1500 * time.Millisecond
		p, started := newPace(), time.Now()
		var underWay sync.WaitGroup
		for range batches {
			underWay.Go(func() {
				for slow := true; slow; {
					done, err := p.turn(t.Context(), maxBatchWrite)
					if err != nil {
						t.Error(err)
						return
					}
					time.Sleep(10 * time.Millisecond)
					if slow = time.Since(started) < throttled; slow {
						p.slower()
					} else {
						p.faster()
					}
					done()
				}
			})
		}
		underWay.Wait()
		if took := time.Since(started); took > 30*time.Second {
			t.Errorf("%d batches took %v", batches, took)
		}
	})
}
