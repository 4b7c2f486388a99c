package customer

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
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
		{"a fault with one keeps none of the others", scripted{trash: listed(overdue(1, 2, 3), nil), refusals: map[string]error{"c2": broken}}, Sweep{Due: 2, Lag: 3 * time.Minute}, "c1 c3", broken},
		{"the queue has enough", scripted{trash: listed(overdue(1), nil), backlog: MaxBacklog}, Sweep{Full: true, Lag: time.Minute}, "", nil},
		{"the queue has room for one", scripted{trash: listed(overdue(2, 1), nil), backlog: MaxBacklog - 1}, Sweep{Due: 1, Full: true, Lag: 2 * time.Minute}, "c2", nil},
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
