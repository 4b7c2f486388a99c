package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// report is the result of a run.
type report struct {
	size    size
	where   string // the parent of the data folder
	columns []*column
	took    time.Duration
}

// column is the result of one contender.
type column struct {
	contender
	laps   *laps
	absent string // how to install it; empty if it was measured
}

// measure lets the contenders take turns at each step, in another order each round, so that other load on the machine
// affects all of them alike.
func (r *report) measure(ctx context.Context, dir string) error {
	started := time.Now()
	lethe := newLethe(r.size, filepath.Join(dir, "lethe"))
	for _, c := range []contender{
		lethe, newLoop(lethe, 1), newLoop(lethe, loopWriters),
		newPocketBase(r.size, filepath.Join(dir, "pocketbase")), newPostgres(r.size, filepath.Join(dir, "postgres")),
	} {
		defer c.close()
		if err := r.enter(ctx, c); err != nil {
			return err
		}
	}
	for round := range r.size.Rounds {
		if err := r.round(ctx, round); err != nil {
			return err
		}
	}
	r.took = time.Since(started)
	return nil
}

func (r *report) enter(ctx context.Context, c contender) error {
	started := time.Now()
	col := &column{contender: c, laps: newLaps()}
	err := c.load(ctx)
	if absent, is := errors.AsType[*absentError](err); is {
		col.absent = absent.remedy
		progress("skipped: %s is %v", c.name(), absent)
	} else if err != nil {
		return fmt.Errorf("%s: load: %w", c.name(), err)
	}
	r.columns = append(r.columns, col)
	progress("%-20s loaded in %s", c.name(), time.Since(started).Round(100*time.Millisecond))
	return nil
}

func (r *report) round(ctx context.Context, round int) error {
	for _, s := range allSteps {
		for i := range r.columns {
			col := r.columns[(i+round)%len(r.columns)]
			do, can := col.steps()[s]
			if !can || col.absent != "" {
				continue
			}
			started := time.Now()
			if err := do(ctx, col.laps); err != nil {
				return fmt.Errorf("%s: %s: %w", col.name(), s, err)
			}
			progress("round %d of %d: %s: %-20s %s with what is around it", round+1, r.size.Rounds, s, col.name(), time.Since(started).Round(time.Millisecond))
		}
	}
	return nil
}

// progress shows that the run is alive.
func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
