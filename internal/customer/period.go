package customer

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// Period is an ISO 8601 duration in weeks, days, hours, minutes and seconds (P30D, PT5S, P1DT12H), or
// never. Years and months are not allowed, since their length varies. The zero Period has no length.
type Period struct {
	length time.Duration
	never  bool
}

// Never is a period without end.
var Never = Period{never: true}

const maxPeriod = 100 * 365 * 24 * time.Hour

var isoPeriod = regexp.MustCompile(`^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$`)

var periodUnits = []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, time.Second}

// PeriodOf returns a period of the given length, cut to whole seconds.
func PeriodOf(d time.Duration) Period { return Period{length: d.Truncate(time.Second)} }

// ParsePeriod parses an ISO 8601 duration of at most 100 years, or "never".
func ParsePeriod(s string) (Period, error) {
	if s == "never" {
		return Never, nil
	}
	m := isoPeriod.FindStringSubmatch(s)
	if m == nil || s[len(s)-1] == 'P' || s[len(s)-1] == 'T' {
		return Period{}, fmt.Errorf("%q is not a period: write days as P30D, seconds as PT5S, or never", s)
	}
	var total float64
	var length time.Duration
	for i, unit := range periodUnits {
		n, _ := strconv.ParseFloat("0"+m[i+1], 64)
		total += n * float64(unit)
		length += time.Duration(math.Min(n, float64(maxPeriod/unit))) * unit
	}
	if total > float64(maxPeriod) {
		return Period{}, fmt.Errorf("%q is longer than 100 years: write never", s)
	}
	return Period{length: length}, nil
}

// Length returns the period's length; ok is false for never.
func (p Period) Length() (length time.Duration, ok bool) { return p.length, !p.never }

// After returns t plus the period, or the zero time for never.
func (p Period) After(t time.Time) time.Time {
	if p.never {
		return time.Time{}
	}
	return t.Add(p.length)
}

// Shorter says whether p is shorter than q.
func (p Period) Shorter(q Period) bool {
	return !p.never && (q.never || p.length < q.length)
}

func (p Period) String() string {
	switch {
	case p.never:
		return "never"
	case p.length == 0:
		return "PT0S"
	}
	days, rest := p.length/(24*time.Hour), p.length%(24*time.Hour)
	s := "P"
	if days > 0 {
		s += fmt.Sprintf("%dD", days)
	}
	if rest > 0 {
		s += fmt.Sprintf("T%dS", rest/time.Second)
	}
	return s
}

// MarshalText writes the period as ISO 8601, or never.
func (p Period) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText parses the text as [ParsePeriod] does.
func (p *Period) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePeriod(string(text))
	return err
}
