package customer

import (
	"strings"
	"testing"
)

func TestReasonsAreBlotted(t *testing.T) {
	maria := Profile{Organisation: "Alfreds Futterkiste", FirstName: "Maria-Luise", LastName: "O'Anders", Email: "ml.anders@example.com", Phone: "030 74"}
	wang := Profile{FirstName: "小明", LastName: "王"}
	for _, test := range []struct {
		name    string
		profile Profile
		reason  string
		want    string
	}{
		{"nothing personal", maria, "contract ended, see ticket 42", "contract ended, see ticket 42"},
		{"nothing at all", maria, "", ""},
		{"space stays as it is", maria, " asked  twice ", " asked  twice "},
		{"an address of anybody", Profile{}, "forward to bob@example.org, please", "forward to […], please"},
		{"an address in brackets", Profile{}, "Bob <bob@example.org>", "Bob <[…]>"},
		{"a phone number of anybody", Profile{}, "called from +49 (30) 0074-321 at noon", "called from […] at noon"},
		{"a short number", Profile{}, "order 10248 of 2024", "order 10248 of 2024"},
		{"a name in any case", maria, "ALFREDS closed", "[…] closed"},
		{"a name in the genitive", maria, "Alfreds' wish, Futterkiste's too", "[…]' wish, […]'s too"},
		{"with the typographic apostrophe", maria, "Futterkiste’s wish", "[…]’s wish"},
		{"a name in quotes", maria, "„Alfreds“ «Futterkiste» “Anders”", "„[…]“ «[…]» “[…]”"},
		{"one half of a double name", maria, "Luise called", "[…] called"},
		{"names joined by a stroke", maria, "Alfreds/Anders—closed", "[…]/[…]—closed"},
		{"the name within the address", maria, "login ml.anders failed", "login […].[…] failed"},
		{"a name with a tag", maria, "_anders_ *alfreds*", "_[…]_ *[…]*"},
		{"part of another word", maria, "andersen stays", "andersen stays"},
		{"the phone number however short", maria, "called from 74", "called from […]"},
		{"a name amid a text without spaces", wang, "王小明要求删除", "[…][…]要求删除"},
		{"a final sigma in capitals", Profile{LastName: "Παππάς"}, "ΠΑΠΠΆΣ called", "[…] called"},
		{"a letter is no name", Profile{FirstName: "A", LastName: "Bo"}, "a wish of Bo", "a wish of […]"},
	} {
		got := Blot(test.reason, nil, &Customer{Profile: test.profile})
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
		if again := Blot(got, &Customer{Profile: test.profile}); again != got {
			t.Errorf("%s: blotted twice: %q", test.name, again)
		}
	}
}

func TestBothNamesOfARenamedCustomerAreBlotted(t *testing.T) {
	before, after := &Customer{Profile: Profile{LastName: "Anders"}}, &Customer{Profile: Profile{LastName: "Moreno"}}
	if got := Blot("Anders is Moreno now", before, after); got != "[…] is […] now" {
		t.Errorf("got %q", got)
	}
}

// FuzzBlot puts a name into any reason, between spaces. It never comes out.
func FuzzBlot(f *testing.F) {
	for _, seed := range [][2]string{{"Anders", "called"}, {"ÅSE", "’s wish"}, {"王明", "要求"}, {"o'neil-smith", "a@b"}, {"x1", "\xff"}, {"ǅx", "İ"}, {"ſtraße", "STRASSE"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, name, around string) {
		p := Profile{LastName: name}
		if p.Validate() != nil || ValidateReason(around) != nil {
			return
		}
		got := Blot(around+" "+name+" "+around, &Customer{Profile: p})
		for _, word := range wordLike.FindAllString(name, -1) {
			if len([]rune(word)) < 2 {
				continue
			}
			for _, left := range wordLike.FindAllString(got, -1) {
				if strings.EqualFold(left, word) {
					t.Fatalf("%q is left of %q: %q", word, name, got)
				}
			}
		}
	})
}
