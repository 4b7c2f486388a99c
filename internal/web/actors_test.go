package web_test

import (
	"fmt"
	"testing"

	"lethe/internal/customer"
)

// TestWhoAppliesIsTheOneWhoDidIt plans as one actor, applies as a second, and applies again, cancels and retries as a
// third. The audit log and the certificate must name the second.
func TestWhoAppliesIsTheOneWhoDidIt(t *testing.T) {
	s := newSystem(t)
	s.add(1)
	for _, action := range []string{"delete", "purge"} {
		made := s.must(202, post, "/v1/operations", fmt.Sprintf(`{"action":%q,"selection":{"ids":["c000"]}}`, action), "Actor", "alice")
		op := "/v1/operations/" + fmt.Sprint(made.at("id"))
		approval := fmt.Sprintf(`{"digest":%q,"acknowledged":true}`, made.at("digest"))
		s.must(202, post, op+"/apply", approval, "Actor", "bob")
		s.must(202, post, op+"/apply", approval, "Actor", "carol")
		s.settle()
		s.run(t, []call{
			{Name: action, Method: get, URL: op, Status: 200, Want: map[string]any{
				"state": "SUCCEEDED", "by": "alice", "appliedBy": "bob", "cancelledBy": nil, "retriedBy": nil,
			}},
			{Name: "nothing to try again", Method: post, URL: op + "/retry", Header: []string{"Actor", "carol"}, Status: 202, Want: map[string]any{"retriedBy": nil}},
			{Name: "listed", Method: get, URL: "/v1/operations", Status: 200, Want: map[string]any{"operations.0.appliedBy": "bob"}},
		})
		if action == "delete" {
			s.observe("c000")
		}
	}
	s.run(t, []call{
		{Name: "the log", Method: get, URL: "/v1/customers/c000/audit", Status: 200, Want: map[string]any{"entries.0.action": "customer.deleted", "entries.0.by": "bob"}},
		{Name: "the certificate", Method: get, URL: "/v1/certificates/c000", Status: 200, Want: map[string]any{"deletedBy": "bob", "purgedBy": "bob"}},
	})
}

// observe writes the last change of a customer into the audit log, as the stream does.
func (s *system) observe(id string) {
	s.t.Helper()
	c, err := s.service.Get(s.t.Context(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	entry, _ := customer.Describe(nil, &c, "1", c.Last.At, false)
	if _, err := s.store.Observe(s.t.Context(), []customer.Entry{entry}); err != nil {
		s.t.Fatal(err)
	}
}

func TestWhoTriesAgainIsKept(t *testing.T) {
	s := newSystem(t)
	s.add(1)
	id, digest := s.plan(`{"action":"delete","selection":{"ids":["c000"]}}`)
	op := "/v1/operations/" + id
	s.must(200, patch, "/v1/customers/c000", `{"phone":"1"}`)
	s.must(202, post, op+"/apply", fmt.Sprintf(`{"digest":%q,"acknowledged":true,"onBlocked":"fail"}`, digest), "Actor", "bob")
	s.settle()
	for _, who := range []string{"carol", "dave"} {
		s.must(202, post, op+"/retry", "", "Actor", who)
		s.settle()
		tried := s.must(200, get, op, "")
		if tried.at("state") != "FAILED" || tried.at("appliedBy") != "bob" || tried.at("retriedBy") != who || tried.at("retried") == nil {
			t.Errorf("tried again by %s: %s", who, tried.text)
		}
	}
}

func TestWhoCancelsIsKept(t *testing.T) {
	s := newSystem(t)
	s.add(1)
	id, _ := s.plan(`{"action":"delete","selection":{"ids":["c000"]}}`)
	s.must(200, post, "/v1/operations/"+id+"/cancel", "", "Actor", "bob")
	s.run(t, []call{
		{Name: "cancelled again", Method: post, URL: "/v1/operations/" + id + "/cancel", Header: []string{"Actor", "carol"}, Status: 200, Want: map[string]any{"cancelledBy": "bob"}},
		{Name: "kept", Method: get, URL: "/v1/operations/" + id, Status: 200, Want: map[string]any{"by": "tester", "cancelledBy": "bob", "appliedBy": nil}},
	})
}

// TestWhatAppliesItselfIsItsPlanners checks the actor of operations that need no approval.
func TestWhatAppliesItselfIsItsPlanners(t *testing.T) {
	s := newSystem(t)
	s.add(1)
	id, _ := s.plan(`{"action":"block","selection":{"ids":["c000"]}}`)
	s.run(t, []call{
		{Name: "applied by nobody", Method: get, URL: "/v1/operations/" + id, Status: 200, Want: map[string]any{"state": "SUCCEEDED", "by": "tester", "appliedBy": nil}},
	})
}

// TestWhoChangesTheSettingsIsKept sends back the settings that it read, as clients do. The actor in them must be ignored.
func TestWhoChangesTheSettingsIsKept(t *testing.T) {
	s := newSystem(t)
	read := s.must(200, get, "/v1/settings", "")
	if read.at("changed") != nil {
		t.Errorf("the defaults are somebody's: %s", read.text)
	}
	for i, who := range []string{"alice", "bob"} {
		s.must(200, put, "/v1/settings", read.text, "Actor", who)
		read = s.must(200, get, "/v1/settings", "")
		if read.at("version") != float64(i+1) || read.at("changed.by") != who || read.at("changed.at") == nil {
			t.Errorf("changed by %s: %s", who, read.text)
		}
	}
}
