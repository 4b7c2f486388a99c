package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// turn changes the settings.
func (s *system) turn(change func(*customer.Settings)) {
	s.t.Helper()
	settings, err := s.service.Settings(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	settings.Kinds = append([]customer.Kind{}, settings.Kinds...)
	change(&settings)
	if _, err := s.service.UpdateSettings(s.t.Context(), settings, true, "tester"); err != nil {
		s.t.Fatal(err)
	}
}

func soon(s *customer.Settings) { s.Retention = customer.PeriodOf(6 * time.Second) }

func keeping(policy customer.Policy, fields ...string) func(*customer.Settings) {
	return func(s *customer.Settings) { s.Kinds[3].Policy, s.Kinds[3].Keep = policy, fields }
}

// TestAPlanIsBoundToTheSettings plans, changes the settings, and applies. The plan is refused if the action reads a
// setting that changed, and only then.
func TestAPlanIsBoundToTheSettings(t *testing.T) {
	for _, tt := range []struct {
		name, action string
		change       func(*customer.Settings)
		stale        bool
	}{
		{"deleted to be purged in seconds", "delete", soon, true},
		{"deleted, though records restrict now", "delete", keeping(customer.Restrict), true},
		{"deleted, and more is kept later", "delete", func(s *customer.Settings) { s.Kinds[2].Keep = []string{"amount", "number"} }, false},
		{"purged, though records are retained now", "purge", keeping(customer.Retain, "amount"), true},
		{"purged, though more is kept now", "purge", func(s *customer.Settings) { s.Kinds[2].Keep = []string{"amount", "number"} }, true},
		{"purged, whatever the retention", "purge", soon, false},
		{"given a retention that is another now", "redate", soon, true},
		{"restored", "restore", soon, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSystem(t)
			s.add(1)
			if tt.action != "delete" {
				s.must(200, remove, "/v1/customers/c000", "")
			}
			if tt.action == "redate" {
				s.turn(func(s *customer.Settings) { s.Retention = customer.PeriodOf(90 * 24 * time.Hour) })
			}
			id, digest := s.plan(fmt.Sprintf(`{"action":%q,"selection":{"ids":["c000"]}}`, tt.action))
			before := s.must(200, get, "/v1/customers/c000", "").text
			s.turn(tt.change)
			approval := fmt.Sprintf(`{"digest":%q,"acknowledged":true}`, digest)
			if !tt.stale {
				s.must(202, post, "/v1/operations/"+id+"/apply", approval)
				return
			}
			refused := s.must(409, post, "/v1/operations/"+id+"/apply", approval)
			if refused.at("code") != "PLAN_STALE" || !strings.Contains(fmt.Sprint(refused.at("detail")), "settings have changed") {
				t.Error(refused.text)
			}
			s.settle()
			if after := s.must(200, get, "/v1/customers/c000", "").text; after != before {
				t.Errorf("refused, and done:\n%s\n%s", before, after)
			}
			id, digest = s.plan(fmt.Sprintf(`{"action":%q,"selection":{"ids":["c000"]}}`, tt.action))
			s.must(202, post, "/v1/operations/"+id+"/apply", fmt.Sprintf(`{"digest":%q,"acknowledged":true}`, digest))
		})
	}
}

// TestARunningOperationGoesByWhatWasApproved changes the settings after the plan is applied and before the first customer is
// changed.
func TestARunningOperationGoesByWhatWasApproved(t *testing.T) {
	s := newSystem(t)
	now := time.Now().UTC().Truncate(time.Millisecond)
	s.service.Clock = func() time.Time { return now }
	s.engine.Clock = s.service.Clock
	s.add(1)
	s.must(201, post, "/v1/customers/c000/records", `{"kind":"ticket","id":"1","data":{"amount":3}}`)
	id, digest := s.plan(`{"action":"delete","selection":{"ids":["c000"]}}`)
	shown := s.must(200, get, "/v1/operations/"+id, "").at("impact.restoreUntil")
	s.must(202, post, "/v1/operations/"+id+"/apply", fmt.Sprintf(`{"digest":%q,"acknowledged":true}`, digest))
	s.turn(soon)
	s.turn(keeping(customer.Restrict))
	s.settle()
	if purgeTime := s.must(200, get, "/v1/customers/c000", "").at("deletion.purgeTime"); purgeTime != shown {
		t.Errorf("it can be restored until %v, shown was %v", purgeTime, shown)
	}
	s.turn(keeping(customer.Cascade))
	id, digest = s.plan(`{"action":"purge","selection":{"ids":["c000"]}}`)
	s.must(202, post, "/v1/operations/"+id+"/apply", fmt.Sprintf(`{"digest":%q,"acknowledged":true}`, digest))
	s.turn(keeping(customer.Retain, "amount"))
	s.settle()
	cert := s.must(200, get, "/v1/certificates/c000", "")
	if fmt.Sprint(cert.at("erased.ticket")) != "1" || cert.at("policies.ticket") != "cascade" {
		t.Errorf("approved was to erase the ticket: %s", cert.text)
	}
}

// TestACancelledOperationTellsWhoIsLeft cancels an operation that no worker works on.
func TestACancelledOperationTellsWhoIsLeft(t *testing.T) {
	s := newSystem(t)
	s.add(bulk.MaxSubjects + 50)
	id, digest := s.plan(`{"action":"delete","selection":{"filter":{"state":"active"}}}`)
	s.must(202, post, "/v1/operations/"+id+"/apply", fmt.Sprintf(`{"digest":%q,"acknowledged":true}`, digest))
	work := s.queue.takeWork()
	if err := s.engine.Do(t.Context(), work[0]); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"state": "CANCELLED", "progress.done": bulk.MaxSubjects, "progress.left": 50, "cancelledBy": "tester"}
	s.run(t, []call{{Name: "cancelled", Method: post, URL: "/v1/operations/" + id + "/cancel", Status: 200, Want: want}})
	if err := s.engine.Do(t.Context(), work[1]); err != nil {
		t.Fatal(err)
	}
	s.run(t, []call{
		{Name: "its message came late", Method: get, URL: "/v1/operations/" + id, Status: 200, Want: want},
		{Name: "listed", Method: get, URL: "/v1/operations", Status: 200, Want: map[string]any{"operations.0.progress.done": bulk.MaxSubjects, "operations.0.progress.left": 50}},
		{Name: "who is left", Method: get, URL: "/v1/operations/" + id + "/items?outcome=left&limit=49", Status: 200, Want: map[string]any{"items.0.outcome": "left", "items.0.code": nil}},
		{Name: "and all of them", Method: get, URL: "/v1/operations/" + id + "/items?outcome=left&limit=50", Status: 200, Want: map[string]any{"nextCursor": nil}},
	})
	undo, _ := s.plan(fmt.Sprintf(`{"action":"undo","selection":{"operation":%q}}`, id))
	s.run(t, []call{{Name: "undone", Method: get, URL: "/v1/operations/" + undo, Status: 200, Want: map[string]any{"state": "SUCCEEDED", "impact.customers": bulk.MaxSubjects, "progress.done": bulk.MaxSubjects}}})
}

// TestWhatIsBeingCancelledIsUnderWay cancels an operation with a worker that lives, and with one that has died.
func TestWhatIsBeingCancelledIsUnderWay(t *testing.T) {
	s := newSystem(t)
	s.add(2)
	id, digest := s.plan(`{"action":"delete","selection":{"filter":{"state":"active"}}}`)
	s.must(202, post, "/v1/operations/"+id+"/apply", fmt.Sprintf(`{"digest":%q,"acknowledged":true}`, digest))
	op, err := s.operations.Operation(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	if _, err := s.operations.Take(t.Context(), op, 0, now, now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	base := "/v1/operations/" + id
	s.run(t, []call{
		{Name: "cancelled", Method: post, URL: base + "/cancel", Status: 200, Want: map[string]any{"state": "CANCELLING", "ended": nil, "progress.left": 2}},
		{Name: "cancelled again", Method: post, URL: base + "/cancel", Status: 200, Want: map[string]any{"state": "CANCELLING"}},
		{Name: "applied again", Method: post, URL: base + "/apply", Body: fmt.Sprintf(`{"digest":%q,"acknowledged":true}`, digest), Status: 202, Want: map[string]any{"state": "CANCELLING"}},
		{Name: "tried again", Method: post, URL: base + "/retry", Status: 409, Code: "OPERATION_RUNNING"},
		{Name: "undone", Method: post, URL: "/v1/operations", Body: fmt.Sprintf(`{"action":"undo","selection":{"operation":%q}}`, id), Status: 409, Code: "OPERATION_RUNNING"},
	})
	s.engine.Clock = func() time.Time { return now.Add(2 * time.Minute) }
	if _, err := s.engine.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.run(t, []call{
		{Name: "its lease is over", Method: get, URL: base, Status: 200, Want: map[string]any{"state": "CANCELLED", "progress.left": 2, "progress.codes.INTERRUPTED": 2}},
		{Name: "what may have been done", Method: get, URL: base + "/items?outcome=left", Status: 200, Want: map[string]any{"items.0.code": "INTERRUPTED", "items.1.code": "INTERRUPTED"}},
		{Name: "tried again", Method: post, URL: base + "/retry", Status: 409, Code: "OPERATION_ENDED"},
	})
	undo, _ := s.plan(fmt.Sprintf(`{"action":"undo","selection":{"operation":%q}}`, id))
	s.run(t, []call{{Name: "nobody was deleted", Method: get, URL: "/v1/operations/" + undo, Status: 200, Want: map[string]any{"progress.codes.NOT_DELETED": 2}}})
}

// TestWhoIsExcludedIsInTheSelection excludes customers that are not in the selection, which must be refused.
func TestWhoIsExcludedIsInTheSelection(t *testing.T) {
	s := newSystem(t)
	s.add(4)
	s.must(200, remove, "/v1/customers/c002", "")
	s.must(200, post, "/v1/customers/c003/block", "")
	for _, tt := range []struct{ name, selection, problem string }{
		{"another case", `{"filter":{"state":"active"},"exclude":["c000","C000"]}`, `selection.exclude[1] id "C000" is not in the selection: no customer has it`},
		{"nobody, of a search", `{"filter":{"search":"trial"},"exclude":["c00"]}`, `selection.exclude[0] id "c00" is not in the selection: no customer has it`},
		{"in the trash", `{"filter":{"search":"trial"},"exclude":["c000","c001","c002"]}`, `selection.exclude[2] id "c002" is not in the selection: the customer is in the trash`},
		{"not in the trash", `{"trash":true,"exclude":["c000"]}`, `selection.exclude[0] id "c000" is not in the selection: the customer is not in the trash`},
		{"not in the trash, of a filter", `{"filter":{"state":"deleted","search":"trial"},"exclude":["c000"]}`, `selection.exclude[0] id "c000" is not in the selection: the customer is not in the trash`},
		{"blocked", `{"filter":{"blocked":false},"exclude":["c000","c003"]}`, `selection.exclude[1] id "c003" is not in the selection: the customer is blocked`},
		{"not blocked", `{"filter":{"blocked":true},"exclude":["c000"]}`, `selection.exclude[0] id "c000" is not in the selection: the customer is not blocked`},
	} {
		got := s.must(422, post, "/v1/operations", `{"action":"restore","selection":`+tt.selection+`}`)
		if told := fmt.Sprint(got.at("errors.0.field"), " ", got.at("errors.0.problem")); got.at("code") != "INVALID" || !strings.HasPrefix(told, tt.problem) || got.at("errors.1") != nil {
			t.Errorf("%s: %s", tt.name, got.text)
		}
	}
	for _, fine := range []string{
		`{"filter":{"search":"trial"},"exclude":["c000","c000","c003"]}`, `{"trash":true,"exclude":["c002"]}`, `{"filter":{"blocked":true},"exclude":["c003"]}`,
	} {
		s.must(202, post, "/v1/operations", `{"action":"delete","selection":`+fine+`}`)
	}
}

// TestWhomASearchDoesNotFindIsNotExcluded plans a search of two pages, which does not find one of the excluded;
// another one leaves the selection during the planning, which is allowed.
func TestWhomASearchDoesNotFindIsNotExcluded(t *testing.T) {
	s := newSystem(t)
	s.add(bulk.MaxSubjects + 50)
	s.must(201, post, "/v1/customers", `{"id":"other","lastName":"Berglund"}`)
	now := time.Now().UTC().Add(time.Minute)
	s.service.Clock = func() time.Time { return now }
	s.engine.Clock = s.service.Clock
	for exclude, want := range map[string]string{
		`["c000","c549","other"]`: `FAILED selection.exclude[2]: id "other" is not in the selection: the search does not find the customer; correct it, or leave it out`,
		`["c001","c548"]`:         "READY <nil>",
	} {
		made := s.must(202, post, "/v1/operations", `{"action":"delete","selection":{"filter":{"search":"trial"},"exclude":`+exclude+`}}`)
		for _, id := range []string{"c001", "c548"} {
			s.must(200, patch, "/v1/customers/"+id, `{"firstName":"Regular"}`, "If-Match", "*")
		}
		s.settle()
		if op := s.must(200, get, "/v1/operations/"+fmt.Sprint(made.at("id")), ""); fmt.Sprint(op.at("state"), " ", op.at("why")) != want {
			t.Errorf("%s: %s", exclude, op.text)
		}
		for _, id := range []string{"c001", "c548"} {
			s.must(200, patch, "/v1/customers/"+id, `{"firstName":"Trial"}`, "If-Match", "*")
		}
		now = now.Add(time.Minute)
	}
}

// TestACursorOfItemsIsOfOneOperationAndFilter reads a list in pages, and sends its cursor to other lists.
func TestACursorOfItemsIsOfOneOperationAndFilter(t *testing.T) {
	s := newSystem(t)
	s.add(3)
	id, _ := s.plan(`{"action":"delete","selection":{"ids":["c000","c001","c002"]}}`)
	other, _ := s.plan(`{"action":"delete","selection":{"ids":["c000","c001","c002"]}}`)
	base := "/v1/operations/" + id
	cursor := fmt.Sprint(s.must(200, get, base+"/items?outcome=left&limit=2", "").at("nextCursor"))
	s.run(t, []call{
		{Name: "the next page", Method: get, URL: base + "/items?outcome=left&limit=2&cursor=" + cursor, Status: 200, Want: map[string]any{"items.0.customer": "c002", "nextCursor": nil}},
		{Name: "the next part of the file", Method: get, URL: base + "/items.csv?outcome=left&cursor=" + cursor, Status: 200},
		{Name: "without the filter", Method: get, URL: base + "/items?cursor=" + cursor, Status: 400, Code: "BAD_CURSOR"},
		{Name: "with another filter", Method: get, URL: base + "/items?outcome=done&cursor=" + cursor, Status: 400, Code: "BAD_CURSOR"},
		{Name: "with another filter, as a file", Method: get, URL: base + "/items.csv?outcome=done&cursor=" + cursor, Status: 400, Code: "BAD_CURSOR"},
		{Name: "of another operation", Method: get, URL: "/v1/operations/" + other + "/items?outcome=left&cursor=" + cursor, Status: 400, Code: "BAD_CURSOR"},
		{Name: "as a position", Method: get, URL: base + "/items?cursor=0.2", Status: 400, Code: "BAD_CURSOR"},
	})
}
