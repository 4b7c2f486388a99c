package web_test

import (
	"fmt"
	"strings"
	"testing"
)

const namesakes = `{"id":"zoe","firstName":"Zoë","lastName":"Weiß"}` + "\n" + `{"id":"kim","firstName":"민준","lastName":"김"}` + "\n" + `{"id":"bob","lastName":"Bloggs"}` + "\n"

// TestAReasonCodeIsShownWhereTheReasonIs follows a reason code from the request to every answer that has it.
func TestAReasonCodeIsShownWhereTheReasonIs(t *testing.T) {
	s := newSystem(t)
	s.must(200, post, "/v1/imports/customers", namesakes, "Content-Type", "application/x-ndjson")
	s.must(200, put, "/v1/customers/bob/holds/case", `{"reasonCode":"other","reason":"lawsuit"}`)
	s.must(200, remove, "/v1/customers/zoe", `{"reasonCode":"erasure_request"}`)
	s.observe("zoe")
	id, digest := s.plan(`{"action":"delete","selection":{"ids":["kim"]},"reasonCode":"duplicate"}`)
	s.apply(id, digest)
	s.observe("kim")
	s.run(t, []call{
		{Name: "a hold", Method: get, URL: "/v1/customers/bob", Status: 200, Want: map[string]any{"holds.0.reasonCode": "other", "holds.0.reason": "lawsuit"}},
		{Name: "a deletion", Method: get, URL: "/v1/customers/zoe", Status: 200, Want: map[string]any{"deletion.reasonCode": "erasure_request", "deletion.reason": nil}},
		{Name: "the trash", Method: get, URL: "/v1/deleted-customers", Status: 200, Want: map[string]any{"customers.0.deletion.reasonCode": "erasure_request", "customers.1.deletion.reasonCode": "duplicate"}},
		{Name: "the log", Method: get, URL: "/v1/customers/zoe/audit", Status: 200, Want: map[string]any{"entries.0.reasonCode": "erasure_request"}},
		{Name: "an operation", Method: get, URL: "/v1/operations/" + id, Status: 200, Want: map[string]any{"reasonCode": "duplicate"}},
		{Name: "operations", Method: get, URL: "/v1/operations", Status: 200, Want: map[string]any{"operations.0.reasonCode": "duplicate"}},
		{Name: "what an operation did", Method: get, URL: "/v1/customers/kim/audit", Status: 200, Want: map[string]any{"entries.0.reasonCode": "duplicate"}},
		{Name: "redated, it stays", Method: post, URL: "/v1/operations", Body: `{"action":"redate","selection":{"trash":true},"reasonCode":"other"}`, Status: 202, Want: map[string]any{"reasonCode": "other"}},
		{Name: "another word", Method: post, URL: "/v1/customers/bob/block", Body: `{"reasonCode":"bored"}`, Status: 422, Code: "INVALID", Want: map[string]any{"errors.0.field": "reasonCode"}},
		{Name: "a purge", Method: post, URL: "/v1/customers/zoe/purge", Body: `{"confirm":"zoe","reasonCode":"erasure_request"}`, Status: 202},
	})
}

// TestTheReasonOfAnOperationIsComparedWithAllItIsAbout names two customers, in other spellings than in their profiles:
// neither the operation nor the deletion of one may have the name of the other.
func TestTheReasonOfAnOperationIsComparedWithAllItIsAbout(t *testing.T) {
	s := newSystem(t)
	s.must(200, post, "/v1/imports/customers", namesakes, "Content-Type", "application/x-ndjson")
	s.must(200, patch, "/v1/customers/bob", `{"lastName":"Moreno"}`)
	const why, told = "ZOE WEISS and 김민준 are one, as Bloggs said", "[…] […] and […][…] are one, as […] said"
	for _, action := range []string{"delete", "block"} {
		made := s.must(202, post, "/v1/operations", fmt.Sprintf(`{"action":%q,"selection":{"ids":["zoe","kim","bob"]},"reason":%q}`, action, why))
		if got := made.at("reason"); got != told {
			t.Errorf("%s: the plan says %v", action, got)
		}
		if action == "delete" {
			s.apply(fmt.Sprint(made.at("id")), fmt.Sprint(made.at("digest")))
		}
		s.settle()
	}
	for _, id := range []string{"zoe", "kim", "bob"} {
		s.observe(id)
		s.run(t, []call{
			{Name: id, Method: get, URL: "/v1/customers/" + id, Status: 200, Want: map[string]any{"deletion.reason": told, "blocked": true}},
			{Name: id + "'s log", Method: get, URL: "/v1/customers/" + id + "/audit", Status: 200, Want: map[string]any{"entries.0.action": "customer.blocked", "entries.0.reason": told}},
		})
	}
}

// TestAReasonWaitsForTheEndOfThePlanning plans in several pages; the customer that the reason names is in the last one.
func TestAReasonWaitsForTheEndOfThePlanning(t *testing.T) {
	s := newSystem(t)
	s.add(600)
	s.must(201, post, "/v1/customers", `{"id":"zz","firstName":"Trial","lastName":"Weiß"}`)
	request := `{"action":"delete","selection":{"ids":["zz",` + ids(600) + `]},"reason":"asked by Weiss"}`
	made := s.must(202, post, "/v1/operations", request)
	op := "/v1/operations/" + fmt.Sprint(made.at("id"))
	s.run(t, []call{{Name: "under way", Method: get, URL: op, Status: 200, Want: map[string]any{"state": "PLANNING", "reason": nil}}})
	s.settle()
	s.run(t, []call{{Name: "planned", Method: get, URL: op, Status: 200, Want: map[string]any{"state": "READY", "reason": "asked by […]"}}})
	cancelled := s.must(202, post, "/v1/operations", request)
	op = "/v1/operations/" + fmt.Sprint(cancelled.at("id"))
	s.must(200, post, op+"/cancel", "")
	s.run(t, []call{{Name: "cancelled before", Method: get, URL: op, Status: 200, Want: map[string]any{"state": "CANCELLED", "reason": nil}}})
}

func ids(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%q", fmt.Sprintf("c%03d", i))
	}
	return strings.Join(list, ",")
}

// TestAReasonIsWithheldWhereOneIsGone plans for a customer that does not exist: its profile is unknown, so the whole reason is withheld.
func TestAReasonIsWithheldWhereOneIsGone(t *testing.T) {
	s := newSystem(t)
	s.must(200, post, "/v1/imports/customers", namesakes, "Content-Type", "application/x-ndjson")
	id, digest := s.plan(`{"action":"delete","selection":{"ids":["zoe"]}}`)
	s.apply(id, digest)
	id, digest = s.plan(`{"action":"purge","selection":{"ids":["zoe"]}}`)
	s.apply(id, digest)
	s.run(t, []call{
		{Name: "gone", Method: post, URL: "/v1/operations", Body: `{"action":"block","selection":{"ids":["kim","zoe"]},"reason":"Zoe and Kim","reasonCode":"other"}`, Status: 202, Want: map[string]any{"reason": "[…]", "reasonCode": "other"}},
		{Name: "not there", Method: post, URL: "/v1/operations", Body: `{"action":"block","selection":{"ids":["kim","nobody"]},"reason":"for 민준"}`, Status: 202, Want: map[string]any{"reason": "[…]"}},
	})
}
