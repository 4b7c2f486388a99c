package customer

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	emailLike = regexp.MustCompile(`[^\s<>,;:()]+@[^\s<>,;:()]+`)
	phoneLike = regexp.MustCompile(`\+?\d[\d ()./-]{5,}\d`)
	wordLike  = regexp.MustCompile(`[\p{L}\p{M}\p{N}]+`)
	// unspaced are the scripts that leave no space between words.
	unspaced = regexp.MustCompile(`[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]`)
)

const blotted = "[…]"

// Blot removes from a reason what looks like an address or a phone number, and every
// word of the customer's own profile: people write names into reasons, and the audit
// log, like an operation, stays when the customer is gone. A single letter is no name, unless its script
// has names of one.
func Blot(reason string, images ...*Customer) string {
	reason = emailLike.ReplaceAllString(reason, blotted)
	reason = phoneLike.ReplaceAllString(reason, blotted)
	for _, c := range images {
		if c != nil {
			reason = blotWords(reason, c.Profile)
		}
	}
	return reason
}

func blotWords(reason string, p Profile) string {
	personal := map[string]bool{}
	for _, s := range []string{p.Organisation, p.FirstName, p.LastName, p.Email, p.Phone} {
		for _, word := range wordLike.FindAllString(s, -1) {
			if unspaced.MatchString(word) {
				reason = strings.ReplaceAll(reason, word, blotted)
			}
			personal[fold(word)] = utf8.RuneCountInString(word) > 1
		}
	}
	return wordLike.ReplaceAllStringFunc(reason, func(word string) string {
		if personal[fold(word)] {
			return blotted
		}
		return word
	})
}

// fold makes letters equal that differ in case only. Some have two small forms of one
// capital, as the Greek sigma.
func fold(word string) string { return strings.ToLower(strings.ToUpper(word)) }
