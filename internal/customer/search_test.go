package customer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// found says whether the search finds a profile: a lead must be the prefix of a term, and all words must match.
func found(s Search, p Profile) bool {
	c := Customer{Profile: p, Terms: SearchTerms(p)}
	led := slices.ContainsFunc(c.Terms, func(term string) bool {
		return slices.ContainsFunc(s.Leads(), func(lead string) bool { return strings.HasPrefix(term, lead) })
	})
	return led && s.Matches(c)
}

func TestSearchesFind(t *testing.T) {
	for _, tt := range []struct {
		profile  Profile
		finds    []string
		findsNot []string
	}{
		{
			Profile{Organisation: "Müller Straßenbau GmbH", FirstName: "Zoë", LastName: "O'Brien-Łuk", Email: "zoe.obrien@bau.example.com"},
			[]string{
				"STRASSENBAU", "straßenbau", "strassen", "Straß", "MÜLLER", "muller", "mu\u0308ller", "Zoe", "ZOË", "luk", "o'brien", "brien zoe",
				"zoe.obrien@bau.example.com", "ZOE.OBRIEN@BAU.EXAMPLE.COM", "<zoe.obrien@bau.example.com>,", "zoe.obrien@bau.example.com müller",
				"zoe.obrien@bau", "zoe.obrien@", "obrien@bau.example", "zoe.obrien@bau.example.c", "@bau.example.com", "bau.example.com", "example.com", "bau.ex", "zoe.obr",
			},
			[]string{"aßenbau", "zoe.obrien@bau.example.org", "example.org", "example.co.uk", "brien@bau.example.com.", "rien@bau.example.com", "zoe anders", "com", "ample.com"},
		},
		{Profile{LastName: "ΟΔΥΣΣΕΎΣ"}, []string{"Οδυσσεύς", "οδυσσευς", "οδυσσευσ", "οδ"}, []string{"υσ"}},
		{Profile{FirstName: "रानी", LastName: "गुप्ता"}, []string{"रानी", "रान", "गुप्ता", "गुप् रा"}, []string{"रीना", "गप्ता"}},
		{Profile{LastName: "குமார்"}, []string{"குமார்", "குமா"}, []string{"மார்"}},
		{Profile{LastName: "李明"}, []string{"李", "明", "李明", "李 明"}, []string{"明李", "王"}},
		{Profile{LastName: "李", FirstName: "明"}, []string{"李", "明", "李明", "李 明"}, []string{"明李"}},
		{Profile{LastName: "김", FirstName: "민준"}, []string{"김민준", "김", "민준", "김 민준"}, []string{"준민"}},
		{Profile{LastName: "김민준"}, []string{"김민준", "민준", "김민", "김"}, nil},
		{
			Profile{Organisation: "株式会社山田ABC商店 東京2020"},
			[]string{"山田", "山田ABC", "abc商店", "株式会社山田", "会社山田", "商", "東京2020", "2020"},
			[]string{"山商", "会社商店"},
		},
		{Profile{Organisation: "ヤマダ・カンパニー"}, []string{"カンパニー", "ﾔﾏﾀﾞ", "パニー", "ヤマダカ"[:9]}, []string{"ハニー", "ヤマタ"}},
		{Profile{FirstName: "สมชาย", LastName: "ใจดี", Organisation: "บริษัท ตัวอย่าง จำกัด"}, []string{"สมชาย", "ชาย", "ใจดี", "ตัวอย่าง", "อย่าง", "จำกัด", "ส"}, []string{"สมหญิง", "อย่าางง"}},
		{Profile{Organisation: "ສະບາຍດີ"}, []string{"ບາຍ", "ສະບາຍດີ"}, nil},
		{Profile{Organisation: "ភ្នំពេញ"}, []string{"ពេញ", "ភ្នំ"}, nil},
		{Profile{Organisation: "ရန်ကုန်"}, []string{"ကုန်", "ရန်ကုန်"}, nil},
		{Profile{LastName: "مُحَمَّد"}, []string{"محمد", "محم"}, nil},
		{Profile{LastName: "B", Organisation: "007 Bond, Studio 54 12"}, []string{"007", "bond b", "54 12", "studio 54", "54"}, []string{"07", "13", "12 55"}},
		{Profile{LastName: "A", Email: "ann@xn--mnchen-3ya.de"}, []string{"ann@münchen.de", "ann@xn--mnchen-3ya.de", "munchen", "ann@münch", "münchen.de"}, []string{"mnchen"}},
		{Profile{LastName: "Example", FirstName: "Ann"}, []string{"ann@example"}, []string{"ann@example.com"}},
	} {
		p := tt.profile.Normalise()
		for want, searches := range map[bool][]string{true: tt.finds, false: tt.findsNot} {
			for _, text := range searches {
				s, err := ParseSearch(text)
				if err != nil {
					t.Errorf("%q: %v", text, err)
				} else if found(s, p) != want {
					t.Errorf("%q finds %q: %v, want %v (%q)", text, SearchTerms(p), !want, want, s)
				}
			}
		}
	}
}

func TestPhoneNumbersAreFoundAsTheyAreWritten(t *testing.T) {
	for phone, searches := range map[string][2][]string{
		"+49 30 7654321-98": {
			{
				"+49 30 7654321-98", "+49 30 7654321", "0049 30 7654321", "0049 30 76", "00493076", "030 7654321", "030/7654321", "0307654321", "030 - 7654321", "030 7654321-98",
				"+49 (0)30 7654321", "+49(0)307654321", "+49 (030) 7654321", "(030) 76", "+49", "0049", "030", "30 7654321", "7654321", "765", "7654321 98", "98", "2198", "32198", "76543", "4930765432198",
				"٠٣٠ ٧٦٥٤٣٢١", "030\u20117654321",
			},
			{"+43 30 7654321", "031 7654321", "54321", "8912", "219", "654321", "+1 7654321"},
		},
		"030 7654321":          {{"+49 30 7654321", "0049307654321", "030 765", "7654321", "4321", "030"}, {"+49 30", "321"}},
		"+1 (555) 010-1234":    {{"+1 555 010", "001 555 010 1234", "(555) 010-1234", "555-010", "0101234", "1234", "555.010.1234", "15550101234", "010", "1 555 010 1234"}, {"+15 56", "0123"}},
		"(555) 010-1234":       {{"+1 555 010-1234", "555 010", "1234", "010 1234"}, {"+1 444 010-1234"}},
		"+33 1 23 45 67 89":    {{"01 23 45 67 89", "+33 (0)1 23 45", "23 45", "45", "67", "89", "6789", "45 67 89"}, {"12 35", "780"}},
		"+7 495 123-45-67":     {{"8 495 123-45-67", "8 (495) 1234567", "495 123", "007 495", "4567", "123"}, {"+8 495"}},
		"8 495 123-45-67":      {{"+7 495 123-45-67", "8 495 123", "8 (495) 123-45-67", "4951234567", "4567"}, nil},
		"06 1 234 5678":        {{"+36 1 234 5678", "06 1 234", "5678"}, nil},
		"+36 1 234 5678":       {{"06 1 234 5678", "1 234 5678", "234 5678"}, nil},
		"+39 06 1234567":       {{"06 1234567", "+39 06 123", "0039 06", "1234567"}, nil},
		"+49 30 1234 ext. 56":  {{"+49 30 1234", "1234", "56"}, {"123456"}},
		"030 12345, 040 67890": {{"030 12345", "040 67890", "+49 40 67890"[4:], "7890", "2345"}, {"12345 040"}},
		"12":                   {{"12"}, nil},
		"N/A":                  {nil, {"na"}},
	} {
		for i, want := range []bool{true, false} {
			for _, text := range searches[i] {
				s, err := ParseSearch(text)
				if err != nil {
					t.Errorf("%q: %v", text, err)
				} else if p := (Profile{Phone: phone}); found(s, p) != want {
					t.Errorf("%q finds %s: %v, want %v (%q leads %q, terms %q)", text, phone, !want, want, s, s.Leads(), SearchTerms(p))
				}
			}
		}
	}
}

func TestATypicalPhoneNumberHasFewTerms(t *testing.T) {
	for phone, want := range map[string]int{"+49 30 7654321": 4, "030 7654321": 3, "030-0074321": 3, "+1 (555) 010-1234": 4, "+33 1 23 45 67 89": 7, "+493076543210": 3} {
		if got := SearchTerms(Profile{Phone: phone}); len(got) != want {
			t.Errorf("%s makes %d terms, want %d: %q", phone, len(got), want, got)
		}
	}
}

func TestASearchNeedsALead(t *testing.T) {
	for _, text := range []string{"", " ", "a", "a b c", "1", "-", "#", "\u0301", "\u200b", "ी", ".", "@", "a@", "1 2", "\xff"} {
		if s, err := ParseSearch(text); faults(err) != "search" {
			t.Errorf("%q: %v, %q", text, err, s)
		}
	}
	for _, text := range []string{"李", "ア", "ก", "김", "ab", "12", "a@b.c", "a anders"} {
		if _, err := ParseSearch(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestAWholeAddressIsKnownAsOne(t *testing.T) {
	for text, want := range map[string]string{
		"Ann@Example.com": "ann@example.com", "anders <ann@example.com>": "ann@example.com", "a@b.c x@y.z": "a@b.c",
		"ann@example.": "ann@example", "ann@": "", "example.com": "", "anders": "", "ann@xn--mnchen-3ya.de": "ann@münchen.de",
	} {
		if s, _ := ParseSearch(text); s.Address != want {
			t.Errorf("%q: %q, want %q", text, s.Address, want)
		}
	}
}

// TestTooManyWords checks that the terms of names come first, not those first in the alphabet, and that the
// fields with words left out are returned.
func TestTooManyWords(t *testing.T) {
	words := func(prefix string, n int) string {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprint(prefix, i)
		}
		return strings.Join(all, " ")
	}
	p := Profile{Organisation: words("a", 50), FirstName: words("x", 2), LastName: words("z", 3), Email: "y@w.example", Phone: "030 7654321"}
	terms := SearchTerms(p)
	if len(terms) != MaxTerms || !slices.IsSorted(terms) {
		t.Errorf("%d terms: %q", len(terms), terms)
	}
	for _, want := range []string{"z0", "z2", "x1", "y", "w", "307654321", "a0", "a20"} {
		if !slices.Contains(terms, want) {
			t.Errorf("%s is no term", want)
		}
	}
	if got := fmt.Sprint(Unsearchable(p)); got != "[organisation]" {
		t.Errorf("unsearchable: %s", got)
	}
	if got := Unsearchable(Profile{Organisation: words("a", MaxTerms), LastName: "a1 a2"}); got != nil {
		t.Errorf("fields with room for all words are unsearchable: %s", got)
	}
}

// FuzzSearch makes terms of any text. Each of its words must find it, and all of them together.
func FuzzSearch(f *testing.F) {
	for _, seed := range []string{"Straßenbau", "李明 ABC商店", "ตัวอย่าง", "रानी", "o'neil-x", "St.Gallen", "007", "ﬃ", "\u0e48a", "가나다라마", "ー々", "+49 (0)30", "a@b.c", "00", "a\u0301ア\u3099"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := Profile{Organisation: text}
		if !utf8.ValidString(text) || Unsearchable(p) != nil {
			return
		}
		if s, err := ParseSearch(text); err == nil && s.Matches(Customer{}) {
			t.Fatalf("%+q finds who has no name", text)
		}
		words := wordsOf(text)
		for _, search := range append(words, strings.Join(words, " ")) {
			s, err := ParseSearch(search)
			short := !slices.ContainsFunc(wordsOf(search), func(w string) bool { return leadOf([]string{w}) != nil })
			if err == nil && !short && !found(s, p) {
				t.Fatalf("%+q is not found by %+q: %+q, leads %+q, %q", text, search, SearchTerms(p), s.Leads(), s)
			}
		}
	})
}

func TestFuzzedPhoneNumbersAreFound(t *testing.T) {
	rng, numbers := rand.New(rand.NewPCG(1, 2)), 2000
	if testing.Short() {
		numbers = 200
	}
	for range numbers {
		var groups []string
		for range 2 + rng.IntN(4) {
			groups = append(groups, fmt.Sprint(1+rng.IntN(9))+fmt.Sprint(10+rng.IntN(10000)))
		}
		phone := strings.Join(groups, []string{" ", "-", "/", ".", ") ("}[rng.IntN(5)])
		if rng.IntN(2) == 0 {
			phone = "+" + phone
		}
		digits := strings.Join(groups, "")
		for _, search := range append(groups, phone, digits, digits[len(digits)-4:], strings.Join(groups[1:], " ")) {
			if s, err := ParseSearch(search); err != nil || !found(s, Profile{Phone: phone}) {
				t.Fatalf("%s is not found by %s: %v, %q", phone, search, err, SearchTerms(Profile{Phone: phone}))
			}
		}
	}
}
