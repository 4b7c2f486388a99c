package customer

import "time"

// Totals counts customers by state.
type Totals struct {
	Active int64
	Trash  int64 // deleted, or being purged
	Purged int64
}

// Plus returns the sum.
func (t Totals) Plus(other Totals) Totals {
	return Totals{t.Active + other.Active, t.Trash + other.Trash, t.Purged + other.Purged}
}

// Moves counts what happened to customers.
type Moves struct {
	Added    int64
	Deleted  int64
	Restored int64
	Purged   int64
}

// Plus returns the sum.
func (m Moves) Plus(other Moves) Moves {
	return Moves{m.Added + other.Added, m.Deleted + other.Deleted, m.Restored + other.Restored, m.Purged + other.Purged}
}

// DayTotals is what happened on one day.
type DayTotals struct {
	Day Day
	Moves
}

// KeptDays is the number of days for which totals by day are kept, and the most that can be asked for at once.
const KeptDays = 400

// Day is a day in UTC, such as 2026-11-30. Days are ordered like their texts.
type Day string

// DayOf returns the day of a time.
func DayOf(t time.Time) Day { return Day(t.UTC().Format(time.DateOnly)) }

// ParseDay parses a day.
func ParseDay(text string) (Day, error) {
	t, err := time.Parse(time.DateOnly, text)
	return DayOf(t), err
}

// Begin returns the time at which the day begins. It is zero if the day is not valid.
func (d Day) Begin() time.Time {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Time{}
	}
	return t
}

// Plus returns the day that is n days later.
func (d Day) Plus(n int) Day { return DayOf(d.Begin().AddDate(0, 0, n)) }

// DaysBetween returns one element for each day from the first to the last, with what was counted on it.
func DaysBetween(first, last Day, counted map[Day]Moves) []DayTotals {
	days := []DayTotals{}
	for t, end := first.Begin(), last.Begin(); !t.After(end); t = t.AddDate(0, 0, 1) {
		days = append(days, DayTotals{DayOf(t), counted[DayOf(t)]})
	}
	return days
}
