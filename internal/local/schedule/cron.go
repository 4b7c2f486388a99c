package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// cron holds, for each field, the values that are due. A nil field is any.
type cron struct{ minute, hour, day, month, weekday, year map[int]bool }

// horizon bounds the search for the next time. February 29 comes again within eight years.
const horizon = 9 * 366 * 24 * time.Hour

var (
	months   = map[string]int{"JAN": 1, "FEB": 2, "MAR": 3, "APR": 4, "MAY": 5, "JUN": 6, "JUL": 7, "AUG": 8, "SEP": 9, "OCT": 10, "NOV": 11, "DEC": 12}
	weekdays = map[string]int{"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}
)

func parseCron(expression string) (Schedule, error) {
	fields := strings.Fields(expression)
	if len(fields) != 6 {
		return nil, fmt.Errorf("%d fields where minutes, hours, day of month, month, day of week and year are expected", len(fields))
	}
	var c cron
	for i, field := range []struct {
		into      *map[int]bool
		low, high int
		names     map[string]int
	}{{&c.minute, 0, 59, nil}, {&c.hour, 0, 23, nil}, {&c.day, 1, 31, nil}, {&c.month, 1, 12, months}, {&c.weekday, 1, 7, weekdays}, {&c.year, 1970, 2199, nil}} {
		values, err := parseField(fields[i], field.low, field.high, field.names)
		if err != nil {
			return nil, err
		}
		*field.into = values
	}
	return c, nil
}

// parseField reads a list of values, ranges and steps, such as 1,5-9,MON,0/15. Any (* or ?) is nil.
func parseField(field string, low, high int, names map[string]int) (map[int]bool, error) {
	if field == "*" || field == "?" {
		return nil, nil
	}
	values := map[int]bool{}
	for item := range strings.SplitSeq(field, ",") {
		span, stepText, stepped := strings.Cut(item, "/")
		from, to, err := parseSpan(span, low, high, names, stepped)
		if err != nil {
			return nil, err
		}
		step := 1
		if stepped {
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
				return nil, fmt.Errorf("step %q is not a positive number", stepText)
			}
		}
		for n := from; n <= to; n += step {
			values[n] = true
		}
	}
	return values, nil
}

// parseSpan reads a value, a range or *. With a step, a single value begins a range to the end.
func parseSpan(span string, low, high int, names map[string]int, stepped bool) (from, to int, err error) {
	if span == "*" {
		return low, high, nil
	}
	first, last, isRange := strings.Cut(span, "-")
	if from, err = parseValue(first, low, high, names); err != nil {
		return 0, 0, err
	}
	switch {
	case isRange:
		to, err = parseValue(last, low, high, names)
	case stepped:
		to = high
	default:
		to = from
	}
	return from, to, err
}

func parseValue(text string, low, high int, names map[string]int) (int, error) {
	if n, named := names[strings.ToUpper(text)]; named {
		return n, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%q is not understood: a number from %d to %d is expected", text, low, high)
	}
	return n, nil
}

// Next implements Schedule.
func (c cron) Next(after time.Time) time.Time {
	end := after.Add(horizon)
	for t := after.UTC().Truncate(time.Minute).Add(time.Minute); t.Before(end); {
		switch {
		case !due(c.year, t.Year()), !due(c.month, int(t.Month())), !due(c.day, t.Day()), !due(c.weekday, int(t.Weekday())+1):
			t = time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, time.UTC)
		case !due(c.hour, t.Hour()):
			t = t.Truncate(time.Hour).Add(time.Hour)
		case !due(c.minute, t.Minute()):
			t = t.Add(time.Minute)
		default:
			return t
		}
	}
	return time.Time{}
}

func due(values map[int]bool, n int) bool { return values == nil || values[n] }
