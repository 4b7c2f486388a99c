package customer

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

var everyPolicy = Settings{Kinds: []Kind{
	{Name: "booking", Policy: Restrict},
	{Name: "chat", Policy: Cascade},
	{Name: "invoice", Policy: Restrict},
	{Name: "payment", Policy: Retain},
}}

func active() Customer { return Customer{ID: "ALFKI", State: Active} }

func inTrash(purgeTime time.Time) Customer {
	c := active()
	c.State, c.Deletion = Deleted, &Deletion{ID: "d1", Time: noon.Add(-time.Hour), PurgeTime: purgeTime}
	return c
}

func purging(purgeTime time.Time) Customer {
	c := inTrash(purgeTime)
	c.State = Purging
	return c
}

func (c Customer) held(ids ...string) Customer {
	c.Holds = map[string]Hold{}
	for _, id := range ids {
		c.Holds[id] = Hold{}
	}
	return c
}

func (c Customer) with(counts map[string]int64) Customer {
	c.Counts = counts
	return c
}

func manyHolds() []string {
	ids := make([]string, MaxHolds)
	for i := range ids {
		ids[i] = fmt.Sprint("h", i)
	}
	return ids
}

// verdict returns a short name of a decision.
func verdict(err error) string {
	var held *HoldError
	var dependents *DependentsError
	var invalid *InvalidError
	switch {
	case err == nil:
		return "yes"
	case errors.As(err, &held):
		return "held"
	case errors.As(err, &dependents):
		return fmt.Sprint(dependents.Counts)
	case errors.As(err, &invalid):
		return "full"
	}
	return map[error]string{
		ErrUnchanged: "is so", ErrNotDeleted: "not deleted", ErrNotDue: "not due",
		ErrPurgeStarted: "purging", ErrInTrash: "in trash",
	}[err]
}

// decisions returns the verdicts of all Can functions for a customer at noon. CanBlock is called with the
// opposite of the flag, and CanHold with a new hold.
func decisions(c Customer) string {
	return strings.Join([]string{
		verdict(c.CanDelete(everyPolicy)),
		verdict(c.CanRestore("", noon)),
		verdict(c.CanPurge(Fence{}, noon)),
		verdict(c.CanPurge(Fence{OnlyDue: true}, noon)),
		verdict(c.CanBlock(!c.Blocked)),
		verdict(c.CanHold("h")),
		verdict(c.CanChange()),
	}, " | ")
}

func TestWhatMayHappenToACustomer(t *testing.T) {
	past, later, never := noon.Add(-time.Second), noon.Add(time.Second), time.Time{}
	for _, test := range []struct {
		name     string
		customer Customer
		want     string // delete | restore | purge | purge when due | block | hold | change
	}{
		{"active", active(), "yes | is so | not deleted | not deleted | yes | yes | yes"},
		{"active, held", active().held("x"), "held | is so | not deleted | not deleted | yes | yes | yes"},
		{"active, held as often as can be", active().held(manyHolds()...), "held | is so | not deleted | not deleted | yes | full | yes"},
		{"active, with what restricts", active().with(map[string]int64{"invoice": 2, "chat": 1}), "map[invoice:2] | is so | not deleted | not deleted | yes | yes | yes"},
		{"active, held, with what restricts", active().held("x").with(map[string]int64{"invoice": 2}), "held | is so | not deleted | not deleted | yes | yes | yes"},

		{"deleted", inTrash(later), "is so | yes | yes | not due | yes | yes | in trash"},
		{"deleted for good", inTrash(never), "is so | yes | yes | not due | yes | yes | in trash"},
		{"deleted, due this moment", inTrash(noon), "is so | purging | yes | yes | yes | yes | in trash"},
		{"deleted, overdue", inTrash(past), "is so | purging | yes | yes | yes | yes | in trash"},
		{"deleted, held", inTrash(later).held("x"), "is so | yes | held | held | yes | yes | in trash"},
		{"deleted, overdue, held", inTrash(past).held("x"), "is so | yes | held | held | yes | yes | in trash"},
		{"deleted, with what restricts", inTrash(later).with(map[string]int64{"invoice": 2}), "is so | yes | yes | not due | yes | yes | in trash"},

		{"purging", purging(past), "purging | purging | is so | is so | purging | purging | purging"},
		{"purging ahead of time", purging(later), "purging | purging | is so | is so | purging | purging | purging"},
		{"purging, with what restricts", purging(past).with(map[string]int64{"invoice": 2}), "purging | purging | is so | is so | purging | purging | purging"},
	} {
		for _, blocked := range []bool{false, true} {
			c := test.customer
			c.Blocked, c.Version, c.Epoch = blocked, 7, 3
			if got := decisions(c); got != test.want {
				t.Errorf("%s, blocked %v:\ngot  %s\nwant %s", test.name, blocked, got, test.want)
			}
		}
	}
}

func TestAGenerationThatIsNotCurrentChangesNothing(t *testing.T) {
	past, later := noon.Add(-time.Second), noon.Add(time.Second)
	for _, test := range []struct {
		name     string
		customer Customer
		want     string // restore this one, restore another | purge this one, purge another
	}{
		{"active", active(), "not deleted, not deleted | not deleted, not deleted"},
		{"deleted", inTrash(later), "yes, not deleted | yes, not deleted"},
		{"deleted, held", inTrash(later).held("x"), "yes, not deleted | held, not deleted"},
		{"deleted, due", inTrash(past), "purging, not deleted | yes, not deleted"},
		{"purging", purging(past), "purging, not deleted | is so, not deleted"},
	} {
		c := test.customer
		got := fmt.Sprintf("%s, %s | %s, %s",
			verdict(c.CanRestore("d1", noon)), verdict(c.CanRestore("d0", noon)),
			verdict(c.CanPurge(Fence{Generation: "d1"}, noon)), verdict(c.CanPurge(Fence{Generation: "d0"}, noon)))
		if got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, got, test.want)
		}
	}
}

func TestFlagsThatAreSetAsRequested(t *testing.T) {
	blocked := active()
	blocked.Blocked = true
	for _, test := range []struct {
		name string
		got  error
		want string
	}{
		{"block a blocked one", blocked.CanBlock(true), "is so"},
		{"unblock one that is not", active().CanBlock(false), "is so"},
		{"place a hold twice", active().held("h").CanHold("h"), "is so"},
		{"place a hold twice where no more fit", active().held(manyHolds()...).CanHold("h3"), "is so"},
		{"place the last hold", active().held(manyHolds()[1:]...).CanHold("h0"), "yes"},
		{"lift a hold", active().held("h").CanLift("h"), "yes"},
		{"lift a hold in the trash", inTrash(noon).held("h").CanLift("h"), "yes"},
		{"lift another", active().held("h").CanLift("x"), "is so"},
		{"lift the only one twice", active().CanLift("h"), "is so"},
	} {
		if got := verdict(test.got); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestOnlyRestrictingRecordsBlockADeletion(t *testing.T) {
	for _, test := range []struct {
		counts map[string]int64
		want   string
	}{
		{nil, "yes"},
		{map[string]int64{"invoice": 0}, "yes"},
		{map[string]int64{"chat": 9, "payment": 9}, "yes"},
		{map[string]int64{"invoice": 1}, "map[invoice:1]"},
		{map[string]int64{"invoice": 10_248, "booking": 1, "chat": 3}, "map[booking:1 invoice:10248]"},
		{map[string]int64{"invoice": 0, "booking": 1}, "map[booking:1]"},
		{map[string]int64{"nobody-declared-this": 1}, "map[nobody-declared-this:1]"},
	} {
		if got := verdict(active().with(test.counts).CanDelete(everyPolicy)); got != test.want {
			t.Errorf("%v: %s, want %s", test.counts, got, test.want)
		}
	}
}

func TestRefusalsNameTheirCauseInOrder(t *testing.T) {
	for want, err := range map[string]error{
		"under legal hold: a, b, c": active().held("c", "a", "b").CanDelete(everyPolicy),
		"under legal hold: a, b":    inTrash(noon).held("b", "a").CanPurge(Fence{}, noon),
		"records block the deletion: 1 of kind booking, 2 of kind invoice": active().
			with(map[string]int64{"invoice": 2, "chat": 4, "booking": 1}).CanDelete(everyPolicy),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestRecordsAreCountedOverAllKinds(t *testing.T) {
	counts := map[string]int64{"invoice": 2, "chat": 0, "payment": 40}
	if got := active().with(counts).Records(); got != 42 {
		t.Errorf("%d records, want 42", got)
	}
	if got := active().Records(); got != 0 {
		t.Errorf("%d records of a customer that has none", got)
	}
	if kinds := slices.Collect(maps.Keys(counts)); len(kinds) != 3 {
		t.Errorf("counting changed the counts: %v", counts)
	}
}

func TestRedate(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	hours := func(n int) time.Time { return at.Add(time.Duration(n) * time.Hour) }
	for _, tt := range []struct {
		name      string
		due       time.Time // of a deletion at `at`
		retention Period
		want      time.Time // with notice until hours(24)
	}{
		{"later", hours(30), PeriodOf(48 * time.Hour), hours(48)},
		{"sooner, after the notice", hours(48), PeriodOf(30 * time.Hour), hours(30)},
		{"sooner than the notice", hours(48), PeriodOf(time.Hour), hours(24)},
		{"due before the notice anyhow", hours(10), PeriodOf(time.Hour), hours(10)},
		{"due before the notice anyhow, now later", hours(10), PeriodOf(12 * time.Hour), hours(12)},
		{"never due until now", time.Time{}, PeriodOf(time.Hour), hours(24)},
		{"never due from now on", hours(48), Never, time.Time{}},
	} {
		d := Deletion{Time: at, PurgeTime: tt.due}
		if got := Redate(d, tt.retention, hours(24)); !got.Equal(tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	due := Customer{State: Deleted, Deletion: &Deletion{Time: at, PurgeTime: hours(1)}}
	if err := due.CanRedate(hours(1)); !errors.Is(err, ErrPurgeStarted) {
		t.Errorf("a customer that is due: %v", err)
	}
}
