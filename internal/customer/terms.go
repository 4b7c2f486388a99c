package customer

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// A search term is a word by which a customer is found, by its beginning. How a profile makes
// terms, and a search asks for them, is decided here, for whatever keeps them.
const (
	// MaxTerms is how many terms a customer has at most: a revision that changes all of them,
	// the claim and the root is still one transaction of 100 items.
	MaxTerms      = 40
	maxTermLength = 32 // characters; longer words are cut, as are those searched for
	joinedLength  = 3  // characters of a term in a script without spaces, where each character begins one
	minLead       = 2  // characters that a search needs to begin with; in such a script, 1
)

// reversed marks the term that a phone number makes backwards: it is found by its end.
const reversed = "~"

// fieldTerms are the terms that one field of a profile makes.
type fieldTerms struct {
	field string
	terms []string
}

// termsByField are a profile's terms, the most wanted first: when there are too many, what is
// left out is the end of the longest name that a company can have.
func termsByField(p Profile) []fieldTerms {
	last := p.LastName
	if endsJoined(p.LastName) && isJoined(Fold(p.FirstName)) {
		last += p.FirstName // as it is written: 李明, and not 李 明
	}
	return []fieldTerms{
		{"lastName", termsOfText(last)},
		{"firstName", termsOfText(p.FirstName)},
		{"email", emailTerms(p.Email)},
		{"phone", phoneTerms(p.Phone)},
		{"organisation", termsOfText(p.Organisation)},
	}
}

func endsJoined(name string) bool {
	letters := []rune(strings.TrimRightFunc(Fold(name), unicode.IsMark))
	return len(letters) > 0 && joined(letters[len(letters)-1])
}

// Names are what leads to a customer beside its id. What a root keeps of them is how they were
// written, whatever the rules are by the time of its purge.
type Names struct {
	Terms []string // sorted
	Claim string   // the e-mail address's identity; empty: none, or the address as it is
}

// NamesOf are the names that a profile makes.
func NamesOf(p Profile) Names {
	n := Names{Terms: SearchTerms(p)}
	if identity := EmailIdentity(p.Email); identity != p.Email {
		n.Claim = identity
	}
	return n
}

// Named is the customer with other names.
func (c Customer) Named(n Names) Customer {
	c.Terms, c.Claim = n.Terms, n.Claim
	return c
}

// Claimed is the e-mail identity that is claimed for the customer; empty: none.
func (c Customer) Claimed() string { return cmp.Or(c.Claim, c.Profile.Email) }

// SearchTerms are the terms of a profile, sorted.
func SearchTerms(p Profile) []string {
	terms, _ := searchTerms(p)
	slices.Sort(terms)
	return terms
}

// Unsearchable names the fields of a profile that have more words than it can be found by.
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

// termsOfText are the words of a name, in its order.
func termsOfText(text string) []string {
	var terms []string
	for _, word := range wordsOf(text) {
		if isJoined(word) {
			terms = append(terms, joinedTerms(word)...)
		} else {
			terms = append(terms, cut(word, maxTermLength))
		}
	}
	return terms
}

// joinedTerms are what begins at each letter of a word in a script without spaces.
func joinedTerms(word string) []string {
	var terms []string
	for at, r := range word {
		if !unicode.IsMark(r) {
			terms = append(terms, cut(word[at:], joinedLength))
		}
	}
	return terms
}

// emailTerms are the words of an e-mail address without the top-level domain, which everybody
// shares.
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
