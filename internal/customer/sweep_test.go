package customer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lethe/internal/ledger"
)

// overdue returns a trash of customers; their ids are the minutes since the purge time.
func overdue(minutes ...int) (list []Customer) {
	for _, m := range minutes {
		c := inTrash(noon.Add(-time.Duration(m) * time.Minute))
		c.ID = fmt.Sprint("c", m)
		list = append(list, c)
	}
	return list
}

func TestSweeps(t *testing.T) {
	broken := errors.New("broken")
	stuck := purging(noon.Add(-time.Minute))
	stuck.ID = "stuck"
	for _, test := range []struct {
		name   string
		store  scripted
		want   Sweep
		queued string
		err    error
	}{
		{"nothing is due", scripted{trash: listed(nil, nil)}, Sweep{}, "", nil},
		{"some are due", scripted{trash: listed(overdue(9, 30, 1), nil)}, Sweep{Due: 3, Lag: 30 * time.Minute}, "c9 c30 c1", nil},
		{"one is stuck", scripted{trash: listed(append(overdue(2), stuck), nil)}, Sweep{Due: 1, Stuck: 1, Lag: 2 * time.Minute}, "c2 stuck", nil},
		{"the rules refuse some", scripted{trash: listed(overdue(1, 2, 3, 4, 5), nil), refusals: map[string]error{
			"c1": ErrNotDeleted, "c2": &HoldError{}, "c3": ErrNotDue, "c4": ErrNotFound,
		}}, Sweep{Due: 1, Refused: 4, Lag: 5 * time.Minute}, "c5", nil},
		{"one is past the fence already", scripted{trash: listed(overdue(1), nil), refusals: map[string]error{"c1": ErrUnchanged}}, Sweep{Due: 1, Lag: time.Minute}, "c1", nil},
		{"a fault with one keeps none of the others", scripted{trash: listed(overdue(1, 2, 3), nil), refusals: map[string]error{"c2": broken}}, Sweep{Due: 2, Lag: 3 * time.Minute}, "c3 c1", broken},
		{"the queue has enough", scripted{trash: listed(overdue(1), nil), backlog: MaxBacklog}, Sweep{Full: true, Lag: time.Minute}, "", nil},
		{"the list shows one too early", scripted{trash: listed(overdue(-1, 1), nil)}, Sweep{Due: 1, Refused: 1, Lag: time.Minute}, "c1", nil},
		{"one has changed since it was listed", scripted{trash: listed(overdue(1, 2), nil), refusals: map[string]error{"c1": ErrVersion}}, Sweep{Due: 1, Refused: 1, Lag: 2 * time.Minute}, "c2", nil},
		{"the queue can't be asked", scripted{trash: listed(overdue(1), nil), busy: broken}, Sweep{}, "", broken},
		{"the queue takes nothing", scripted{trash: listed(overdue(1), nil), enqueue: broken}, Sweep{Due: 1, Lag: time.Minute}, "c1", broken},
		{"the list breaks off", scripted{trash: listed(overdue(1), broken)}, Sweep{Lag: time.Minute}, "", broken},
	} {
		store := test.store
		got, err := store.service(t).Sweep(t.Context())
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: %+v, %v, want %+v, %v", test.name, got, err, test.want, test.err)
		}
		if queued := strings.Join(store.queued, " "); queued != test.queued {
			t.Errorf("%s: queued %q, want %q", test.name, queued, test.queued)
		}
		if calls := strings.Join(store.calls, " "); calls != "acquire release" {
			t.Errorf("%s: the lease was not released: %s", test.name, calls)
		}
	}
}

func TestASweepOfManyQueuesThemAll(t *testing.T) {
	ages := make([]int, 2*sweepBatch+1)
	for i := range ages {
		ages[i] = i
	}
	store := scripted{trash: listed(overdue(ages...), nil)}
	got, err := store.service(t).Sweep(t.Context())
	if err != nil || got.Due != len(ages) || len(store.queued) != len(ages) {
		t.Errorf("%+v, %d queued, %v, want %d", got, len(store.queued), err, len(ages))
	}
}

// TestASweepOfManyGoesOnPastThoseThatFail has customers at the head of the list that can't be fenced.
func TestASweepOfManyGoesOnPastThoseThatFail(t *testing.T) {
	broken := errors.New("broken")
	for _, test := range []struct{ faults, want int }{
		{1, 2 * sweepBatch}, {maxFaults, 2*sweepBatch + 1 - maxFaults}, {maxFaults + 1, sweepBatch - maxFaults - 1}, {sweepBatch, 0},
	} {
		ages := make([]int, 2*sweepBatch+1)
		refusals := map[string]error{}
		for i := range ages {
			if ages[i] = i; i < test.faults {
				refusals[fmt.Sprint("c", i)] = broken
			}
		}
		store := scripted{trash: listed(overdue(ages...), nil), refusals: refusals}
		got, err := store.service(t).Sweep(t.Context())
		if !errors.Is(err, broken) || got.Due != test.want || len(store.queued) != test.want {
			t.Errorf("%d fail: %+v, %d queued, want %d; %v", test.faults, got, len(store.queued), test.want, err)
		}
		if n := strings.Count(fmt.Sprint(err), "customer c"); n != min(test.faults, maxFaults) {
			t.Errorf("%d fail: %d are named", test.faults, n)
		}
	}
}

// TestASweepMeasuresItsRoomAgain has a queue with room for one message, and workers that make room for another one, or don't.
func TestASweepMeasuresItsRoomAgain(t *testing.T) {
	for _, test := range []struct {
		name string
		then []int // backlogs measured later
		want Sweep
		took time.Duration
	}{
		{"no room is made", []int{MaxBacklog}, Sweep{Due: MaxJobs, Full: true}, measureAfter},
		{"room for one more", []int{MaxBacklog - 1, MaxBacklog}, Sweep{Due: 2 * MaxJobs, Full: true}, 2 * measureAfter},
		{"room for the rest", []int{0}, Sweep{Due: 3*MaxJobs + 1}, measureAfter},
	} {
		synctest.Test(t, func(t *testing.T) {
			store := scripted{trash: listed(overdue(make([]int, 3*MaxJobs+1)...), nil), backlog: MaxBacklog - 1, later: test.then}
			began := time.Now()
			got, err := store.service(t).Sweep(t.Context())
			if got != test.want || err != nil || len(store.queued) != got.Due || time.Since(began) != test.took {
				t.Errorf("%s: %+v, %v, %d queued in %v; want %+v in %v", test.name, got, err, len(store.queued), time.Since(began), test.want, test.took)
			}
		})
	}
}

// TestASweepWithoutTimeDoesNotWaitForRoom ends a sweep at its deadline, without an error: the next one continues.
func TestASweepWithoutTimeDoesNotWaitForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), measureAfter/2)
		defer cancel()
		store := scripted{trash: listed(overdue(make([]int, MaxJobs+1)...), nil), backlog: MaxBacklog - 1}
		if got, err := store.service(t).Sweep(ctx); err != nil || got != (Sweep{Due: MaxJobs, Full: true}) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// TestTheDueAndTheStuckAreInMessagesOfTheirOwn also checks that the customers of a chain stand side by side.
func TestTheDueAndTheStuckAreInMessagesOfTheirOwn(t *testing.T) {
	var list []Customer
	for i, c := range overdue(1, 2, 3, 4, 5, 6, 7, 8) {
		if i%2 == 0 {
			c = purging(noon.Add(-time.Minute))
		}
		c.ID = fmt.Sprint("c", i)
		list = append(list, c)
	}
	store := scripted{trash: listed(list, nil)}
	if got, err := store.service(t).Sweep(t.Context()); err != nil || got.Due != 4 || got.Stuck != 4 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, half := range [][]string{store.queued[:4], store.queued[4:]} {
		chains := make([]int, 4)
		for i, id := range half {
			if chains[i] = ledger.ChainOf(id); id[1]%2 != half[0][1]%2 {
				t.Errorf("%v mixes the due and the stuck", half)
			}
		}
		if !slices.IsSorted(chains) {
			t.Errorf("%v are of the chains %v", half, chains)
		}
	}
}
