package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lethe/internal/dynamo"
)

// contender is a system under measurement. It holds its data from load to close.
type contender interface {
	name() string
	// about names its versions and how it does each step. Call it after load.
	about() string
	// load starts the system and fills it with size.Customers customers, none of them deleted. It returns an
	// *absentError if the system is not installed.
	load(ctx context.Context) error
	// steps returns what it can do. Each step leaves the data as it found it; the time for that is not measured.
	steps() map[step]func(context.Context, *laps) error
	close()
}

// absentError says that a contender is not installed, and how to install it.
type absentError struct{ remedy string }

func (e *absentError) Error() string { return "not installed: " + e.remedy }

// step is one thing that the contenders do in turn.
type step string

// The steps, in the order of a round.
const (
	deleteAndRestore step = "delete and restore one customer"
	readPages        step = "read pages"
	deleteCrowd      step = "delete many customers"
	purgeCrowd       step = "purge many customers"
	purgeHeavy       step = "purge one customer"
)

var allSteps = []step{deleteAndRestore, readPages, deleteCrowd, purgeCrowd, purgeHeavy}

// task is one line of the table: one measurement of a step.
type task string

// The tasks.
const (
	softDelete    task = "soft delete"
	restore       task = "restore"
	firstPage     task = "first page"
	farPage       task = "far page"
	farPageKeyset task = "far page by keyset"
	accepted      task = "bulk delete accepted"
	planned       task = "bulk delete planned"
	deleted       task = "bulk delete"
	deletedOnly   task = "bulk delete, its writes alone"
	deletedSQL    task = "bulk delete by SQL"
	purgeAccepted task = "bulk purge accepted"
	purgedCrowd   task = "bulk purge"
	purgedHeavy   task = "purge"
)

var allTasks = []task{
	softDelete, restore, accepted, planned, deleted, deletedOnly, deletedSQL, purgeAccepted, purgedCrowd, purgedHeavy,
	firstPage, farPage, farPageKeyset,
}

// title is how the table calls a task.
func (s size) title(t task) string {
	bulkDelete := fmt.Sprintf("bulk delete of %s: ", count(s.Crowd))
	bulkPurge := fmt.Sprintf("bulk purge of %s x %d: ", count(s.Crowd), s.Each)
	switch t {
	case softDelete:
		return fmt.Sprintf("soft delete 1 with %s records", count(s.Heavy))
	case restore:
		return "restore it"
	case accepted:
		return bulkDelete + "accepted"
	case planned:
		return bulkDelete + "its impact known"
	case deleted:
		return bulkDelete + "done"
	case deletedOnly:
		return bulkDelete + "its writes alone"
	case deletedSQL:
		return bulkDelete + "done, past hooks and rules"
	case purgeAccepted:
		return bulkPurge + "accepted"
	case purgedCrowd:
		return bulkPurge + "done"
	case purgedHeavy:
		return "purge 1 x " + count(s.Heavy)
	case firstPage:
		return "list page 1 of " + count(s.Customers)
	case farPage:
		return fmt.Sprintf("list page %s, by its number", count(s.farPage()))
	case farPageKeyset:
		return fmt.Sprintf("list page %s, by where the last one ended", count(s.farPage()))
	}
	return string(t)
}

// count formats a number with separated thousands.
func count(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", count(n/1000), n%1000)
}

// laps holds the times of one contender.
type laps struct {
	times map[task][]time.Duration
	costs map[task]dynamo.Cost // of one run of the task; only for contenders that count their requests
}

func newLaps() *laps {
	return &laps{times: map[task][]time.Duration{}, costs: map[task]dynamo.Cost{}}
}

// since adds the time from start until now to each of the tasks.
func (l *laps) since(start time.Time, done ...task) {
	took := time.Since(start)
	for _, t := range done {
		l.times[t] = append(l.times[t], took)
	}
}

// few is how often a task of milliseconds is repeated within a round.
const few = 20

// repeat does something a few times.
func repeat(do func() error) error {
	for range few {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

var errShort = errors.New("what was done is not what was asked for")

// expect returns an error if a step did something else than it should.
func expect(what string, got, want int) error {
	if got != want {
		return fmt.Errorf("%s: %d instead of %d: %w", what, got, want, errShort)
	}
	return nil
}
