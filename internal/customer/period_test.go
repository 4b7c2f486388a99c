package customer

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

const day = 24 * time.Hour

func TestParsePeriod(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"PT0S":                0,
		"P0D":                 0,
		"PT5S":                5 * time.Second,
		"PT90M":               90 * time.Minute,
		"P30D":                30 * day,
		"P2W":                 14 * day,
		"P1DT12H":             36 * time.Hour,
		"P1W2DT3H4M5S":        9*day + 3*time.Hour + 4*time.Minute + 5*time.Second,
		"P007D":               7 * day,
		"P36500D":             36_500 * day,
		"P36499DT23H59M60S":   36_500 * day,
		"P0WT3153600000S":     36_500 * day,
		"P00000000000000001D": day,
	} {
		p, err := ParsePeriod(text)
		if length, ends := p.Length(); err != nil || !ends || length != want {
			t.Errorf("%s: %v %v, %v, want %v", text, length, ends, err, want)
		}
	}
	if p, err := ParsePeriod("never"); err != nil || p != Never {
		t.Errorf("never: %v, %v", p, err)
	}
}

func TestInvalidPeriodsAreRefused(t *testing.T) {
	for _, text := range []string{
		"", "P", "PT", "P1WT", "P1DT", "30", "30D", "P30", "PT5", "P1Y", "P1M", "P1Y2M", "P5S", "P1H", "PT1D", "-P1D", "P-1D", "+P1D",
		"P1.5D", "P1,5D", "P1D ", " P1D", "P1D\n", "p1d", "P1DT1H1D", "PT1S1M", "P1D1W", "Never", "NEVER", "P٣D", "P1D\x00", "\xff",
		"P36501D", "P36500DT1S", "PT3153600001S", "P5215W", "P9223372036854775807D", "PT99999999999999999999S",
		"P" + strings.Repeat("9", 400) + "D", "P36500WT9223372036854775807S",
	} {
		if p, err := ParsePeriod(text); err == nil {
			t.Errorf("%.40q was read as %v", text, p)
		}
	}
}

func TestPeriodsAreWrittenInDaysAndSeconds(t *testing.T) {
	for want, p := range map[string]Period{
		"never":          Never,
		"PT0S":           {},
		"PT1S":           PeriodOf(1999 * time.Millisecond),
		"P1D":            PeriodOf(day),
		"P1DT43200S":     PeriodOf(36 * time.Hour),
		"PT86399S":       PeriodOf(day - time.Second),
		"P36500D":        PeriodOf(maxPeriod),
		"P36499DT86399S": PeriodOf(maxPeriod - time.Second),
	} {
		if got := p.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestPeriodsGoThroughJSON(t *testing.T) {
	type document struct{ Retention Period }
	for _, p := range []Period{{}, Never, PeriodOf(30 * day), PeriodOf(time.Second)} {
		text, err := json.Marshal(document{p})
		var back document
		if err != nil || json.Unmarshal(text, &back) != nil || back.Retention != p {
			t.Errorf("%s came back as %v, %v", text, back.Retention, err)
		}
	}
	if err := json.Unmarshal([]byte(`{"Retention":"P1Y"}`), &document{}); err == nil {
		t.Error("a year was read")
	}
}

func TestAPeriodEndsAfterItsLengthOrNever(t *testing.T) {
	if end := PeriodOf(30 * day).After(noon); !end.Equal(noon.Add(30 * day)) {
		t.Errorf("30 days end at %v", end)
	}
	if end := (Period{}).After(noon); !end.Equal(noon) {
		t.Errorf("at once is %v", end)
	}
	if end := Never.After(noon); !end.IsZero() {
		t.Errorf("never ends at %v", end)
	}
	if _, ends := Never.Length(); ends {
		t.Error("never has a length")
	}
}

func TestPeriodsAreOrderedNeverLast(t *testing.T) {
	inOrder := []Period{{}, PeriodOf(time.Second), PeriodOf(day), PeriodOf(maxPeriod), Never}
	for i, p := range inOrder {
		for j, q := range inOrder {
			if got := p.Shorter(q); got != (i < j) {
				t.Errorf("%v shorter than %v: %v", p, q, got)
			}
		}
	}
}

// FuzzParsePeriod parses any text. A valid period must have whole seconds and at most 100 years, and must
// be the same when its own text is parsed.
func FuzzParsePeriod(f *testing.F) {
	for _, seed := range []string{"never", "PT0S", "P30D", "P1W2DT3H4M5S", "P36500DT1S", "P99999999999999999999W", "PT", "P1Y", "\xffP1D"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePeriod(text)
		if err != nil {
			if p != (Period{}) {
				t.Fatalf("%q is refused and yet %v", text, p)
			}
			return
		}
		length, ends := p.Length()
		if length < 0 || length > maxPeriod || length%time.Second != 0 || ends == (text == "never") {
			t.Fatalf("%q is %v, ends %v", text, length, ends)
		}
		if again, err := ParsePeriod(p.String()); err != nil || again != p {
			t.Fatalf("%q is written %s, which is read as %v, %v", text, p, again, err)
		}
	})
}
