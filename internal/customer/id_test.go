package customer

import (
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
