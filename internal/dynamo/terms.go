package dynamo

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"

	"lethe/internal/customer"
)

const (
	maxTerms      = 24 // of one customer; the rest can't be searched for
	maxTermLength = 32 // characters; longer words are cut, as are those searched for
)

// searchTerms are the words by which a customer is found, sorted: of its names and
// organisation, of its e-mail address without the top-level domain that everybody
// shares, and its phone number's digits.
func searchTerms(p customer.Profile) []string {
	email := p.Email
	if at := strings.LastIndex(email, "."); at > 0 {
		email = email[:at]
	}
	terms := words(p.Organisation + " " + p.FirstName + " " + p.LastName + " " + email)
	if number := digits(p.Phone); number != "" {
		terms = append(terms, cut(number))
	}
	slices.Sort(terms)
	terms = slices.Compact(terms)
	return terms[:min(len(terms), maxTerms)]
}

// searchWords are the words of a search, longest first. Something that looks like a
// phone number is one word.
func searchWords(search string) []string {
	if number := digits(search); len(number) >= 3 && strings.Trim(search, "0123456789+()./- ") == "" {
		return []string{cut(number)}
	}
	found := words(search)
	slices.SortStableFunc(found, func(a, b string) int { return len([]rune(b)) - len([]rune(a)) })
	return slices.Compact(found)
}

// words splits at everything but letters and digits, lower-cases, and takes marks off
// letters, so that mexico finds México.
func words(s string) []string {
	folder := transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn)), norm.NFC)
	folded, _, err := transform.String(folder, strings.ToLower(s))
	if err != nil {
		folded = strings.ToLower(s) // a transformer of valid text has nothing to fail on
	}
	found := strings.FieldsFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, w := range found {
		found[i] = cut(w)
	}
	return found
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

func cut(word string) string {
	r := []rune(word)
	return string(r[:min(len(r), maxTermLength)])
}
