package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"lethe/internal/dynamo"
)

// fake is a contender without a system behind it.
type fake string

func (f fake) name() string                                       { return string(f) }
func (f fake) about() string                                      { return "about " + string(f) }
func (f fake) load(context.Context) error                         { return nil }
func (f fake) steps() map[step]func(context.Context, *laps) error { return nil }
func (f fake) close()                                             {}
func columnOf(name string, times ...time.Duration) *column {
	c := &column{contender: fake(name), laps: newLaps()}
	c.laps.times[restore] = times
	return c
}

func TestTable(t *testing.T) {
	lethe := columnOf("Lethe", 3*time.Millisecond, time.Millisecond, 2*time.Millisecond)
	lethe.laps.costs[restore] = dynamo.Cost{Requests: map[string]int{"UpdateItem": 1234}, Write: 3}
	gone := columnOf("gone")
	gone.absent = "apt-get install gone"
	r := report{size: full, columns: []*column{
		lethe, columnOf("quick", 250*time.Microsecond, 150*time.Microsecond), columnOf("slow", time.Minute), columnOf("never"), gone,
	}}
	var shown strings.Builder
	if err := r.print(&shown); err != nil {
		t.Fatal(err)
	}
	const want = "restore it 1 (2ms) 0.1 (200µs) 30000 (1m0s) - not installed"
	if all := strings.Join(strings.Fields(shown.String()), " "); !strings.Contains(all, want) {
		t.Errorf("%q is not in\n%s", want, shown.String())
	}
	for _, part := range []string{"soft delete 1 with 10,000 records", "list page 1,000, by its number", "1,234", "gone: not installed: apt-get install gone"} {
		if !strings.Contains(shown.String(), part) {
			t.Errorf("%q is not in\n%s", part, shown.String())
		}
	}
}
