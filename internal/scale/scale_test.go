package main

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/docstest"
	"lethe/internal/scale/cloud"
	"lethe/internal/scale/recorded"
)

// TestEverybodyIsDone records the real code and plays each line with some thousand customers: what enters is done and
// logged, and paid for as the recorded runs consumed it.
func TestEverybodyIsDone(t *testing.T) {
	if testing.Short() {
		t.Skip("recording the functions takes half a minute")
	}
	lethe, err := recorded.Record(t.Context(), recorded.Quick, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if lethe.Chunked != bulk.MaxSubjects {
		t.Errorf("a chunk deletes %d customers, want %d", lethe.Chunked, bulk.MaxSubjects)
	}
	if _, write := lethe.Chunk.Units(); write < 3*bulk.MaxSubjects || write > 3.2*bulk.MaxSubjects {
		t.Errorf("a chunk of %d deletions consumes %g write units, want 3 each and a few", bulk.MaxSubjects, write)
	}
	costsPage(t, lethe)
	o := options{customers: 1500, records: 1000, visits: 5, share: 0.3, storm: 10 * time.Second, limit: 6 * time.Hour, seed: 1, stopped: func() bool { return false }}
	var lines []result
	for _, scenario := range scenarios(o, lethe) {
		r := scenario.run()
		if r.done != r.customers {
			t.Errorf("%s: %d of %d are done after %s", r.what, r.done, r.customers, r.Now())
		}
		if r.stream.Left != 0 || r.queue.Backlog() != 0 {
			t.Errorf("%s: %d records and %d messages are left", r.what, r.stream.Left, r.queue.Backlog())
		}
		lines = append(lines, r)
	}
	if got := lines[0].stream.Handled; got != o.customers {
		t.Errorf("%d deletions were logged, want %d", got, o.customers)
	}
	_, each := lethe.Chunk.Units()
	if got, least := lines[0].paid.Write, each*float64(o.customers/bulk.MaxSubjects); got < least {
		t.Errorf("%d deletions cost %g write units, their chunks alone %g", o.customers, got, least)
	}
	if storm, calm := lines[3].paid.Throttled+lines[3].audit.Throttled, lines[3].paid.Requests; storm == 0 {
		t.Errorf("the storm throttled none of %d requests", calm)
	}
	var shown bytes.Buffer
	if err := report(&shown, o, lethe, lines, time.Second); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1,500 customers deleted by an operation", "20 min", "Simulated, not measured on AWS", "$0.625"} {
		if !strings.Contains(shown.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, &shown)
		}
	}
}

func TestOptions(t *testing.T) {
	for _, args := range [][]string{{"-customers", "0"}, {"-visits", "0"}, {"-share", "2"}, {"-warm", "50000"}, {"-records", "-1"}} {
		if err := command(args); err == nil || !strings.Contains(err.Error(), "must be") {
			t.Errorf("%v: %v", args, err)
		}
	}
	if err := command([]string{"-help"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-help: %v", err)
	}
}

func TestShortTimes(t *testing.T) {
	for d, want := range map[time.Duration]string{
		8 * time.Millisecond: "8 ms", 2300 * time.Millisecond: "2.3 s", 80 * time.Second: "80 s", 20 * time.Minute: "20 min",
	} {
		if got := short(d); got != want {
			t.Errorf("%d: %q, want %q", d, got, want)
		}
	}
}

func TestTheHeadOfATraceIsItsShare(t *testing.T) {
	t.Parallel()
	trace := cloud.Trace{Customers: 100, Stages: make([]cloud.Stage, 10), CPU: 1}
	for i := range trace.Stages {
		trace.Stages[i] = cloud.Stage{{Operation: "UpdateItem"}}
	}
	head := trace.Head(0.25)
	if len(head.Stages) != 3 || head.Customers != 25 || head.CPU < 0.29 || head.CPU > 0.31 {
		t.Errorf("a quarter of ten stages is %d, of 100 customers %d, of a second %g", len(head.Stages), head.Customers, head.CPU)
	}
}

const costs, costsSection = "docs/costs.md", "## A million customers at once"

// TestTheCostsPageHasEachLine compares the names and goals on the page with the scenarios of a run without options.
func TestTheCostsPageHasEachLine(t *testing.T) {
	t.Parallel()
	o, err := parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	var want [][]string
	for _, s := range scenarios(o, nil) {
		want = append(want, []string{s.what, cmp.Or(s.goal, "-")})
	}
	var got [][]string
	for _, row := range docstest.Rows(docstest.Section(t, costs, costsSection)) {
		if len(row) == 6 {
			got = append(got, row[:2])
		}
	}
	if twice := slices.Concat(want, want); !slices.EqualFunc(got, twice, slices.Equal) { // on new tables and on warm ones
		t.Errorf("%s has the lines\n%q\nwant\n%q", costs, got, twice)
	}
}

// costsPage compares what the page says of each customer with the recorded runs, which throttle nothing.
func costsPage(t *testing.T, lethe *recorded.Lethe) {
	t.Helper()
	for _, row := range docstest.Rows(docstest.Section(t, costs, costsSection)) {
		switch row[0] {
		case "deleted by an operation":
			each(t, row, share{lethe.Plan, lethe.Planned}, share{lethe.Chunk, lethe.Chunked})
		case "purged when due":
			each(t, row, share{lethe.Sweep, lethe.Sweep.Customers}, share{lethe.Message[0], lethe.Message[0].Customers})
		}
	}
}

// share is what so many customers have a part of.
type share struct {
	cloud.Trace

	among int
}

// each sums what a customer takes, and compares the units with a row of the page: repeated attempts add a few of a hundred.
func each(t *testing.T, row []string, shares ...share) {
	t.Helper()
	var write, read float64
	for _, s := range shares {
		r, w := s.Units()
		write, read = write+w/float64(s.among), read+r/float64(s.among)
	}
	for at, counted := range map[int]float64{1: write, 3: read} {
		if said, err := strconv.ParseFloat(row[at], 64); err != nil || said < counted*0.98 || said > counted*1.07 {
			t.Errorf("%s says that a customer %s takes %s units, and %.2f were counted (%v)", costs, row[0], row[at], counted, err)
		}
	}
}
