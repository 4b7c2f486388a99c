package customer

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// A search term is a word by which a customer is found, from the first letters on. This package decides which terms
// a profile has and which prefixes a search asks for; a [Store] only keeps and finds them.
const (
	// MaxTerms is how many terms a customer may have: a revision that changes all of them, the claim
	// and the root must fit into one transaction of 100 items.
	MaxTerms       = 40
	maxTermLength  = 32 // characters; longer words are cut, in searches, too
	unspacedLength = 3  // characters of a term in a script without spaces, where each character begins one
	minLead        = 2  // characters of a prefix that is long enough to search by; in a script without spaces, 1
)

// reversed marks the term with the digits of a phone number backwards, by which its end is found.
const reversed = "~"

// fieldTerms are the terms of one field of a profile.
type fieldTerms struct {
	field string
	terms []string
}

// termsByField returns a profile's terms, the most useful first. If there are too many, the last ones
// are left out: the end of a very long organisation name.
func termsByField(p Profile) []fieldTerms {
	last := p.LastName
	if endsUnspaced(p.LastName) && isUnspacedWord(Fold(p.FirstName)) {
		last += p.FirstName // written without a space: 李明, not 李 明
	}
	return []fieldTerms{
		{"lastName", termsOfText(last)},
		{"firstName", termsOfText(p.FirstName)},
		{"email", emailTerms(p.Email)},
		{"phone", phoneTerms(p.Phone)},
		{"organisation", termsOfText(p.Organisation)},
	}
}

func endsUnspaced(name string) bool {
	letters := []rune(strings.TrimRightFunc(Fold(name), unicode.IsMark))
	return len(letters) > 0 && isUnspaced(letters[len(letters)-1])
}

// Names are the search terms and the e-mail identity by which a customer is found, besides its id. A root
// has a copy: a purge removes exactly these, even if the rules have changed.
type Names struct {
	Terms []string // sorted
	Claim string   // e-mail identity; empty: there is no address, or the identity is the address itself
}

// NamesOf returns the names of a profile.
func NamesOf(p Profile) Names {
	n := Names{Terms: SearchTerms(p)}
	if identity := EmailIdentity(p.Email); identity != p.Email {
		n.Claim = identity
	}
	return n
}

// WithNames returns the customer with the given names.
func (c Customer) WithNames(n Names) Customer {
	c.Terms, c.Claim = n.Terms, n.Claim
	return c
}

// Claimed returns the e-mail identity that the customer claims, empty if it has no address.
func (c Customer) Claimed() string { return cmp.Or(c.Claim, c.Profile.Email) }

// SearchTerms returns the search terms of a profile, sorted.
func SearchTerms(p Profile) []string {
	terms, _ := searchTerms(p)
	slices.Sort(terms)
	return terms
}

// Unsearchable returns the names of the fields of which some words are no search terms, because the
// profile has more than MaxTerms.
func Unsearchable(p Profile) []string {
	_, fields := searchTerms(p)
	return fields
}

func searchTerms(p Profile) (terms, unsearchable []string) {
	for _, f := range termsByField(p) {
		for _, term := range f.terms {
			switch {
			case slices.Contains(terms, term):
			case len(terms) < MaxTerms:
				terms = append(terms, term)
			case !slices.Contains(unsearchable, f.field):
				unsearchable = append(unsearchable, f.field)
			}
		}
	}
	return terms, unsearchable
}

// termsOfText returns the terms of a text, in order.
func termsOfText(text string) []string {
	var terms []string
	for _, word := range wordsOf(text) {
		if isUnspacedWord(word) {
			terms = append(terms, unspacedTerms(word)...)
		} else {
			terms = append(terms, cut(word, maxTermLength))
		}
	}
	return terms
}

// unspacedTerms returns a term for each letter of a word in a script without spaces: the letter and those
// after it.
func unspacedTerms(word string) []string {
	var terms []string
	for at, r := range word {
		if !unicode.IsMark(r) {
			terms = append(terms, cut(word[at:], unspacedLength))
		}
	}
	return terms
}

// emailTerms returns the terms of an e-mail address. It leaves out the top-level domain, which many
// addresses share.
func emailTerms(email string) []string {
	name, domain, _ := strings.Cut(email, "@")
	if dot := strings.LastIndex(domain, "."); dot > 0 {
		domain = domain[:dot]
	}
	return termsOfText(name + " " + domain)
}

func cut(word string, length int) string {
	r := []rune(word)
	return string(r[:min(len(r), length)])
}
