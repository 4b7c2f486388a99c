package customer

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
)

func containsFold(s, part string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(part))
}

// image returns a root as it is in the change stream after a change.
func image(state State, action Action, change string) *Customer {
	return &Customer{ID: "ALFKI", State: state, Last: Change{ID: change, At: noon, By: "ann", Action: action, Reason: "asked", ReasonCode: Inactive, Subject: "s"}}
}

func TestEachChangeIsOneEntry(t *testing.T) {
	live, later := image(Active, ActionCreated, "1"), noon.Add(time.Minute)
	deleted, fenced := image(Deleted, ActionDeleted, "2"), image(Purging, ActionPurgeStarted, "3")
	for _, test := range []struct {
		name          string
		before, after *Customer
		expired       bool
		want          string // action, by, after noon, reason, subject, totals
	}{
		{"created", nil, live, false, "customer.created ann 0s asked s {1 0 0}"},
		{"changed", live, image(Active, ActionUpdated, "x"), false, "customer.updated ann 0s asked s {0 0 0}"},
		{"deleted", live, deleted, false, "customer.deleted ann 0s asked s {-1 1 0}"},
		{"held in the trash", deleted, image(Deleted, ActionHoldPlaced, "x"), false, "hold.placed ann 0s asked s {0 0 0}"},
		{"restored", deleted, image(Active, ActionRestored, "x"), false, "customer.restored ann 0s asked s {1 -1 0}"},
		{"fenced", deleted, fenced, false, "purge.started ann 0s asked s {0 0 0}"},
		{"removed by a worker", fenced, nil, false, "customer.purged ann 1m0s   {0 -1 1}"},
		{"removed by TTL", deleted, nil, true, "customer.expired ttl 1m0s   {0 -1 0}"},
		{"put back", nil, fenced, false, "purge.started ann 0s asked s {0 1 0}"},
	} {
		e, ok := Describe(test.before, test.after, "7", later, test.expired)
		got := fmt.Sprintf("%s %s %v %s %s %v", e.Action, e.By, e.At.Sub(noon), e.Reason, e.Subject, e.Delta)
		if !ok || got != test.want || e.Customer != "ALFKI" || e.Seq != "7" {
			t.Errorf("%s: %v\ngot  %s\nwant %s", test.name, ok, got, test.want)
		}
	}
}

func TestAMovedLeaseIsNoEntry(t *testing.T) {
	fenced := image(Purging, ActionPurgeStarted, "3")
	if e, ok := Describe(fenced, image(Purging, ActionPurgeStarted, "3"), "7", noon, false); ok {
		t.Errorf("%+v", e)
	}
}

// The stream's times are in whole seconds, so a removal may seem to be earlier than the change before it.
func TestARemovalIsNotBeforeTheLastChange(t *testing.T) {
	fenced := image(Purging, ActionPurgeStarted, "3")
	fenced.Last.At = noon.Add(900 * time.Millisecond)
	for _, expired := range []bool{false, true} {
		if e, _ := Describe(fenced, nil, "7", noon, expired); !e.At.Equal(fenced.Last.At) {
			t.Errorf("removed %v, changed %v", e.At, fenced.Last.At)
		}
	}
}

func TestTotalsOfAWholeLifeComeOutEven(t *testing.T) {
	live, back := image(Active, ActionCreated, "1"), image(Active, ActionRestored, "3")
	deleted, again := image(Deleted, ActionDeleted, "2"), image(Deleted, ActionDeleted, "4")
	fenced := image(Purging, ActionPurgeStarted, "5")
	for name, life := range map[string][]struct {
		before, after *Customer
		expired       bool
	}{
		"purged by a worker": {{nil, live, false}, {live, deleted, false}, {deleted, back, false}, {back, again, false}, {again, fenced, false}, {fenced, nil, false}},
		"expired by TTL":     {{nil, live, false}, {live, deleted, false}, {deleted, nil, true}, {nil, fenced, false}, {fenced, nil, false}},
	} {
		var sum Totals
		for _, step := range life {
			e, _ := Describe(step.before, step.after, "7", noon, step.expired)
			sum.Active += e.Delta.Active
			sum.Trash += e.Delta.Trash
			sum.Purged += e.Delta.Purged
		}
		if sum != (Totals{Purged: 1}) {
			t.Errorf("%s: %+v", name, sum)
		}
	}
}

func TestAnEntryNamesTheFieldsThatChangedNeverTheirValues(t *testing.T) {
	p := Profile{Organisation: "Canary", FirstName: "Canary", LastName: "Canary", Email: "canary@example.com", Phone: "030-canary", Consents: map[string]bool{"canary": true}}
	for want, revise := range map[string]func(*Profile){
		"":             func(*Profile) {},
		"organisation": func(p *Profile) { p.Organisation = "Canary 2" },
		"firstName":    func(p *Profile) { p.FirstName = "" },
		"lastName":     func(p *Profile) { p.LastName = "Canary-2" },
		"email":        func(p *Profile) { p.Email = "" },
		"phone":        func(p *Profile) { p.Phone = "canary" },
		"push":         func(p *Profile) { p.Push = true },
		"consents":     func(p *Profile) { p.Consents = nil },
		"organisation firstName lastName email phone push consents": func(p *Profile) { *p = Profile{Push: true} },
	} {
		before, after := image(Active, ActionCreated, "1"), image(Active, ActionUpdated, "2")
		before.Profile, after.Profile = p, p
		revise(&after.Profile)
		after.Last.Reason = "Canary, once Canary 2, asked from canary@example.com"
		e, _ := Describe(before, after, "7", noon, false)
		if got := strings.Join(e.Fields, " "); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if text := fmt.Sprint(e); containsFold(text, "canary") {
			t.Error(text)
		}
	}
}

func TestAnEntryNamesAMovedPurgeTime(t *testing.T) {
	before, after := image(Deleted, ActionHoldPlaced, "1"), image(Deleted, ActionHoldLifted, "2")
	before.Deletion, after.Deletion = &Deletion{ID: "d1", PurgeTime: noon}, &Deletion{ID: "d1", PurgeTime: noon.Add(LiftNotice)}
	e, _ := Describe(before, after, "7", noon, false)
	if got := strings.Join(e.Fields, " "); got != "purgeTime" {
		t.Errorf("got %q", got)
	}
	for _, other := range []*Deletion{before.Deletion, {ID: "d2", PurgeTime: noon.Add(time.Hour)}, nil} {
		after.Deletion = other
		if e, _ := Describe(before, after, "7", noon, false); len(e.Fields) > 0 {
			t.Errorf("with %+v: %q", other, e.Fields)
		}
	}
}

// countingLog is a store without a log that counts the calls of Reword.
type countingLog struct {
	Store
	reworded int
}

func (*countingLog) Observe(_ context.Context, entries []Entry) (int, error) { return len(entries), nil }

func (l *countingLog) Reword(context.Context, string, func(string) string) error {
	l.reworded++
	return nil
}

// TestALogIsRewordedAfterChangesOfNamesOnly checks that a log is reworded if a customer gets other names,
// and not, for example, for each purge time that an operation moves.
func TestALogIsRewordedAfterChangesOfNamesOnly(t *testing.T) {
	for fields, want := range map[string]int{
		"": 0, "purgeTime": 0, "push": 0, "consents push": 0,
		"lastName": 1, "consents email": 1, "phone": 1, "organisation": 1, "firstName": 1,
	} {
		store := &countingLog{}
		err := New(store, nil, nil, nil).reword(t.Context(), Entry{Fields: strings.Fields(fields)}, image(Active, ActionUpdated, "x"))
		if err != nil || store.reworded != want {
			t.Errorf("changed %q: reworded %d times, want %d; %v", fields, store.reworded, want, err)
		}
	}
}
