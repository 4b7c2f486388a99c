package customer

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestATraceHasNothingPersonal(t *testing.T) {
	c := inTrash(noon.Add(time.Hour)).held("case-1").with(map[string]int64{"ticket": 2, "invoice": 0})
	c.Version, c.Blocked, c.Created, c.Last.At = 7, true, noon.Add(-day), noon
	c.Profile = Profile{Organisation: "Canary", LastName: "Canary", Email: "canary@example.com"}
	c.Deletion.By, c.Deletion.Reason, c.Terms = "canary", "Canary asked", []string{"canary"}
	c.Last.By, c.Last.Reason, c.Holds["case-1"] = "canary", "Canary asked", Hold{By: "canary", Reason: "canary"}
	trace := c.Trace()
	want := Trace{
		At: noon, Version: 7, State: Deleted, Blocked: true, Held: true, Created: noon.Add(-day), Counts: map[string]int64{"ticket": 2},
		Deletion: &Deletion{ID: "d1", Time: noon.Add(-time.Hour), PurgeTime: noon.Add(time.Hour)},
	}
	if !reflect.DeepEqual(trace, want) {
		t.Errorf("got %+v, want %+v", trace, want)
	}
	now := c
	now.Counts = map[string]int64{"ticket": 3}
	if got := trace.Customer(c.ID, now); got.Profile.LastName != "Canary" || got.Counts["ticket"] != 2 {
		t.Errorf("of a customer that has another record now: %+v", got)
	}
	now.Version++
	for name, now := range map[string]Customer{"changed": now, "gone": {}} {
		got := trace.Customer(c.ID, now)
		if got.ID != c.ID || got.Version != 7 || got.State != Deleted || !got.Blocked || strings.Contains(strings.ToLower(got.Profile.Organisation+got.Deletion.Reason), "canary") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
