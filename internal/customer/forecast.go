package customer

import (
	"context"
	"iter"
	"maps"
	"slices"
	"time"
)

// Forecast counts the customers in the trash by the time that is left until their purge, or that would be left if a given
// retention applied to them.
type Forecast struct {
	InTrash  int // customers counted
	Held     int // under legal hold: not due until it is lifted
	Never    int
	DueNow   int
	DueDay   int // within a day, without those due now
	DueWeek  int // within a week, without those above
	DueMonth int // within 30 days, without those above
	Later    int
	Earliest time.Time // first purge time in the future; zero: none
	Days     []DueDay  // the days on which customers become due, without those due now, for ForecastDays
	Complete bool      // false: the trash has more customers than were counted
}

// DueDay counts the customers that become due on a day.
type DueDay struct {
	Day       Day
	Customers int
}

// ForecastDays is how many days after today a forecast counts one by one.
const ForecastDays = 400

// MaxForecast is how many customers a forecast counts at most.
const MaxForecast = 20_000

// ForecastAsIs returns when the customers in the trash become due, each by the purge time that it has.
func (s *Service) ForecastAsIs(ctx context.Context) (Forecast, error) {
	return forecast(s.purges.Trash(ctx, time.Time{}), ownTime, s.Now())
}

func ownTime(d Deletion) time.Time { return d.PurgeTime }

// under returns the purge times that a retention would give.
func under(retention Period) func(Deletion) time.Time {
	return func(d Deletion) time.Time { return retention.After(d.Time) }
}

func forecast(trash iter.Seq2[Customer, error], purgeTime func(Deletion) time.Time, now time.Time) (Forecast, error) {
	f := Forecast{Complete: true}
	days := map[Day]int{}
	for c, err := range trash {
		if err != nil {
			return Forecast{}, err
		}
		if f.InTrash == MaxForecast {
			f.Complete = false
			break
		}
		if c.State == Deleted {
			due := purgeTime(*c.Deletion)
			f.count(c, due, now)
			if !c.Held() && due.After(now) {
				days[DayOf(due)]++
			}
		}
	}
	f.Days = dueDays(days, DayOf(now).Plus(ForecastDays))
	return f, nil
}

// dueDays returns the days up to the last one, in their order.
func dueDays(counts map[Day]int, last Day) (days []DueDay) {
	for _, day := range slices.Sorted(maps.Keys(counts)) {
		if day <= last {
			days = append(days, DueDay{day, counts[day]})
		}
	}
	return days
}

func (f *Forecast) count(c Customer, purgeTime, now time.Time) {
	const day = 24 * time.Hour
	f.InTrash++
	left := purgeTime.Sub(now)
	if !c.Held() && left > 0 && (f.Earliest.IsZero() || purgeTime.Before(f.Earliest)) {
		f.Earliest = purgeTime
	}
	switch {
	case c.Held():
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
