package customer

import "strings"

// MaxID is how many characters a customer's id may have.
const MaxID = 128

// IDRule says what an id must be to be valid.
const IDRule = "must be up to 128 letters, digits and . _ - : | @ + =, the first a letter, a digit, _ or -"

// ValidID says whether s can be a customer's id. Most ids of other platforms are valid, such as
// auth0|5f7c, eu-west-1:4f0e and -Mabc. Not allowed are # and ~, which separate the parts of keys,
// and / ? %, which a gateway decodes in a path.
func ValidID(s string) bool { return named(s, MaxID, "_-", ".:|@+=") }

// named says whether s has 1 to most characters: ASCII letters, digits, those of anywhere and, after the first
// character, those of later. It is not a regular expression: a bounded repetition takes long to compile, and each
// function would do it at its start.
func named(s string, most int, anywhere, later string) bool {
	for i, c := range []byte(s) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		digit := '0' <= c && c <= '9'
		if !letter && !digit && strings.IndexByte(anywhere, c) < 0 && (i == 0 || strings.IndexByte(later, c) < 0) {
			return false
		}
	}
	return s != "" && len(s) <= most
}
