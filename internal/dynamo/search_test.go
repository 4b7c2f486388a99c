package dynamo_test

import (
	"fmt"
	"slices"
	"testing"

	"lethe/internal/customer"
	"lethe/internal/parallel"
)

func TestSearchFindsWordsByTheirBeginning(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	names := map[string]string{} // by id
	for name, p := range map[string]customer.Profile{
		"maria":  {Organisation: "Alfreds Futterkiste", FirstName: "Maria", LastName: "Anders", Email: "maria.anders@alfreds.example", Phone: "+49 30 0074321"},
		"ana":    {Organisation: "Ana Trujillo Emparedados y helados", FirstName: "Ana", LastName: "Trujillo", Phone: "(5) 555-4729"},
		"martin": {Organisation: "Bólido Comidas", FirstName: "Martín", LastName: "Sommer-Öz", Email: "martin@bolido.example"},
		"yamada": {Organisation: "山田商店", FirstName: "太郎", LastName: "山田"},
		"olga":   {Organisation: "ООО Ромашка", FirstName: "Ольга", LastName: "Straße"},
		"long":   {LastName: "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerk"},
	} {
		c := s.fresh()
		c.Profile = p
		if err := s.Create(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		names[c.ID] = name
	}
	for _, tt := range []struct {
		search string
		want   []string
	}{
		{"maria", []string{"maria"}},
		{"MAR", []string{"maria", "martin"}},
		{"ma", []string{"maria", "martin"}},
		{"aria", nil},
		{"an", []string{"ana", "maria"}},
		{"ana tru", []string{"ana"}},
		{"tru ana", []string{"ana"}},
		{"ana anders", nil},
		{"alfreds", []string{"maria"}},
		{"maria.anders@alfreds", []string{"maria"}},
		{"example", nil}, // everybody's top-level domain is no term
		{"+49 30 00", []string{"maria"}},
		{"49300074321", []string{"maria"}},
		{"(5) 555", []string{"ana"}},
		{"martin", []string{"martin"}},
		{"MARTÍN", []string{"martin"}},
		{"bolido", []string{"martin"}},
		{"bólido", []string{"martin"}},
		{"bo\u0301lido", []string{"martin"}}, // the same, decomposed
		{"sommer-öz", []string{"martin"}},
		{"山田", []string{"yamada"}},
		{"山田商", []string{"yamada"}},
		{"ромаш", []string{"olga"}},
		{"ОЛЬГА", []string{"olga"}},
		{"straß", []string{"olga"}},
		{"donaudampfschifffahrtselektrizitaetenhauptbetriebswerk", []string{"long"}},
		{"donaudampfschifffahrtselektrizitaet", []string{"long"}},
		{"trujillo helados emparedados ana", []string{"ana"}},
	} {
		t.Run(tt.search, func(t *testing.T) {
			var got []string
			for _, id := range s.found(t, tt.search, customer.Active) {
				got = append(got, names[id])
			}
			slices.Sort(got)
			same(t, "found", got, tt.want)
		})
	}
}

func TestSearchNeedsAWordOfTwoCharacters(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	want := customer.Invalid("search", "needs a word of at least two letters or digits")
	for _, search := range []string{"a", "1", "-", "  ", "#", "a b c", "\u0301"} {
		_, err := s.Customers(t.Context(), customer.Query{Search: search, Limit: 10})
		refuses(t, err, want)
	}
}

// TestSearchPagesFindEverybodyOnce searches for a prefix that several words of most customers have.
func TestSearchPagesFindEverybodyOnce(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	var want []string
	for i := range 30 {
		c := s.fresh()
		c.Profile = customer.Profile{FirstName: "Anna", LastName: []string{"Andersson", "Anand", "Berg"}[i%3], Organisation: "Annas An-An"}
		if err := s.Create(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		want = append(want, c.ID)
	}
	slices.Sort(want)
	for _, limit := range []int{1, 7, 100} {
		var got []string
		for _, c := range s.walk(t, customer.Query{Search: "an", Limit: limit}) {
			got = append(got, c.ID)
		}
		slices.Sort(got)
		same(t, "found", got, want)
	}
}

// TestASearchReadsEachCustomerItShowsOnce searches for more customers than one batch can read. A page reads as many roots
// as it shows, at half a unit each, or at one unit if consistently. The last page is known to be the last.
func TestASearchReadsEachCustomerItShowsOnce(t *testing.T) {
	t.Parallel()
	const many = 230
	p := newTill(t)
	p.addCrowd(t, many)
	for _, tt := range []struct {
		consistent    bool
		limit, pages  int
		requests      int
		least, atMost float64 // read units: of the roots, and two more for the terms of a page
	}{
		{false, 50, 5, 5 + 5, many / 2, many/2 + 5},
		{false, many, 1, 1 + 3, many / 2, many/2 + 2},
		{true, many, 1, 1 + 3, many, many + 2},
		{true, many - 1, 2, 2 + 3 + 1, many, many + 3},
	} {
		p.meter.Reset()
		what := fmt.Sprintf("search in pages of %d, consistently: %t", tt.limit, tt.consistent)
		found, pages := 0, 0
		for q := (customer.Query{Search: "crowd", Limit: tt.limit, Consistent: tt.consistent}); pages == 0 || q.Cursor != ""; pages++ {
			page, err := p.Customers(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			found, q.Cursor = found+len(page.Customers), page.Cursor
		}
		cost := p.pays(t, what, nil)
		if found != many || pages != tt.pages || cost.Total() != tt.requests || cost.Read < tt.least || cost.Read > tt.atMost {
			t.Errorf("%s: found %d in %d pages; want %d in %d pages, %d requests, %g to %g read units",
				what, found, pages, many, tt.pages, tt.requests, tt.least, tt.atMost)
		}
	}
}

// addCrowd adds customers with one term in common.
func (p till) addCrowd(t *testing.T, n int) {
	t.Helper()
	for _, err := range parallel.Each(n, 8, func(i int) error {
		_, err := p.Create(t.Context(), "", customer.Profile{Organisation: fmt.Sprintf("Crowd %d", i)}, byAdmin)
		return err
	}) {
		if err != nil {
			t.Fatal(err)
		}
	}
}
