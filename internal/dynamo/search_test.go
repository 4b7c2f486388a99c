package dynamo_test

import (
	"slices"
	"testing"

	"lethe/internal/customer"
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
