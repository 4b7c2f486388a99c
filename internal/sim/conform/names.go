package conform

import (
	"slices"
	"strings"
	"testing"

	"lethe/internal/customer"
)

// checkSearch creates customers, one of them in the trash, and searches for them.
func checkSearch(t *testing.T, w World) {
	ids := map[string]string{} // names by id
	for name, p := range map[string]customer.Profile{
		"ann":  {FirstName: "Ann", LastName: "Straßer", Email: "ann@münchen.example.com", Phone: "+49 30 7654321"},
		"anna": {FirstName: "Anna", Organisation: "STRASSER & Co", Email: "anna@example.com", Phone: "(555) 010-4321"},
		"li":   {LastName: "李明", Email: "joann@münchen.example.com"},
		"gone": {LastName: "Straßer", Email: "gone@example.com"},
	} {
		c := w.fresh()
		c.Profile = p.Normalise()
		must(t, w.Create(t.Context(), c))
		if ids[c.ID] = name; name == "gone" {
			w.delete(t, c.ID, Settings.Retention)
		}
	}
	for _, tt := range []struct{ search, active, trash string }{
		{"strasser", "ann anna", "gone"},
		{"STRASSER ann", "ann anna", ""},
		{"ann@münchen.example.com", "ann", ""}, // neither joann nor customers that have these words
		{"Ann@XN--MNCHEN-3YA.example.com", "ann", ""},
		{"ann@münchen.example.com straßer", "ann", ""},
		{"ann@münchen.example.com anders", "", ""},
		{"ann@münchen.example", "ann", ""},
		{"ann@münchen.example.co", "ann", ""},
		{"ann@example.com", "", ""},
		{"gone@example.com", "", "gone"},
		{"example.com", "ann anna li", "gone"},
		{"münchen.example.com", "ann li", ""},
		{"李", "li", ""},
		{"明", "li", ""},
		{"030 765", "ann", ""},
		{"4321", "ann anna", ""},
		{"555", "anna", ""},
		{"a@b.c", "", ""},
	} {
		for state, want := range map[customer.State]string{customer.Active: tt.active, customer.Deleted: tt.trash} {
			for _, limit := range []int{1, 10} {
				same(t, string(state)+" "+tt.search, strings.Join(w.find(t, tt.search, state, limit, ids), " "), want)
			}
		}
	}
	w.findsWhole(t, "strasser ann", customer.Active)
	w.findsWhole(t, "ann@münchen.example.com", customer.Active)
	w.findsWhole(t, "strasser", customer.Deleted)
	_, err := w.Customers(t.Context(), customer.Query{Search: "a", Limit: 1})
	refuses(t, err, customer.Invalid("search", "needs a word of at least two letters or digits"))
}

// findsWhole compares what a consistent search finds with the customers, as they are read by their ids.
func (w World) findsWhole(t *testing.T, search string, state customer.State) {
	t.Helper()
	page, err := w.Customers(t.Context(), customer.Query{Search: search, State: state, Limit: 10, Consistent: true})
	must(t, err)
	if len(page.Customers) == 0 {
		t.Errorf("a consistent search for %s finds nobody", search)
	}
	for _, found := range page.Customers {
		c, err := w.Customer(t.Context(), found.ID)
		must(t, err)
		same(t, "found by "+search, found, c)
	}
}

// find reads all pages of a search and returns the names of the customers it finds.
func (w World) find(t *testing.T, search string, state customer.State, limit int, names map[string]string) []string {
	t.Helper()
	var found []string
	for q := (customer.Query{Search: search, State: state, Limit: limit}); ; {
		page, err := w.Customers(t.Context(), q)
		must(t, err)
		for _, c := range page.Customers {
			found = append(found, names[c.ID])
		}
		if q.Cursor = page.Cursor; q.Cursor == "" {
			slices.Sort(found)
			return found
		}
	}
}

// oldNames are the rules of an older version.
func oldNames(p customer.Profile) customer.Names {
	return customer.Names{Terms: []string{"old-" + p.LastName, "old-too"}, Claim: "old:" + p.Email}
}

// checkOldNames purges and revises customers with terms and claims of older rules.
func checkOldNames(t *testing.T, w World) {
	ctx := t.Context()
	w.NameBy(oldNames)
	kept, gone := w.fresh(), w.fresh()
	kept.Profile.LastName, gone.Profile.LastName = "Anders", "Anders"
	must(t, w.Create(ctx, kept))
	must(t, w.Create(ctx, gone))
	w.NameBy(customer.NamesOf)

	w.delete(t, gone.ID, Settings.Retention)
	fenced := w.fence(t, gone.ID)
	left, err := w.Residue(ctx, fenced)
	must(t, err)
	same(t, "residue before", left, len(oldNames(gone.Profile).Terms)+1)
	w.finish(t, fenced)
	left, err = w.Residue(ctx, fenced)
	must(t, err)
	same(t, "residue", left, 0)
	again := w.fresh()
	again.Profile.Email = gone.Profile.Email
	w.NameBy(oldNames)
	must(t, w.Create(ctx, again)) // its claim was freed
	w.NameBy(customer.NamesOf)

	old := w.read(t, kept.ID)
	revised := old
	revised.Profile.Email, revised.Version, revised.Last = "new-"+old.Profile.Email, old.Version+1, w.change(customer.ActionUpdated)
	must(t, w.Revise(ctx, old, revised))
	same(t, "claimed", w.read(t, kept.ID).Claimed(), revised.Profile.Email)
	owner, err := w.EmailOwner(ctx, revised.Profile.Email)
	must(t, err)
	same(t, "owner", owner, kept.ID)
	left, err = w.Residue(ctx, old) // by its old names
	must(t, err)
	same(t, "residue of the old names", left, 0)
}
