package customer

import (
	"regexp"
	"strings"
	"testing"
)

func TestIDsOfOtherPlatformsAreValid(t *testing.T) {
	for id, want := range map[string]bool{
		"ALFKI": true, "7": true, "auth0|5f7c8ec7c33c6c004bbafe82": true, "google-oauth2|103547991597142817347": true,
		"eu-west-1:4f0e2b1c-1c1b-4b7e-9d4c-0d5f6a7b8c9d": true, "-MabcDEF_gh-1234567": true, "_x": true, "-": true,
		"__export__.res_partner_1_abc": true, "samlp|acme|ann@example.com": true, "ann+test@example.com": true, "cus_NffrFeUfNV2Hib": true,
		"0013000001E8hZmAAJ": true, "YWJjZA==": true, strings.Repeat("x", MaxID): true,
		"": false, strings.Repeat("x", MaxID+1): false, ".": false, "..": false, ".a": false, "a/b": false, "a#b": false, "a~b": false, "a?b": false,
		"a%2fb": false, "a b": false, "a\n": false, "é": false, "a\x00": false, "\xff": false, "=a": false, "+a": false, "@a": false, "|a": false,
		"a\"b": false, "a'b": false, "a,b": false, "a;b": false, "a\\b": false, "a&b": false, "<a>": false, "{a}": false,
	} {
		if got := ValidID(id); got != want {
			t.Errorf("%q: %v, want %v", id, got, want)
		}
	}
}

// TestNamesFitTheirPatterns compares the rules of names with regular expressions, as the API's document has them, for all
// texts of up to two bytes and for texts around the longest.
func TestNamesFitTheirPatterns(t *testing.T) {
	texts := []string{""}
	for a := range 256 {
		texts = append(texts, string([]byte{byte(a)}), strings.Repeat("x", a))
		for b := range 256 {
			texts = append(texts, string([]byte{byte(a), byte(b)}))
		}
	}
	for _, rule := range []struct {
		fits    func(string) bool
		pattern string
	}{
		{ValidID, `^[A-Za-z0-9_-][A-Za-z0-9._:|@+=-]{0,127}$`},
		{Identifier, `^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`},
		{kindName, `^[a-z][a-z0-9_-]{0,31}$`},
	} {
		pattern := regexp.MustCompile(rule.pattern)
		for _, text := range texts {
			if got, want := rule.fits(text), pattern.MatchString(text); got != want {
				t.Errorf("%q: %t, and by %s %t", text, got, pattern, want)
			}
		}
	}
}
