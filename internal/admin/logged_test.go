package admin_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"lethe/internal/admin"
	"lethe/internal/audit"
	"lethe/internal/sim/model"
)

// TestProposalsAreLogged proposes rules, discards them, proposes them again and has them approved. Refused attempts leave
// nothing in the log.
func TestProposalsAreLogged(t *testing.T) {
	store := model.Table{Model: model.New()}
	s := admin.New(store)
	s.AdminGroup = "owners"
	owner := func(subject string) admin.Administrator {
		return admin.Administrator{Identity: admin.Identity{Subject: subject, Groups: []string{"owners"}}}
	}
	must := func(r admin.Rules, err error) admin.Rules {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	strict := must(s.Change(t.Context(), owner("ann"), admin.Rules{FourEyes: admin.FourEyes{Purges: true}}))
	proposed := must(s.Change(t.Context(), owner("ann"), admin.Rules{Version: strict.Version}))
	discarded := must(s.Discard(t.Context(), owner("ben"), proposed.Proposal.Digest()))
	proposed = must(s.Change(t.Context(), owner("ann"), admin.Rules{Version: discarded.Version}))
	if _, err := s.Approve(t.Context(), owner("ann"), proposed.Proposal.Digest()); err == nil {
		t.Error("ann approves her own proposal")
	}
	must(s.Approve(t.Context(), owner("ben"), proposed.Proposal.Digest()))
	var got []string
	page, err := store.EntriesByDay(t.Context(), audit.Query{Day: time.Now().UTC().Format(time.DateOnly), Limit: 100})
	for _, e := range page.Entries {
		got = append(got, fmt.Sprint(e.By, " ", e.Action, " ", e.Subject, e.Fields))
	}
	slices.Sort(got)
	want := []string{
		"ann access.changed [fourEyes.purges]", "ann access.proposed [fourEyes.purges]", "ann access.proposed [fourEyes.purges]",
		"ben access.approved ann[fourEyes.purges]", "ben access.discarded ann[fourEyes.purges]",
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}
