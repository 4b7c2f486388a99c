package customer

import (
	"iter"
	"time"
)

// Forecast tells what a retention would mean for the customers now in the trash, if
// their purge times were set by it.
type Forecast struct {
	InTrash  int // customers looked at
	Held     int // of these, under legal hold: never due until it is lifted
	Never    int
	DueNow   int
	DueDay   int // within the next day, those due now not counted
	DueWeek  int // within a week, likewise
	DueMonth int // within 30 days, likewise
	Later    int
	Earliest time.Time // of the purge times still to come
	Complete bool      // false: the trash is larger than was looked at
}

// MaxForecast is how many customers a forecast looks at.
const MaxForecast = 20_000

func forecast(trash iter.Seq2[Customer, error], retention Period, now time.Time) (Forecast, error) {
	f := Forecast{Complete: true}
	for c, err := range trash {
		if err != nil {
			return Forecast{}, err
		}
		if f.InTrash == MaxForecast {
			f.Complete = false
			break
		}
		if c.State == Deleted {
			f.count(c, retention.After(c.Deletion.Time), now)
		}
	}
	return f, nil
}

func (f *Forecast) count(c Customer, purgeTime, now time.Time) {
	const day = 24 * time.Hour
	f.InTrash++
	left := purgeTime.Sub(now)
	if held := len(c.Holds) > 0; !held && left > 0 && (f.Earliest.IsZero() || purgeTime.Before(f.Earliest)) {
		f.Earliest = purgeTime
	}
	switch {
	case len(c.Holds) > 0:
		f.Held++
	case purgeTime.IsZero():
		f.Never++
	case left <= 0:
		f.DueNow++
	case left <= day:
		f.DueDay++
	case left <= 7*day:
		f.DueWeek++
	case left <= 30*day:
		f.DueMonth++
	default:
		f.Later++
	}
}
