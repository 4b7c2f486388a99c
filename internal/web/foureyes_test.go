package web_test

import (
	"fmt"
	"testing"
	"time"

	"lethe/internal/customer"
)

// withFourEyes puts access rules with these four eyes in force, with a second administrator where that takes one.
func (s *system) withFourEyes(rules string) {
	s.t.Helper()
	read := s.must(200, get, "/v1/access", "")
	put := s.send(put, "/v1/access", fmt.Sprintf(`{"version":%v,"groups":[],"fourEyes":%s}`, read.at("version"), rules))
	if put.status == 202 {
		put = s.send(post, "/v1/access/approve", fmt.Sprintf(`{"digest":%q}`, put.at("proposal.digest")), "Actor", "second")
	}
	if put.status != 200 {
		s.t.Fatal(put.text)
	}
}

// by sends a request that must be accepted, as an administrator.
func (s *system) by(who, url, body string) answer {
	s.t.Helper()
	return s.must(202, post, url, body, "Actor", who)
}

// TestASecondAdministratorApprovesADeletion deletes and purges by operations that wait, and looks for both administrators.
func TestASecondAdministratorApprovesADeletion(t *testing.T) {
	s := newSystem(t)
	s.add(3)
	s.withFourEyes(`{"deleteAbove":1,"purges":true}`)
	for _, action := range []string{"delete", "purge"} {
		made := s.by("alice", "/v1/operations", fmt.Sprintf(`{"action":%q,"selection":{"ids":["c000","c001"]}}`, action))
		op := "/v1/operations/" + fmt.Sprint(made.at("id"))
		digest := fmt.Sprintf(`{"digest":%q}`, made.at("digest"))
		s.run(t, []call{{Name: "too early", Method: post, URL: op + "/approve", Body: digest, Header: []string{"Actor", "carol"}, Status: 409, Code: "NOT_WAITING"}})
		applied := s.by("bob", op+"/apply", fmt.Sprintf(`{"digest":%q,"acknowledged":true}`, made.at("digest")))
		if applied.at("state") != "WAITING" || applied.at("requestedBy") != "bob" || applied.at("requested") == nil || applied.at("appliedBy") != nil {
			t.Fatal(applied.text)
		}
		s.settle()
		state := map[string]string{"delete": "active", "purge": "deleted"}[action]
		s.run(t, []call{
			{Name: "nothing is done yet", Method: get, URL: "/v1/customers/c000", Status: 200, Want: map[string]any{"state": state}},
			{Name: "by the one who created it", Method: post, URL: op + "/approve", Body: digest, Header: []string{"Actor", "alice"}, Status: 409, Code: "OWN_APPROVAL"},
			{Name: "by the one who applied it", Method: post, URL: op + "/approve", Body: digest, Header: []string{"Actor", "bob"}, Status: 409, Code: "OWN_APPROVAL"},
			{Name: "of another plan", Method: post, URL: op + "/approve", Body: `{"digest":"x"}`, Header: []string{"Actor", "carol"}, Status: 409, Code: "PLAN_STALE"},
			{Name: "retried", Method: post, URL: op + "/retry", Status: 409, Code: "OPERATION_RUNNING"},
			{Name: "nothing is done still", Method: get, URL: "/v1/customers/c001", Status: 200, Want: map[string]any{"state": state}},
		})
		s.by("carol", op+"/approve", digest)
		s.by("carol", op+"/approve", digest)
		s.by("dan", op+"/approve", digest)
		s.settle()
		s.run(t, []call{{Name: action, Method: get, URL: op, Status: 200, Want: map[string]any{
			"state": "SUCCEEDED", "by": "alice", "requestedBy": "bob", "appliedBy": "bob", "approvedBy": "carol", "progress.done": 2,
		}}})
		if action == "delete" {
			s.observe("c000")
		}
	}
	for action, by := range map[string]string{"operation.applied": "bob", "operation.approved": "carol"} {
		day := time.Now().UTC().Format(time.DateOnly)
		found := s.must(200, post, "/v1/audit/search", fmt.Sprintf(`{"day":%q,"action":%q}`, day, action))
		if found.at("entries.0.by") != by || found.at("entries.1.by") != by || found.at("entries.2") != nil {
			t.Errorf("%s: want two by %s: %s", action, by, found.text)
		}
	}
	s.run(t, []call{
		{Name: "the log", Method: get, URL: "/v1/customers/c000/audit", Status: 200, Want: map[string]any{"entries.0.action": "customer.deleted", "entries.0.by": "bob", "entries.0.approvedBy": "carol"}},
		{Name: "the certificate", Method: get, URL: "/v1/certificates/c000", Status: 200, Want: map[string]any{
			"deletedBy": "bob", "deletionApprovedBy": "carol", "purgedBy": "bob", "approvedBy": "carol",
		}},
	})
}

// TestNobodyDoesToOneCustomerAloneWhatNeedsTwo deletes and purges single customers under different rules.
func TestNobodyDoesToOneCustomerAloneWhatNeedsTwo(t *testing.T) {
	s := newSystem(t)
	s.add(4)
	s.must(200, remove, "/v1/customers/c000", "")
	purge := call{Name: "purge", Method: post, URL: "/v1/customers/c000/purge", Body: `{"confirm":"c000"}`, Status: 409, Code: "APPROVAL_REQUIRED"}
	s.withFourEyes(`{"purges":true}`)
	s.run(t, []call{
		purge,
		{Name: "a deletion that can be undone", Method: remove, URL: "/v1/customers/c001", Status: 200},
	})
	s.withFourEyes(`{"deleteAbove":0,"purges":false}`)
	s.run(t, []call{
		{Name: "a deletion where nobody deletes alone", Method: remove, URL: "/v1/customers/c002", Status: 409, Code: "APPROVAL_REQUIRED"},
		{Name: "is not done", Method: get, URL: "/v1/customers/c002", Status: 200, Want: map[string]any{"state": "active"}},
	})
	s.withFourEyes(`{"deleteAbove":1,"purges":true}`)
	s.retain(0)
	s.run(t, []call{
		purge,
		{Name: "a deletion without a trash", Method: remove, URL: "/v1/customers/c002", Status: 409, Code: "APPROVAL_REQUIRED"},
		{Name: "is in the trash still", Method: get, URL: "/v1/customers/c000", Status: 200, Want: map[string]any{"state": "deleted"}},
	})
	s.withFourEyes(`{"purges":false}`)
	purge.Status, purge.Code = 202, ""
	purge.Header = []string{"Idempotency-Key", "one"}
	s.run(t, []call{purge})
	s.withFourEyes(`{"purges":true}`)
	purge.Name = "the same request again"
	s.run(t, []call{purge})
}

// retain puts another retention in force.
func (s *system) retain(retention time.Duration) {
	s.t.Helper()
	settings, err := s.service.Settings(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	settings.Retention = customer.PeriodOf(retention)
	if _, err := s.service.UpdateSettings(s.t.Context(), settings, true, "tester"); err != nil {
		s.t.Fatal(err)
	}
}

// TestApprovalsAndChangesInAnyOrder plans, applies, changes the settings or the rules, plans again, and approves.
func TestApprovalsAndChangesInAnyOrder(t *testing.T) {
	s := newSystem(t)
	s.add(6)
	s.withFourEyes(`{"deleteAbove":0,"purges":true}`)
	plan := func(id string) (op, digest string) {
		made := s.by("alice", "/v1/operations", fmt.Sprintf(`{"action":"delete","selection":{"ids":[%q]}}`, id))
		return "/v1/operations/" + fmt.Sprint(made.at("id")), fmt.Sprint(made.at("digest"))
	}
	apply := func(op, digest string) {
		s.by("alice", op+"/apply", fmt.Sprintf(`{"digest":%q,"acknowledged":true}`, digest))
	}
	approve := func(name, op, digest string, status int, code string) {
		t.Helper()
		s.run(t, []call{{Name: name, Method: post, URL: op + "/approve", Body: fmt.Sprintf(`{"digest":%q}`, digest), Header: []string{"Actor", "bob"}, Status: status, Code: code}})
		s.settle()
	}
	state := func(id, want string) {
		t.Helper()
		if got := s.must(200, get, "/v1/customers/"+id, "").at("state"); got != want {
			t.Errorf("%s is %v, want %s", id, got, want)
		}
	}
	first, firstDigest := plan("c000")
	apply(first, firstDigest)
	second, secondDigest := plan("c000")
	apply(second, secondDigest)
	approve("by the digest of the plan before", second, firstDigest, 409, "PLAN_STALE")
	state("c000", "active")
	approve("of the second plan", second, secondDigest, 202, "")
	state("c000", "deleted")
	approve("of the first plan, whose customer has changed", first, firstDigest, 202, "")
	s.run(t, []call{{Name: "skipped", Method: get, URL: first, Status: 200, Want: map[string]any{"state": "FAILED", "progress.skipped": 1}}})

	stale, staleDigest := plan("c001")
	apply(stale, staleDigest)
	s.retain(time.Hour)
	approve("under other settings", stale, staleDigest, 409, "PLAN_STALE")
	state("c001", "active")
	s.retain(30 * 24 * time.Hour)
	approve("under the settings of the plan again", stale, staleDigest, 202, "")
	state("c001", "deleted")

	waits, waitsDigest := plan("c002")
	apply(waits, waitsDigest)
	s.withFourEyes(`{"purges":false}`)
	apply(waits, waitsDigest)
	s.settle()
	state("c002", "active") // it waits, though it would not under these rules
	s.must(200, post, waits+"/cancel", "")
	approve("after it was cancelled", waits, waitsDigest, 409, "OPERATION_ENDED")
	state("c002", "active")

	alone, aloneDigest := plan("c003")
	s.withFourEyes(`{"deleteAbove":0,"purges":false}`)
	apply(alone, aloneDigest)
	s.settle()
	state("c003", "active") // planned before the rules asked for a second administrator, and applied after it
}

// TestRelaxedRulesWaitForASecondAdministrator proposes rules, and approves and discards them.
func TestRelaxedRulesWaitForASecondAdministrator(t *testing.T) {
	s := newSystem(t)
	s.withFourEyes(`{"purges":true}`)
	propose := func(four string) answer {
		t.Helper()
		read := s.must(200, get, "/v1/access", "")
		return s.must(202, put, "/v1/access", fmt.Sprintf(`{"version":%v,"groups":[],"fourEyes":%s}`, read.at("version"), four), "Actor", "alice")
	}
	proposed := propose(`{"purges":false}`)
	if proposed.at("fourEyes.purges") != true || proposed.at("proposal.fourEyes.purges") != false || proposed.at("proposal.by") != "alice" {
		t.Fatal(proposed.text)
	}
	digest := fmt.Sprintf(`{"digest":%q}`, proposed.at("proposal.digest"))
	s.run(t, []call{
		{Name: "shown", Method: get, URL: "/v1/access", Status: 200, Want: map[string]any{"proposal.digest": proposed.at("proposal.digest")}},
		{Name: "one's own", Method: post, URL: "/v1/access/approve", Body: digest, Header: []string{"Actor", "alice"}, Status: 409, Code: "OWN_APPROVAL"},
		{Name: "another digest", Method: post, URL: "/v1/access/approve", Body: `{"digest":"x"}`, Header: []string{"Actor", "bob"}, Status: 412, Code: "VERSION_MISMATCH"},
		{Name: "discarded", Method: post, URL: "/v1/access/discard", Body: digest, Header: []string{"Actor", "alice"}, Status: 200, Want: map[string]any{"proposal": nil, "fourEyes.purges": true}},
		{Name: "too late", Method: post, URL: "/v1/access/approve", Body: digest, Header: []string{"Actor", "bob"}, Status: 409, Code: "NOT_WAITING"},
	})
	digest = fmt.Sprintf(`{"digest":%q}`, propose(`{"purges":false}`).at("proposal.digest"))
	s.run(t, []call{
		{Name: "approved", Method: post, URL: "/v1/access/approve", Body: digest, Header: []string{"Actor", "bob"}, Status: 200, Want: map[string]any{
			"proposal": nil, "fourEyes.purges": false, "changed.by": "bob",
		}},
	})
}
