package web_test

import (
	"encoding/json"
	"testing"
	"time"

	"lethe/internal/customer"
	"lethe/internal/web"
)

func TestTotalsByDay(t *testing.T) {
	s := newSystem(t)
	today := customer.DayOf(s.service.Now())
	day := func(n int) string { return string(today.Plus(n)) }
	var entries []customer.Entry
	for n, m := range map[int]customer.Moves{0: {Added: 3}, -29: {Deleted: 2}, -30: {Restored: 4}, -400: {Purged: 5}} {
		entries = append(entries, customer.Entry{Customer: "c", Seq: day(n), At: today.Plus(n).Begin().Add(24*time.Hour - 1), Moved: m})
	}
	if _, err := s.store.Observe(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	between := func(from, to int) string { return "?from=" + day(from) + "&to=" + day(to) }
	for _, test := range []struct {
		query    string
		from, to int // days from today
		counts   int64
	}{
		{"", -29, 0, 5},
		{"?from=" + day(-30), -30, 0, 9},
		{"?to=" + day(-1), -30, -1, 6},
		{between(-29, -29), -29, -29, 2},
		{between(-400, -1), -400, -1, 11},
	} {
		got := s.daysOf("/v1/totals/days" + test.query)
		if n := test.to - test.from + 1; len(got) != n || got[0].Day != day(test.from) || got[n-1].Day != day(test.to) {
			t.Errorf("%q: %d days, from %v to %v", test.query, len(got), got[0], got[len(got)-1])
		}
		var counts int64
		for _, d := range got {
			counts += d.Added + d.Deleted + d.Restored + d.Purged
		}
		if counts != test.counts {
			t.Errorf("%q: %d are counted, want %d", test.query, counts, test.counts)
		}
	}
	if got := s.daysOf("/v1/totals/days" + between(-30, 0)); got[0].Restored != 4 || got[1].Deleted != 2 || got[30].Added != 3 {
		t.Errorf("%+v", got)
	}
	if got := s.daysOf("/v1/totals/days?to=9999-12-31"); len(got) != 30 {
		t.Errorf("to the last day of all: %d days", len(got))
	}
	s.run(t, []call{
		{Name: "a day too many", Method: get, URL: "/v1/totals/days" + between(-400, 0), Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "query.from"}},
		{Name: "backwards", Method: get, URL: "/v1/totals/days" + between(0, -1), Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "query.from"}},
		{Name: "no day", Method: get, URL: "/v1/totals/days?to=2026-02-30", Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "query.to"}},
		{Name: "a time", Method: get, URL: "/v1/totals/days?from=2026-02-01T00:00:00Z", Status: 422, Code: "INVALID"},
	})
}

func (s *system) daysOf(url string) []web.DayTotals {
	s.t.Helper()
	var body web.TotalsByDay
	if err := json.Unmarshal([]byte(s.must(200, get, url, "").text), &body); err != nil {
		s.t.Fatal(err)
	}
	return body.Days
}
