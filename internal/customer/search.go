package customer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Search is what somebody typed to find customers: words, each of which must be found.
type Search struct {
	// Address is the e-mail address among the words, if there is a whole one: it leads to whose
	// it is. Only if it is nobody's may it be the beginning of another one.
	Address string
	words   []searchWord
}

// searchWord is one word, and the ways to find it.
type searchWord struct {
	// ways are the terms that must begin so, all of one way.
	ways [][]string
	// email is found within an e-mail address from the beginning of one of its words on, too.
	email string
	// domestic is found in a phone number that is kept without its country, too.
	domestic string
	leads    []string
	partial  bool // some way has no lead, as all of its words are short
}

// ParseSearch reads a search. Its error is an *InvalidError: every word may be short, but
// not all of them.
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
	if len(w.ways) > 0 {
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

// tokensOf parts a search at its spaces, but for those within a phone number.
func tokensOf(text string) []string {
	var tokens []string
	for token := range strings.FieldsSeq(text) {
		if last := len(tokens) - 1; last >= 0 && isNumber(tokens[last]) && ofNumber(token) && !strings.Contains(token, "+") {
			tokens[last] += " " + token
			continue
		}
		tokens = append(tokens, token)
	}
	return tokens
}

func isNumber(token string) bool {
	return strings.ContainsFunc(token, unicode.IsDigit) && ofNumber(token)
}

// ofNumber says whether a text has only what phone numbers are written with.
func ofNumber(text string) bool {
	return !strings.ContainsFunc(Fold(text), func(r rune) bool {
		return !unicode.IsDigit(r) && !unicode.Is(unicode.Pd, r) && !strings.ContainsRune("+()./ ", r)
	})
}

func plainWord(word string) searchWord {
	pieces := []string{cut(word, maxTermLength)}
	if isJoined(word) {
		pieces = joinedPieces(word)
	}
	return newWord(pieces)
}

// joinedPieces are the terms that such a word has wherever it stands: those that begin so late
// that they are cut short by its end depend on what follows.
func joinedPieces(word string) []string {
	var pieces []string
	for at, r := range word {
		if unicode.IsMark(r) {
			continue
		}
		pieces = append(pieces, cut(word[at:], joinedLength))
		if utf8.RuneCountInString(word[at:]) <= joinedLength {
			break
		}
	}
	return pieces
}

// addressWord is an e-mail address, or a part of one: ann@example, example.com. The last label
// of a domain is no term; the rest leads to who has it.
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

// termsOfSearch are the beginnings of terms that a text asks for.
func termsOfSearch(text string) []string {
	var terms []string
	for _, word := range wordsOf(text) {
		terms = append(terms, plainWord(word).ways[0]...)
	}
	return terms
}

// numberWord is a phone number or a part of it, or other numbers that stand together.
func numberWord(token string) searchWord {
	n := parseNumber(Fold(token))
	var ways [][]string
	if !n.plus {
		ways = append(ways, n.written)
	}
	for _, beginning := range n.beginnings() {
		if len(beginning) >= minLead {
			ways = append(ways, []string{cut(beginning, maxTermLength)})
		}
	}
	w := newWord(ways...)
	if n.country != "" && len(n.national[0]) >= minNational {
		w.domestic = cut(n.national[0], maxTermLength)
		w.leads = append(w.leads, w.domestic)
	}
	return w
}

// minNational is how many digits find a number, searched for with its country, where it is kept
// without: so many that another country's is hardly the same.
const minNational = 7

// newWord is a word that is found in any of some ways.
func newWord(ways ...[]string) searchWord {
	w := searchWord{}
	for _, way := range ways {
		if len(way) > 0 {
			lead := leadOf(way)
			w.ways, w.leads, w.partial = append(w.ways, way), append(w.leads, lead...), w.partial || lead == nil
		}
	}
	return w
}

// leadOf is the longest beginning, unless it is too short to begin with.
func leadOf(way []string) []string {
	lead := ""
	for _, beginning := range way {
		if utf8.RuneCountInString(beginning) > utf8.RuneCountInString(lead) {
			lead = beginning
		}
	}
	if n := utf8.RuneCountInString(lead); n >= minLead || n == 1 && isJoined(lead) {
		return []string{lead}
	}
	return nil
}

// Leads are beginnings of terms of which everybody who is to be found has one. None of them
// begins with another.
func (s Search) Leads() []string {
	var best searchWord
	for _, w := range s.words {
		if len(w.leads) > 0 && (best.leads == nil || w.leadsBetter(best)) {
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

// leadsBetter says whether fewer are read who are not found in the end.
func (w searchWord) leadsBetter(than searchWord) bool {
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

// Finds says whether a customer has all the words.
func (s Search) Finds(c Customer) bool {
	return !slices.ContainsFunc(s.words, func(w searchWord) bool { return !w.finds(c) })
}

func (w searchWord) finds(c Customer) bool {
	if w.domestic != "" && hasDomestic(c.Profile.Phone) && c.begun(w.domestic) {
		return true
	}
	lacks := func(beginning string) bool { return !c.begun(beginning) }
	found := func(way []string) bool { return !slices.ContainsFunc(way, lacks) }
	return slices.ContainsFunc(w.ways, found) || w.email != "" && hasPart(c.Profile.Email, w.email)
}

// begun says whether any of the customer's terms begins so.
func (c Customer) begun(beginning string) bool {
	return slices.ContainsFunc(c.Terms, func(term string) bool { return strings.HasPrefix(term, beginning) })
}

// hasPart says whether a text has another from the beginning of a word on.
func hasPart(text, part string) bool {
	for at := 0; ; at++ {
		next := strings.Index(text[at:], part)
		if next < 0 {
			return false
		}
		at += next
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		first, _ := utf8.DecodeRuneInString(part)
		if at == 0 || !wordly(before) || !wordly(first) {
			return true
		}
	}
}

func wordly(r rune) bool { return unicode.In(r, unicode.L, unicode.M, unicode.N) }

// String is the search as its cursors name it: the same for all that find the same.
func (s Search) String() string {
	var words []string
	for _, w := range s.words {
		word := w.email
		if word == "" {
			for i, way := range w.ways {
				word += strings.Repeat("|", min(i, 1)) + strings.Join(way, " ")
			}
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}
