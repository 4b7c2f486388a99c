package clock_test

import (
	"testing"
	"testing/synctest"
	"time"

	"lethe/internal/clock"
)

func TestTheNilClockIsTheSystems(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(1234567 * time.Nanosecond)
		var c clock.Clock
		if got, want := c.Now(), time.Now().UTC().Add(-234567*time.Nanosecond); !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("it is %v, want %v", got, want)
		}
	})
}

func TestAClockThatIsSet(t *testing.T) {
	t.Parallel()
	berlin := time.FixedZone("CET", 3600)
	c := clock.Clock(func() time.Time { return time.Date(2026, 3, 1, 0, 30, 0, 999_999_999, berlin) })
	if got, want := c.Now(), time.Date(2026, 2, 28, 23, 30, 0, 999_000_000, time.UTC); got != want {
		t.Errorf("it is %v, want %v", got, want)
	}
}
