package customer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// followed is a store and a queue that note what [Service.Follow] does, and fail on command.
type followed struct {
	*scripted
	added    int // entries that Observe adds; -1: all
	rewords  int // calls of Reword that succeed; -1: all
	enqueues int // likewise
	done     []string
}

var errFollow = errors.New("failed on command")

func (f *followed) Observe(_ context.Context, entries []Entry) (int, error) {
	for _, e := range entries {
		f.done = append(f.done, "log "+e.Seq)
	}
	if f.added >= 0 && f.added < len(entries) {
		return f.added, errFollow
	}
	return len(entries), nil
}

func (f *followed) Reword(_ context.Context, id string, _ func(string) string) error {
	f.done = append(f.done, "reword "+id)
	f.rewords--
	return unless(f.rewords != -1)
}

func (f *followed) PutBack(_ context.Context, c Customer, _ time.Time) error {
	f.done = append(f.done, "put back "+c.ID)
	f.enqueues--
	return unless(f.enqueues != -1)
}

func (f *followed) Enqueue(context.Context, ...Job) error { return nil }

func unless(ok bool) error {
	if ok {
		return nil
	}
	return errFollow
}

// changesToFollow are: 0 a new customer, 1 a change without an entry, 2 a new name, 3 a removal by TTL, 4 a new name.
func changesToFollow() []RootChange {
	named := func(name, change string) *Customer {
		c := image(Active, ActionUpdated, "")
		c.ID, c.Profile.LastName, c.Last.ID = "c", name, change
		return c
	}
	expired := inTrash(noon)
	expired.ID = "x"
	changes := []RootChange{
		{After: named("a", "1")},
		{Before: named("a", "1"), After: named("a", "1")},
		{Before: named("a", "1"), After: named("b", "2")},
		{Before: &expired, Expired: true},
		{Before: named("b", "2"), After: named("c", "3")},
	}
	for i := range changes {
		changes[i].Seq, changes[i].At = fmt.Sprint(i), noon
	}
	return changes
}

func TestFollowReturnsTheFirstChangeThatIsNotDone(t *testing.T) {
	for _, test := range []struct {
		name                     string
		added, rewords, enqueues int
		want                     int
		steps                    []string
	}{
		{"nothing fails", -1, -1, -1, 5, []string{"put back x", "log 0", "log 2", "log 3", "log 4", "reword c", "reword c"}},
		{"the expiry", -1, -1, 0, 3, []string{"put back x", "log 0", "log 2", "reword c"}},
		{"the log, before a change without an entry", 1, -1, -1, 2, []string{"put back x", "log 0", "log 2", "log 3", "log 4"}},
		{"the log of the expiry", 2, -1, -1, 3, []string{"put back x", "log 0", "log 2", "log 3", "log 4", "reword c"}},
		{"the log and the expiry", 1, -1, 0, 2, []string{"put back x", "log 0", "log 2"}},
		{"the whole log", 0, -1, -1, 0, []string{"put back x", "log 0", "log 2", "log 3", "log 4"}},
		{"a new name", -1, 0, -1, 2, []string{"put back x", "log 0", "log 2", "log 3", "log 4", "reword c"}},
		{"the second new name", -1, 1, -1, 4, []string{"put back x", "log 0", "log 2", "log 3", "log 4", "reword c", "reword c"}},
		{"the log and a new name before it", 3, 0, -1, 2, []string{"put back x", "log 0", "log 2", "log 3", "log 4", "reword c"}},
	} {
		f := &followed{&scripted{}, test.added, test.rewords, test.enqueues, nil}
		s := New(f, f, f, nil)
		s.Clock = func() time.Time { return noon.Add(time.Hour) }
		done, err := s.Follow(t.Context(), changesToFollow())
		if done != test.want || (err == nil) != (test.want == 5) || !slices.Equal(f.done, test.steps) {
			t.Errorf("%s: %d done, %v, want %d\n got %q\nwant %q", test.name, done, err, test.want, f.done, test.steps)
		}
	}
}
