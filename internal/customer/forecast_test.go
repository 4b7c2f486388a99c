package customer

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// trash returns customers that were deleted the given times before noon.
func trash(ages ...time.Duration) (list []Customer) {
	for _, age := range ages {
		c := inTrash(time.Time{})
		c.Deletion.Time = noon.Add(-age)
		list = append(list, c)
	}
	return list
}

func listed(customers []Customer, end error) iter.Seq2[Customer, error] {
	return func(yield func(Customer, error) bool) {
		for _, c := range customers {
			if !yield(c, nil) {
				return
			}
		}
		if end != nil {
			yield(Customer{}, end)
		}
	}
}

// countsOf returns a forecast's counts: held, never, now, day, week, month, later.
func countsOf(f Forecast) string {
	return fmt.Sprint(f.Held, f.Never, f.DueNow, f.DueDay, f.DueWeek, f.DueMonth, f.Later)
}

func TestAForecastCountsByTheTimeLeft(t *testing.T) {
	const s = time.Second
	for _, test := range []struct {
		name      string
		customers []Customer
		retention Period
		want      string
		earliest  time.Duration // after noon; 0: none
	}{
		{"nobody", nil, PeriodOf(day), "0 0 0 0 0 0 0", 0},
		{"never", trash(0, 400*day), Never, "0 2 0 0 0 0 0", 0},
		{"at once", trash(0, s), Period{}, "0 0 2 0 0 0 0", 0},
		{"due this moment, and a second later", trash(day, day-s), PeriodOf(day), "0 0 1 1 0 0 0", s},
		{"a day, and a second more", trash(9*day, 9*day-s), PeriodOf(10 * day), "0 0 0 1 1 0 0", day},
		{"a week, and a second more", trash(93*day, 93*day-s), PeriodOf(100 * day), "0 0 0 0 1 1 0", 7 * day},
		{"30 days, and a second more", trash(70*day, 70*day-s), PeriodOf(100 * day), "0 0 0 0 0 1 1", 30 * day},
		{"held ones are never due", []Customer{trash(day)[0].held("h"), trash(2 * day)[0]}, PeriodOf(30 * day), "1 0 0 0 0 1 0", 28 * day},
		{"held ones are not the first to come", []Customer{trash(29 * day)[0].held("h"), trash(day)[0]}, PeriodOf(30 * day), "1 0 0 0 0 1 0", 29 * day},
		{"held and never", []Customer{trash(day)[0].held("h")}, Never, "1 0 0 0 0 0 0", 0},
		{"those being purged are on their way", []Customer{purging(noon)}, PeriodOf(day), "0 0 0 0 0 0 0", 0},
	} {
		f, err := forecast(listed(test.customers, nil), under(test.retention), noon)
		if err != nil || countsOf(f) != test.want || !f.Complete {
			t.Errorf("%s: %s, complete %v, %v, want %s", test.name, countsOf(f), f.Complete, err, test.want)
		}
		if sum := f.Held + f.Never + f.DueNow + f.DueDay + f.DueWeek + f.DueMonth + f.Later; sum != f.InTrash {
			t.Errorf("%s: %d in the trash, %d counted", test.name, f.InTrash, sum)
		}
		var earliest time.Time
		if test.earliest > 0 {
			earliest = noon.Add(test.earliest)
		}
		if !f.Earliest.Equal(earliest) {
			t.Errorf("%s: earliest %v, want %v", test.name, f.Earliest, earliest)
		}
	}
}

func TestAForecastCountsByDay(t *testing.T) {
	const h = time.Hour // noon is 12 h into its day
	for _, test := range []struct {
		name      string
		customers []Customer
		retention Period
		want      string // days after today, and customers
	}{
		{"nobody", nil, PeriodOf(day), ""},
		{"never", trash(0), Never, ""},
		{"now", trash(day, 2*day), PeriodOf(day), ""},
		{"today, up to its last moment", trash(day-time.Second, day-12*h+1), PeriodOf(day), "0:2"},
		{"at midnight it is the next day", trash(day - 12*h), PeriodOf(day), "1:1"},
		{"several days", trash(0, h, day, 3*day), PeriodOf(7 * day), "4:1 6:1 7:2"},
		{"held ones are not due", []Customer{trash(0)[0].held("h"), trash(0)[0]}, PeriodOf(30 * day), "30:1"},
		{"those being purged are on their way", []Customer{purging(noon)}, PeriodOf(day), ""},
		{"up to the last day", trash(0, day), PeriodOf(401 * day), "400:1"},
		{"and none after it", trash(0), PeriodOf(401 * day), ""},
	} {
		f, err := forecast(listed(test.customers, nil), under(test.retention), noon)
		var got []string
		for _, d := range f.Days {
			got = append(got, fmt.Sprintf("%v:%d", d.Day.Begin().Sub(DayOf(noon).Begin()).Hours()/24, d.Customers))
		}
		if err != nil || strings.Join(got, " ") != test.want {
			t.Errorf("%s: %q, %v, want %q", test.name, got, err, test.want)
		}
	}
}

func TestADueDateIsTheCustomersOwn(t *testing.T) {
	customers := trash(0, 0, 0)
	customers[0].Deletion.PurgeTime = noon.Add(2 * day)
	customers[1].Deletion.PurgeTime = noon.Add(-time.Second)
	f, err := forecast(listed(customers, nil), ownTime, noon)
	if err != nil || countsOf(f) != "0 1 1 0 1 0 0" || len(f.Days) != 1 || f.Days[0] != (DueDay{DayOf(noon).Plus(2), 1}) {
		t.Errorf("%s, %v, %v", countsOf(f), f.Days, err)
	}
}

func TestAForecastSaysWhenItIsIncomplete(t *testing.T) {
	for _, n := range []int{MaxForecast, MaxForecast + 1} {
		f, err := forecast(listed(slices.Repeat(trash(0), n), nil), under(Never), noon)
		if err != nil || f.InTrash != MaxForecast || f.Complete != (n == MaxForecast) {
			t.Errorf("of %d: %d counted, complete %v, %v", n, f.InTrash, f.Complete, err)
		}
	}
}

func TestAFaultLeavesNoHalfForecast(t *testing.T) {
	broken := errors.New("broken")
	if f, err := forecast(listed(trash(0, 0), broken), under(Never), noon); !errors.Is(err, broken) || !reflect.DeepEqual(f, Forecast{}) {
		t.Errorf("%+v, %v", f, err)
	}
}
