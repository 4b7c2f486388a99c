package customer

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
)

func TestProfilesAreChecked(t *testing.T) {
	consents := func(names ...string) Profile {
		p := Profile{LastName: "Anders", Consents: map[string]bool{}}
		for _, name := range names {
			p.Consents[name] = true
		}
		return p
	}
	many := func(n int) (names []string) {
		for i := range n {
			names = append(names, fmt.Sprint("c", i))
		}
		return names
	}
	for _, test := range []struct {
		name    string
		profile Profile
		want    string // the fields that are wrong
	}{
		{"nothing", Profile{}, "organisation"},
		{"nothing but an e-mail address", Profile{Email: "ann@example.com"}, ""},
		{"nothing but a phone number", Profile{Phone: "030-0074321"}, ""},
		{"nothing but a consent", Profile{Push: true, Consents: map[string]bool{"news": true}}, "organisation"},
		{"an organisation", Profile{Organisation: "Alfreds Futterkiste"}, ""},
		{"a first name", Profile{FirstName: "Maria"}, ""},
		{"a last name", Profile{LastName: "Anders"}, ""},
		{"a name in any script", Profile{FirstName: "小明", LastName: "王", Organisation: "شركة النيل"}, ""},
		{"a name like a formula", Profile{Organisation: "=HYPERLINK(\"x\")", FirstName: "+1", LastName: "@SUM"}, ""},
		{"the longest name", Profile{LastName: strings.Repeat("é", MaxName)}, ""},
		{"names that are too long", Profile{Organisation: strings.Repeat("é", MaxName+1), FirstName: strings.Repeat("x", MaxName+1), LastName: strings.Repeat("x", MaxName+1)}, "organisation firstName lastName"},
		{"bad UTF-8", Profile{LastName: "M\xfcller"}, "lastName"},
		{"a name with a joiner", Profile{FirstName: "ශ්\u200dරී", LastName: "می\u200cخواهم"}, ""},
		{"names that nobody sees", Profile{Organisation: "\u200b\u2060", FirstName: "\u3164", LastName: "\u2800 \u2800", Phone: "\u00ad"}, "organisation firstName lastName phone"},
		{"text turned around", Profile{Organisation: "a\u202eb", FirstName: "a\u2067b\u2069", LastName: "\u202aA", Phone: "\u202d030 1\u202c"}, "organisation firstName lastName phone"},
		{"a line break", Profile{FirstName: "Ann\nAdmin"}, "firstName"},
		{"a NUL", Profile{Organisation: "a\x00b"}, "organisation"},
		{"the longest phone", Profile{LastName: "A", Phone: strings.Repeat("1", MaxPhone)}, ""},
		{"a phone that is too long", Profile{LastName: "A", Phone: strings.Repeat("1", MaxPhone+1)}, "phone"},
		{"consents", consents("newsletter", "third-parties_2"), ""},
		{"as many consents as can be", consents(many(MaxConsents)...), ""},
		{"too many consents", consents(many(MaxConsents + 1)...), "consents"},
		{"a consent to something unsayable", consents("news letter"), "consents"},
	} {
		if got := faults(test.profile.Validate()); got != test.want {
			t.Errorf("%s: %q is wrong, want %q", test.name, got, test.want)
		}
	}
}

func TestEmailAddressesAreChecked(t *testing.T) {
	const domain = "@example.com"
	for address, valid := range map[string]bool{
		"":                        true, // a customer need not have one
		"ann@example.com":         true,
		"ann+tag@mail.example.co": true,
		"ann.o'neil@example.com":  true,
		"ünal@example.com":        true,
		strings.Repeat("a", MaxEmail-len(domain)) + domain:   true,
		strings.Repeat("a", MaxEmail-len(domain)+1) + domain: false,
		"ann":                                     false,
		"ann@":                                    false,
		"@example.com":                            false,
		"ann@@example.com":                        false,
		"ann example@x.com":                       false,
		"Ann <ann@example.com>":                   false,
		"<ann@example.com>":                       false,
		"ann@example.com, b@c.d":                  false,
		"ann@example.com\n":                       false,
		"ann\x00@example.com":                     false,
		"ann@exam\xffple.com":                     false,
		"\"a b\"@example.com":                     false,
		"ann@example.com (Ann)":                   false,
		"mailto:ann@example.com":                  false,
		"ann@münchen.de":                          true,
		"ann@xn--mnchen-3ya.de":                   true,
		"ann@例え.jp":                               true,
		"ann@r3---sn.example":                     true,
		"ann@localhost":                           true,
		"ann@exam_ple.com":                        false,
		"ann@xn--a.com":                           false,
		"ann@example..com":                        false,
		"ann@[192.0.2.1]":                         false,
		"ann@" + strings.Repeat("a", 64) + ".com": false,
		"a\u200bnn@example.com":                   false, // zero width space
		"a\u200dnn@example.com":                   false, // joiner
		"a\u00adnn@example.com":                   false, // soft hyphen
		"ann\u2060@example.com":                   false, // word joiner
		"a\u202enn@example.com":                   false, // override
		"a\u3164nn@example.com":                   false, // filler
		"ann@exa\u202emple.com":                   false,
	} {
		if got := faults(Profile{LastName: "A", Email: address}.Validate()); (got == "") != valid || got != "" && got != "email" {
			t.Errorf("%.40q: %q is wrong, want valid %v", address, got, valid)
		}
	}
}

func TestNormaliseTrimsAndLowersOnlyTheAddress(t *testing.T) {
	got := Profile{Organisation: " Alfreds ", FirstName: "\tMaria", LastName: "McAnders\n", Email: " Maria@Example.COM ", Phone: " 030-0074321\u00a0"}.Normalise()
	want := "{Alfreds Maria McAnders maria@example.com 030-0074321 false map[]}"
	if fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestEqualAddressesAreOne(t *testing.T) {
	identity := func(email string) string { return EmailIdentity(Profile{Email: email}.Normalise().Email) }
	for _, same := range [][]string{
		{"ann@example.com", "Ann@EXAMPLE.com", "ANN@example.COM", " ann@example.com "},
		{"zoë@example.com", "zoe\u0308@example.com", "ZOË@example.com"},
		{"ann@xn--mnchen-3ya.de", "ann@münchen.de", "Ann@MÜNCHEN.de", "ann@mu\u0308nchen.de", "ann@XN--MNCHEN-3YA.de"},
		{"ann@example.jp", "ann@ｅｘａｍｐｌｅ.jp", "ann@example。jp"},
		{"ann@xn--strae-oqa.de", "ann@straße.de"},
		{"İda@example.com", "I\u0307da@example.com", "İDA@example.com"},
	} {
		for _, email := range same {
			if got := identity(email); got != same[0] {
				t.Errorf("%q is %q, want %q", email, got, same[0])
			}
		}
	}
	for _, other := range [][2]string{
		{"İda@example.com", "ida@example.com"}, {"ıda@example.com", "ida@example.com"}, {"strauß@example.com", "strauss@example.com"},
		{"ann@straße.de", "ann@strasse.de"}, {"zoë@example.com", "zoe@example.com"}, {"ann+x@example.com", "ann@example.com"},
	} {
		if a, b := identity(other[0]), identity(other[1]); a == b {
			t.Errorf("%q and %q are both %q", other[0], other[1], a)
		}
	}
}

func TestADomainIsReadInItsOwnScript(t *testing.T) {
	if got := (Profile{Email: "Ann@XN--MNCHEN-3YA.de"}).Normalise().Email; got != "ann@münchen.de" {
		t.Errorf("got %q", got)
	}
}

func TestIdentifiersAreSafeInKeysAndAddresses(t *testing.T) {
	for text, want := range map[string]bool{
		"ALFKI": true, "7": true, "a.b-c_d": true, strings.Repeat("x", 64): true,
		"": false, strings.Repeat("x", 65): false, ".": false, "..": false, "-a": false, "_a": false, "a/b": false, "a#b": false,
		"a~b": false, "a b": false, "a\n": false, "é": false, "a%2f": false, "a\x00": false, "\xff": false, "=a": false,
	} {
		if got := Identifier(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestReasonsAreChecked(t *testing.T) {
	for reason, want := range map[string]string{
		"": "", "asked by phone": "", "=1+1": "", strings.Repeat("é", MaxReason): "",
		strings.Repeat("é", MaxReason+1): "reason", "a\tb": "reason", "\xff": "reason", "a\u0085b": "reason",
		"a\u202eb": "reason", "\u2066a": "reason", "\u200b": "reason", "\u3164 \u3164": "reason", "می\u200cخواهم": "", "שלום\u200f!": "",
	} {
		if got := faults(ValidateReason(reason, "")); got != want {
			t.Errorf("%.20q: %q is wrong, want %q", reason, got, want)
		}
	}
}

func TestReasonCodesAreChecked(t *testing.T) {
	for _, code := range append(ReasonCodes, "") {
		if err := ValidateReason("", code); err != nil {
			t.Errorf("%s: %v", code, err)
		}
	}
	if got := faults(ValidateReason("a\tb", "canary")); got != "reason reasonCode" {
		t.Errorf("%q is wrong", got)
	}
}

func TestProblemsDoNotRepeatTheValue(t *testing.T) {
	err := Profile{Organisation: "Canary\n", Email: "canary", Consents: map[string]bool{"canary bird": true}}.Validate()
	if got := faults(err); got != "organisation email consents" {
		t.Fatalf("%q is wrong", got)
	}
	if strings.Contains(strings.ToLower(err.Error()), "canary") {
		t.Errorf("the value comes back: %v", err)
	}
}

// FuzzProfile normalises any texts. A valid profile must stay the same when it is normalised again, and its
// address must be safe in headers and keys.
func FuzzProfile(f *testing.F) {
	for _, seed := range [][2]string{{"Ann", "ann@example.com"}, {" =1+1 ", "İ@EXAMPLE.com"}, {"\u2028", "a@b\u200d.c"}, {"\xff", "\"@\"@b"}, {"王", "K@k"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, name, email string) {
		p := Profile{LastName: name, Email: email}.Normalise()
		if again := p.Normalise(); fmt.Sprint(again) != fmt.Sprint(p) {
			t.Fatalf("%+v is normalised to %+v", p, again)
		}
		if p.Validate() != nil {
			return
		}
		odd := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
		if strings.ContainsFunc(p.Email, odd) || len(p.Email) > MaxEmail || p.Email != "" && strings.Count(p.Email, "@") != 1 {
			t.Fatalf("%q was accepted", p.Email)
		}
	})
}
