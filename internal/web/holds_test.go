package web_test

import (
	"testing"
	"time"

	"lethe/internal/customer"
)

// TestTheLiftOfTheLastHoldSaysUntilWhenThereIsTimeToRestore lifts a hold under which the purge
// time has passed.
func TestTheLiftOfTheLastHoldSaysUntilWhenThereIsTimeToRestore(t *testing.T) {
	s := newSystem(t)
	now := time.Now()
	s.service.Clock = func() time.Time { return now }
	s.must(201, post, "/v1/customers", `{"id":"A","lastName":"Alder"}`)
	s.must(200, remove, "/v1/customers/A", "")
	s.must(200, put, "/v1/customers/A/holds/case-1", "")
	s.must(200, put, "/v1/customers/A/holds/case-2", "")
	now = now.Add(40 * 24 * time.Hour)
	due := func(a answer) string { return a.body["deletion"].(map[string]any)["purgeTime"].(string) }
	before := due(s.must(200, get, "/v1/customers/A", ""))
	if got := due(s.must(200, remove, "/v1/customers/A/holds/case-1", "")); got != before {
		t.Errorf("under another hold it is due at %s, was at %s", got, before)
	}
	lifted := s.must(200, remove, "/v1/customers/A/holds/case-2", "")
	want := now.UTC().Truncate(time.Millisecond).Add(customer.LiftNotice)
	if got, err := time.Parse(time.RFC3339, due(lifted)); err != nil || !got.Equal(want) || lifted.body["state"] != "deleted" {
		t.Errorf("%s, want a purge time of %s", lifted.text, want)
	}
	s.must(200, post, "/v1/customers/A/restore", "")
}
