package web_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/operations"
)

// settle runs jobs until the queue is empty.
func (s *system) settle() {
	s.t.Helper()
	for work := s.queue.takeWork(); len(work) > 0; work = s.queue.takeWork() {
		for _, w := range work {
			if err := s.engine.Do(s.t.Context(), w); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

// plan creates an operation and returns its id and digest.
func (s *system) plan(body string) (id, digest string) {
	s.t.Helper()
	made := s.must(202, post, "/v1/operations", body)
	s.settle()
	op := s.must(200, get, "/v1/operations/"+fmt.Sprint(made.body["id"]), "")
	return fmt.Sprint(op.body["id"]), fmt.Sprint(op.body["digest"])
}

func (s *system) apply(id, digest string) answer {
	s.t.Helper()
	s.must(202, post, "/v1/operations/"+id+"/apply", fmt.Sprintf(`{"digest":%q,"acknowledged":true}`, digest))
	s.settle()
	return s.must(200, get, "/v1/operations/"+id, "")
}

func (s *system) add(n int) {
	s.t.Helper()
	var lines strings.Builder
	for i := range n {
		fmt.Fprintf(&lines, `{"id":"c%03d","lastName":"Anders","firstName":"Trial"}`+"\n", i)
	}
	s.must(200, post, "/v1/imports/customers", lines.String(), "Content-Type", "application/x-ndjson")
}

func TestDeleteManyAndUndo(t *testing.T) {
	s := newSystem(t)
	s.add(60)
	s.must(200, put, "/v1/customers/c007/holds/case", "")
	id, digest := s.plan(`{"action":"delete","selection":{"filter":{"search":"trial"},"exclude":["c001"]},"reason":"ended"}`)
	base := "/v1/operations/" + id
	s.run(t, []call{
		{Name: "impact", Method: get, URL: base, Status: 200, Want: map[string]any{"state": "READY", "impact.customers": 59, "impact.eligible": 58, "impact.blocked.ON_HOLD": 1, "progress.left": 58, "estimate.requests": 4, "estimate.writeUnits": 174, "estimate.readUnits": 1, "estimate.overhead.writeUnits": operations.Logging(58, 0).WriteUnits + 13, "actual.overhead.writeUnits": 0}},
		{Name: "another plan's digest", Method: post, URL: base + "/apply", Body: `{"digest":"x","acknowledged":true}`, Status: 409, Code: "PLAN_STALE"},
		{Name: "not acknowledged", Method: post, URL: base + "/apply", Body: fmt.Sprintf(`{"digest":%q,"acknowledged":false}`, digest), Status: 422, Code: "ACKNOWLEDGEMENT_REQUIRED"},
		{Name: "fail on blocked", Method: post, URL: base + "/apply", Body: fmt.Sprintf(`{"digest":%q,"acknowledged":true,"onBlocked":"fail"}`, digest), Status: 409, Code: "PLAN_BLOCKED", Want: map[string]any{"blocked.ON_HOLD": 1}},
		{Name: "nothing happened", Method: get, URL: "/v1/customers/c000", Status: 200, Want: map[string]any{"state": "active"}},
		{Name: "somebody changes one", Method: patch, URL: "/v1/customers/c002", Body: `{"phone":"1"}`, Status: 200},
		{Name: "somebody adds one that matches", Method: post, URL: "/v1/customers", Body: `{"id":"late","firstName":"Trial"}`, Status: 201},
	})
	ended := s.apply(id, digest)
	for path, want := range map[string]any{"state": "PARTIAL", "progress.done": 57, "progress.skipped": 2, "progress.codes.CHANGED": 1, "progress.codes.ON_HOLD": 1, "actual.writeUnits": 171, "actual.overhead.writeUnits": operations.Logging(57, 0).WriteUnits + 13, "actual.overhead.queueRequests": 3} {
		if got := ended.at(path); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s is %v, want %v in %s", path, got, want, ended.text)
		}
	}
	s.run(t, []call{
		{Name: "one of them", Method: get, URL: "/v1/customers/c000", Status: 200, Want: map[string]any{"state": "deleted", "deletion.reason": "ended"}},
		{Name: "excluded", Method: get, URL: "/v1/customers/c001", Status: 200, Want: map[string]any{"state": "active"}},
		{Name: "came later", Method: get, URL: "/v1/customers/late", Status: 200, Want: map[string]any{"state": "active"}},
		{Name: "applied again", Method: post, URL: base + "/apply", Body: fmt.Sprintf(`{"digest":%q,"acknowledged":true}`, digest), Status: 202, Want: map[string]any{"state": "PARTIAL"}},
		{Name: "why", Method: get, URL: base + "/items?outcome=skipped", Status: 200, Want: map[string]any{"items.0.code": "CHANGED", "items.1.customer": "c007", "nextCursor": nil}},
		{Name: "cancel", Method: post, URL: base + "/cancel", Status: 409, Code: "OPERATION_ENDED"},
		{Name: "restored by hand", Method: post, URL: "/v1/customers/c003/restore", Status: 200},
		{Name: "and deleted again", Method: remove, URL: "/v1/customers/c003", Status: 200},
		{Name: "no such operation", Method: get, URL: "/v1/operations/aaaaaaaaaaaaaaaaaaaaaaaaaa", Status: 404, Code: "NO_OPERATION"},
	})
	if csv := s.must(200, get, base+"/items.csv?outcome=skipped", ""); !strings.HasPrefix(csv.text, "customer,outcome,code\n") || strings.Count(csv.text, "\n") != 3 {
		t.Errorf("items: %s", csv.text)
	}
	undo, _ := s.plan(fmt.Sprintf(`{"action":"undo","selection":{"operation":%q}}`, id))
	s.run(t, []call{
		{Name: "undone", Method: get, URL: "/v1/operations/" + undo, Status: 200, Want: map[string]any{"state": "SUCCEEDED", "progress.done": 56, "progress.codes.NOT_DELETED": 1}},
		{Name: "back", Method: get, URL: "/v1/customers/c000", Status: 200, Want: map[string]any{"state": "active"}},
		{Name: "deleted by somebody else", Method: get, URL: "/v1/customers/c003", Status: 200, Want: map[string]any{"state": "deleted"}},
		{Name: "both are listed", Method: get, URL: "/v1/operations", Status: 200, Want: map[string]any{"operations.0.id": undo, "operations.1.id": id, "operations.2": nil}},
	})
}

// TestEstimatesComeTrue purges customers with different records, and compares the estimate with the actual cost.
func TestEstimatesComeTrue(t *testing.T) {
	s := newSystem(t)
	var customers, records strings.Builder
	for i := range 120 {
		fmt.Fprintf(&customers, `{"id":"c%03d","organisation":"Alfreds Futterkiste %d","firstName":"Ann","email":"ann%d@alfreds.example"}`+"\n", i, i, i)
		for n := range i % 7 {
			fmt.Fprintf(&records, `{"customer":"c%03d","key":"ticket~%d"}`+"\n", i, n)
		}
	}
	s.must(200, post, "/v1/imports/customers", customers.String(), "Content-Type", "application/x-ndjson")
	s.must(200, post, "/v1/imports/records", records.String(), "Content-Type", "application/x-ndjson")
	for _, action := range []string{"delete", "purge"} {
		state := map[string]string{"delete": "active", "purge": "deleted"}[action]
		id, digest := s.plan(fmt.Sprintf(`{"action":%q,"selection":{"filter":{"state":%q}}}`, action, state))
		ended := s.apply(id, digest)
		for _, of := range []string{"requests", "writeUnits", "readUnits"} {
			estimated, actual := ended.number(t, "estimate."+of), ended.number(t, "actual."+of)
			t.Logf("%s: %v %s estimated, %v consumed", action, estimated, of, actual)
			if math.Abs(actual-estimated) > 5+actual/10 {
				t.Errorf("%s: %v %s estimated, %v consumed", action, estimated, of, actual)
			}
		}
	}
}

func (a answer) number(t *testing.T, path string) float64 {
	t.Helper()
	n, is := a.at(path).(float64)
	if !is {
		t.Fatalf("no %s in %s", path, a.text)
	}
	return n
}

func TestPurgeTheTrash(t *testing.T) {
	s := newSystem(t)
	s.add(30)
	id, digest := s.plan(`{"action":"delete","selection":{"filter":{"state":"active"}}}`)
	s.apply(id, digest)
	s.must(200, put, "/v1/customers/c005/holds/case", "")
	id, digest = s.plan(`{"action":"purge","selection":{"trash":true,"exclude":["c006"]}}`)
	ended := s.apply(id, digest)
	if ended.at("state") != "SUCCEEDED" || fmt.Sprint(ended.at("progress.done")) != "28" {
		t.Fatal(ended.text)
	}
	s.run(t, []call{
		{Name: "gone", Method: get, URL: "/v1/customers/c000", Status: 410, Code: "PURGED", Want: map[string]any{"certificate.purgedBy": "tester"}},
		{Name: "held", Method: get, URL: "/v1/customers/c005", Status: 200, Want: map[string]any{"state": "deleted"}},
		{Name: "excluded", Method: get, URL: "/v1/customers/c006", Status: 200, Want: map[string]any{"state": "deleted"}},
	})
}

// TestWhoMovesInTheList restores and deletes two customers while the trash is planned, which moves them to the end of
// the list: one that the plan has already, and one that it does not have yet.
func TestWhoMovesInTheList(t *testing.T) {
	s := newSystem(t)
	s.add(bulk.MaxSubjects + 50)
	id, digest := s.plan(`{"action":"delete","selection":{"filter":{"state":"active"}}}`)
	s.apply(id, digest)
	made := s.must(202, post, "/v1/operations", `{"action":"purge","selection":{"trash":true}}`)
	op := "/v1/operations/" + fmt.Sprint(made.body["id"])
	for _, id := range []string{"c000", "c549"} {
		s.must(200, post, "/v1/customers/"+id+"/restore", "")
		s.must(200, remove, "/v1/customers/"+id, "")
	}
	s.settle()
	planned := s.must(200, get, op, "")
	s.run(t, []call{{Name: "planned", Method: get, URL: op, Status: 200, Want: map[string]any{
		"state": "READY", "impact.customers": 551, "impact.eligible": 549, "impact.blocked.CHANGED": 2,
	}}})
	ended := s.apply(fmt.Sprint(made.body["id"]), fmt.Sprint(planned.body["digest"]))
	if fmt.Sprint(ended.at("progress.done"), ended.at("progress.codes.CHANGED")) != "548 3" {
		t.Error(ended.text)
	}
	for _, id := range []string{"c000", "c549"} {
		s.must(200, get, "/v1/customers/"+id, "")
	}
}

// TestWhoIsGone plans for a purged customer, and applies a plan that is older than the purge.
func TestWhoIsGone(t *testing.T) {
	s := newSystem(t)
	s.add(2)
	stale, staleDigest := s.plan(`{"action":"delete","selection":{"ids":["c001"]}}`)
	for _, action := range []string{"delete", "purge"} {
		id, digest := s.plan(`{"action":"` + action + `","selection":{"ids":["c001"]}}`)
		s.apply(id, digest)
	}
	if ended := s.apply(stale, staleDigest); fmt.Sprint(ended.at("progress.codes.PURGED")) != "1" {
		t.Error(ended.text)
	}
	id, _ := s.plan(`{"action":"delete","selection":{"ids":["c000","c001","nobody"]}}`)
	s.run(t, []call{{Name: "planned", Method: get, URL: "/v1/operations/" + id, Status: 200, Want: map[string]any{
		"impact.eligible": 1, "impact.blocked.PURGED": 1, "impact.blocked.NOT_FOUND": 1,
	}}})
}

// TestAFileOfItemsFitsIntoAnAnswer exports an operation on more customers than fit into one answer of Lambda, with ids
// of the largest length.
func TestAFileOfItemsFitsIntoAnAnswer(t *testing.T) {
	s := newSystem(t)
	const chunks = 200
	op := bulk.Operation{ID: customer.NewID(), Action: "delete", State: bulk.Planning, Version: 1, Created: time.Now()}
	if err := s.operations.Create(t.Context(), op, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	for seq := range chunks {
		c := bulk.Chunk{Seq: seq, Subjects: make([]bulk.Subject, bulk.MaxSubjects), Outcomes: make([]bulk.Outcome, bulk.MaxSubjects)}
		for i := range c.Subjects {
			c.Subjects[i].ID = fmt.Sprintf("%0*d", customer.MaxID, seq*bulk.MaxSubjects+i)
		}
		op.Version++
		op.Chunks++
		if err := s.operations.Freeze(t.Context(), op, []bulk.Chunk{c}); err != nil {
			t.Fatal(err)
		}
	}
	lines, parts := 0, 0
	for url := "/v1/operations/" + op.ID + "/items.csv"; url != ""; parts++ {
		part := s.must(200, get, url, "")
		if len(part.text) > 6e6 {
			t.Errorf("a part has %d bytes", len(part.text))
		}
		lines += strings.Count(part.text, "\n") - 1
		url, _, _ = strings.Cut(strings.TrimPrefix(part.header.Get("Link"), "<"), ">")
	}
	if lines != chunks*bulk.MaxSubjects || parts < 2 {
		t.Errorf("%d lines in %d parts", lines, parts)
	}
}

func TestSelections(t *testing.T) {
	s := newSystem(t)
	s.add(3)
	for _, tt := range []struct{ name, selection, want string }{
		{"nothing", `{}`, "selection"},
		{"an empty filter", `{"filter":{}}`, "selection.filter"},
		{"two at once", `{"trash":true,"ids":["c000"]}`, "selection"},
		{"ids but some", `{"ids":["c000"],"exclude":["c000"]}`, "selection.exclude"},
		{"no id", `{"ids":["c000","="]}`, "selection.ids[1]"},
		{"more of the longest ids than are kept", `{"ids":["` + strings.Repeat("x", 128) + strings.Repeat(`","`+strings.Repeat("x", 128), 2999) + `"]}`, "selection.ids"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := s.must(422, post, "/v1/operations", `{"action":"delete","selection":`+tt.selection+`}`)
			if got.at("errors.0.field") != tt.want {
				t.Errorf("got %s, want a problem of %s", got.text, tt.want)
			}
		})
	}
	t.Run("ids of other platforms", func(t *testing.T) {
		for _, id := range []string{"-Mabc", "auth0|5f7c"} {
			s.must(201, post, "/v1/customers", `{"id":"`+id+`","lastName":"A"}`)
		}
		id, digest := s.plan(`{"action":"delete","selection":{"ids":["-Mabc","auth0|5f7c"]}}`)
		if ended := s.apply(id, digest); fmt.Sprint(ended.at("progress.done")) != "2" {
			t.Error(ended.text)
		}
		if csv := s.must(200, get, "/v1/operations/"+id+"/items.csv", ""); !strings.Contains(csv.text, "\n'-Mabc,done,\n") || !strings.Contains(csv.text, "\nauth0|5f7c,done,\n") {
			t.Error(csv.text)
		}
	})
	t.Run("a word too short to search for", func(t *testing.T) {
		refused := s.must(422, post, "/v1/operations", `{"action":"delete","selection":{"filter":{"search":"a"}}}`)
		if refused.at("errors.0.field") != "selection.filter.search" || !strings.Contains(fmt.Sprint(refused.at("errors.0.problem")), "two letters") {
			t.Error(refused.text)
		}
	})
	t.Run("nobody", func(t *testing.T) {
		id, digest := s.plan(`{"action":"delete","selection":{"ids":[]}}`)
		if ended := s.apply(id, digest); ended.at("state") != "SUCCEEDED" || fmt.Sprint(ended.at("progress.done")) != "0" {
			t.Error(ended.text)
		}
	})
	t.Run("twice, and somebody there is not", func(t *testing.T) {
		id, digest := s.plan(`{"action":"delete","selection":{"ids":["c001","c001","nobody"]}}`)
		ended := s.apply(id, digest)
		if fmt.Sprint(ended.at("progress.done"), ended.at("progress.codes.NOT_FOUND")) != "1 1" {
			t.Error(ended.text)
		}
	})
}

func TestOperationsAreIdempotent(t *testing.T) {
	s := newSystem(t)
	s.add(2)
	body := `{"action":"block","selection":{"ids":["c000"]}}`
	first := s.must(202, post, "/v1/operations", body, "Idempotency-Key", "k1")
	again := s.must(202, post, "/v1/operations", body, "Idempotency-Key", "k1")
	if first.body["id"] != again.body["id"] {
		t.Errorf("two operations: %s, %s", first.text, again.text)
	}
	if again.header.Get("Idempotency-Replayed") != "true" || first.header.Get("Idempotency-Replayed") != "" {
		t.Error("nothing tells that it was made before")
	}
	other := s.send(post, "/v1/operations", `{"action":"block","selection":{"ids":["c001"]}}`, "Idempotency-Key", "k1")
	if other.status != 422 || other.body["code"] != "IDEMPOTENCY_KEY_REUSED" {
		t.Errorf("another request under the key: %s", other.text)
	}
	s.settle()
	if c := s.must(200, get, "/v1/customers/c000", ""); c.body["blocked"] != true {
		t.Errorf("not blocked: %s", c.text)
	}
}

func TestRedate(t *testing.T) {
	s := newSystem(t)
	s.add(2)
	s.must(200, remove, "/v1/customers/c000", "")
	before := s.must(200, get, "/v1/customers/c000", "").at("deletion.purgeTime")
	settings, err := s.service.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	settings.Retention = customer.PeriodOf(time.Hour)
	if _, err := s.service.UpdateSettings(t.Context(), settings, true, "tester"); err != nil {
		t.Fatal(err)
	}
	id, digest := s.plan(`{"action":"redate","selection":{"trash":true}}`)
	if ended := s.apply(id, digest); ended.at("state") != "SUCCEEDED" {
		t.Fatal(ended.text)
	}
	c := s.must(200, get, "/v1/customers/c000", "")
	if after := c.at("deletion.purgeTime"); after == before || fmt.Sprint(c.at("deletion.daysLeft")) != "1" {
		t.Errorf("purge time %v, was %v: %s", after, before, c.text)
	}
}

// TestNoticeIsGivenWhenThePlanIsApplied applies a plan shortly before it expires. The notice must begin when the plan is
// applied, not when it is made.
func TestNoticeIsGivenWhenThePlanIsApplied(t *testing.T) {
	s := newSystem(t)
	now := time.Now().UTC().Truncate(time.Millisecond)
	s.service.Clock = func() time.Time { return now }
	s.engine.Clock = s.service.Clock
	s.add(1)
	s.must(200, remove, "/v1/customers/c000", "")
	settings, err := s.service.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	settings.Retention = customer.PeriodOf(time.Hour)
	if _, err := s.service.UpdateSettings(t.Context(), settings, true, "tester"); err != nil {
		t.Fatal(err)
	}
	id, digest := s.plan(`{"action":"redate","notice":"P1D","selection":{"trash":true}}`)
	now = now.Add(23*time.Hour + 50*time.Minute)
	if ended := s.apply(id, digest); ended.at("state") != "SUCCEEDED" || fmt.Sprint(ended.at("progress.done")) != "1" {
		t.Fatal(ended.text)
	}
	due, err := time.Parse(time.RFC3339, fmt.Sprint(s.must(200, get, "/v1/customers/c000", "").at("deletion.purgeTime")))
	if want := now.Add(24 * time.Hour); err != nil || !due.Equal(want) {
		t.Errorf("to be purged at %v, %v, want %v: a day after the plan was applied", due, err, want)
	}
}

func TestANoticeHasALength(t *testing.T) {
	s := newSystem(t)
	redate := func(notice string) string {
		return `{"action":"redate","notice":"` + notice + `","selection":{"trash":true}}`
	}
	s.run(t, []call{
		{Name: "never", Method: post, URL: "/v1/operations", Body: redate("never"), Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "notice"}},
		{Name: "none, asked for", Method: post, URL: "/v1/operations", Body: redate("PT0S"), Status: 202},
	})
}
