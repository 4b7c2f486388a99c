package customer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Search is a parsed search for customers. It finds those that have all of its words.
type Search struct {
	// Address is the first complete e-mail address among the words, or empty. If a
	// customer has it, that customer is the result. If not, it may be the beginning of another address.
	Address string
	words   []searchWord
}

// searchWord is one word of a search. A customer has it if alternatives, email or domestic matches.
type searchWord struct {
	// alternatives has lists of prefixes. A list matches if the customer has a search term for
	// each of its prefixes.
	alternatives [][]string
	// email matches a part of an e-mail address that begins where a word begins.
	email string
	// domestic is a prefix of a term of a phone number that is written without its calling code.
	domestic string
	leads    []string // see Leads
	partial  bool     // some alternative has only prefixes that are too short to be a lead
}

// ParseSearch parses a search. The error is an *InvalidError if all words are too short.
func ParseSearch(text string) (Search, error) {
	var s Search
	for _, token := range tokensOf(text) {
		if isNumber(token) {
			s = s.with(numberWord(token))
			continue
		}
		token = strings.Trim(token, "<>()[]\"',;:.")
		if strings.ContainsAny(token, "@.") {
			s = s.withAddress(Profile{Email: token}.Normalise().Email)
			continue
		}
		for _, word := range wordsOf(token) {
			s = s.with(plainWord(word))
		}
	}
	if s.Address == "" && len(s.Leads()) == 0 {
		return Search{}, Invalid("search", "needs a word of at least two letters or digits")
	}
	return s, nil
}

func (s Search) with(w searchWord) Search {
	if len(w.alternatives) > 0 {
		s.words = append(s.words, w)
	}
	return s
}

func (s Search) withAddress(token string) Search {
	if s.Address == "" && validEmail(token) {
		s.Address = token
	}
	return s.with(addressWord(token))
}

// tokensOf splits a search at spaces, except within a phone number.
func tokensOf(text string) []string {
	var tokens []string
	for token := range strings.FieldsSeq(text) {
		if last := len(tokens) - 1; last >= 0 && isNumber(tokens[last]) && isNumberText(token) && !strings.Contains(token, "+") {
			tokens[last] += " " + token
			continue
		}
		tokens = append(tokens, token)
	}
	return tokens
}

func isNumber(token string) bool {
	return strings.ContainsFunc(token, unicode.IsDigit) && isNumberText(token)
}

// isNumberText says whether a text has only characters that occur in phone numbers.
func isNumberText(text string) bool {
	return !strings.ContainsFunc(Fold(text), func(r rune) bool {
		return !unicode.IsDigit(r) && !unicode.Is(unicode.Pd, r) && !strings.ContainsRune("+()./ ", r)
	})
}

func plainWord(word string) searchWord {
	pieces := []string{cut(word, maxTermLength)}
	if isUnspacedWord(word) {
		pieces = unspacedPieces(word)
	}
	return newWord(pieces)
}

// unspacedPieces returns the terms that a word in a script without spaces has in any text. It leaves out
// those that the end of the word cuts short: in a longer text they go on.
func unspacedPieces(word string) []string {
	var pieces []string
	for at, r := range word {
		if unicode.IsMark(r) {
			continue
		}
		pieces = append(pieces, cut(word[at:], unspacedLength))
		if utf8.RuneCountInString(word[at:]) <= unspacedLength {
			break
		}
	}
	return pieces
}

// addressWord returns the word for an e-mail address or a part of one, such as ann@example or
// example.com. The top-level domain of an address is no search term, so the leads come from the rest.
func addressWord(token string) searchWord {
	words := termsOfSearch(token)
	w := newWord(words)
	if len(words) == 0 {
		return w
	}
	w.email = token
	if at := strings.LastIndex(token, "@"); strings.Contains(token[at+1:], ".") {
		if known := termsOfSearch(token[:strings.LastIndex(token, ".")]); len(leadOf(known)) > 0 {
			w.leads = leadOf(known)
		}
	}
	return w
}

// termsOfSearch returns the prefixes of terms that a text searches for.
func termsOfSearch(text string) []string {
	var terms []string
	for _, word := range wordsOf(text) {
		terms = append(terms, plainWord(word).alternatives[0]...)
	}
	return terms
}

// numberWord returns the word for a phone number, a part of one, or other numbers in a row.
func numberWord(token string) searchWord {
	n := parseNumber(Fold(token))
	var alternatives [][]string
	if !n.plus {
		alternatives = append(alternatives, n.written)
	}
	for _, prefix := range n.prefixes() {
		if len(prefix) >= minLead {
			alternatives = append(alternatives, []string{cut(prefix, maxTermLength)})
		}
	}
	w := newWord(alternatives...)
	if n.country != "" && len(n.national[0]) >= minNational {
		w.domestic = cut(n.national[0], maxTermLength)
		w.leads = append(w.leads, w.domestic)
	}
	return w
}

// minNational is how many digits a number in a search must have after its calling code to find a number
// without one. With fewer, numbers of other countries would often match.
const minNational = 7

// newWord returns a word with alternative lists of prefixes.
func newWord(alternatives ...[]string) searchWord {
	w := searchWord{}
	for _, prefixes := range alternatives {
		if len(prefixes) > 0 {
			lead := leadOf(prefixes)
			w.alternatives, w.leads, w.partial = append(w.alternatives, prefixes), append(w.leads, lead...), w.partial || lead == nil
		}
	}
	return w
}

// leadOf returns the longest prefix, or nothing if it is too short for a lead.
func leadOf(prefixes []string) []string {
	lead := ""
	for _, prefix := range prefixes {
		if utf8.RuneCountInString(prefix) > utf8.RuneCountInString(lead) {
			lead = prefix
		}
	}
	if n := utf8.RuneCountInString(lead); n >= minLead || n == 1 && isUnspacedWord(lead) {
		return []string{lead}
	}
	return nil
}

// Leads returns prefixes of search terms to read customers by: every customer that the search finds has
// a term with one of these prefixes. No lead is a prefix of another.
func (s Search) Leads() []string {
	var best searchWord
	for _, w := range s.words {
		if len(w.leads) > 0 && (best.leads == nil || w.moreSelective(best)) {
			best = w
		}
	}
	var leads []string
	for _, lead := range slices.Sorted(slices.Values(best.leads)) {
		if len(leads) == 0 || !strings.HasPrefix(lead, leads[len(leads)-1]) {
			leads = append(leads, lead)
		}
	}
	return leads
}

// moreSelective says whether the leads of w are expected to read fewer customers than those of another
// word.
func (w searchWord) moreSelective(than searchWord) bool {
	if w.partial != than.partial {
		return than.partial
	}
	return shortest(w.leads) > shortest(than.leads)
}

func shortest(leads []string) int {
	n := len(leads[0])
	for _, lead := range leads {
		n = min(n, len(lead))
	}
	return n
}

// Matches says whether a customer has all the words.
func (s Search) Matches(c Customer) bool {
	return !slices.ContainsFunc(s.words, func(w searchWord) bool { return !w.matches(c) })
}

func (w searchWord) matches(c Customer) bool {
	if w.domestic != "" && hasDomestic(c.Profile.Phone) && c.hasTerm(w.domestic) {
		return true
	}
	lacks := func(prefix string) bool { return !c.hasTerm(prefix) }
	matches := func(prefixes []string) bool { return !slices.ContainsFunc(prefixes, lacks) }
	return slices.ContainsFunc(w.alternatives, matches) || w.email != "" && hasPart(c.Profile.Email, w.email)
}

// hasTerm says whether the customer has a search term with a prefix.
func (c Customer) hasTerm(prefix string) bool {
	return slices.ContainsFunc(c.Terms, func(term string) bool { return strings.HasPrefix(term, prefix) })
}

// hasPart says whether a text contains a part that begins where a word begins.
func hasPart(text, part string) bool {
	for at := 0; ; at++ {
		next := strings.Index(text[at:], part)
		if next < 0 {
			return false
		}
		at += next
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		first, _ := utf8.DecodeRuneInString(part)
		if at == 0 || !isWordRune(before) || !isWordRune(first) {
			return true
		}
	}
}

func isWordRune(r rune) bool { return unicode.In(r, unicode.L, unicode.M, unicode.N) }

// String returns the search in the form that cursors contain. Searches with equal words have the same
// form.
func (s Search) String() string {
	var words []string
	for _, w := range s.words {
		word := w.email
		if word == "" {
			for i, way := range w.alternatives {
				word += strings.Repeat("|", min(i, 1)) + strings.Join(way, " ")
			}
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}
