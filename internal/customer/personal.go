package customer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// personal is what tells of one customer: the words of its profile, each in every spelling
// that spellings knows, its phone number's digits, and the fingerprints of what it had before.
type personal struct {
	id      string
	words   map[string]bool
	numbers []string
	former  Former
}

func personalOf(c *Customer) personal {
	p := personal{id: c.ID, words: map[string]bool{}, numbers: phoneNumbers(c.Profile.Phone), former: c.Former}
	for _, word := range profileWords(c.Profile) {
		p.words[word] = true
	}
	return p
}

func (p personal) knows(word string) bool { return p.words[word] || p.former.has(p.id, word) }

// profileWords are the words of a profile. A single letter is no name, unless its script has names
// of one. What many organisations have in their names tells of none.
func profileWords(profile Profile) []string {
	var words []string
	add := func(text string, leave map[string]bool) {
		for _, word := range wordLike.FindAllString(text, -1) {
			if utf8.RuneCountInString(word) > 1 && !leave[Fold(word)] || scriptOf(word) != spaced {
				words = append(words, spellings(word)...)
			}
		}
	}
	add(profile.Organisation, ordinary)
	add(profile.FirstName, nil)
	add(profile.LastName, nil)
	for _, address := range addressesOf(profile.Email) {
		add(address, nil)
	}
	add(profile.Phone, nil)
	return words
}

// addressesOf writes an e-mail address in both ways that there are for international domains, without the
// top-level domain that everybody shares.
func addressesOf(email string) []string {
	local, domain, _ := strings.Cut(email, "@")
	domains := []string{domain}
	for _, convert := range []func(string) (string, error){idna.ToASCII, idna.ToUnicode} {
		if other, err := convert(domain); err == nil && other != domain {
			domains = append(domains, other)
		}
	}
	for i, d := range domains {
		if dot := strings.LastIndex(d, "."); dot > 0 {
			d = d[:dot]
		}
		domains[i] = local + " " + d
	}
	return domains
}

// ordinary are words of organisations' names that blotting out would only make reasons hard to read.
var ordinary = setOf(`a ab ag and co company corp de der des die ein eine el et for für gmbh inc kg la le les limited llc
	ltd new of on the und y`)

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		set[Fold(word)] = true
	}
	return set
}

// twoLetters is the other way to write some letters with accents.
var twoLetters = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "å", "aa", "ø", "oe")

// spellings are the ways to write a word, folded: Müller is also Mueller. Of a word and its
// spelling, one is among the other's. Digits of all scripts are the usual ones.
func spellings(word string) []string {
	if ascii(word) { // most are, and there are many to compare
		return []string{strings.ToLower(word)}
	}
	word = norm.NFC.String(strings.ToLower(strings.Map(digit, word)))
	return slices.Compact([]string{Fold(word), Fold(twoLetters.Replace(word))})
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII })
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return digit(r)
		}
		return -1
	}, s)
}

// phoneNumbers are the digits that give a phone number away: with and without what is dialled before it,
// and the last ones of a long number.
func phoneNumbers(phone string) []string {
	all := digitsOf(phone)
	numbers := []string{all, strings.TrimLeft(all, "0")}
	if len(all) >= 9 {
		numbers = append(numbers, all[len(all)-7:])
	}
	return slices.DeleteFunc(slices.Compact(numbers), func(n string) bool { return len(n) < 3 })
}
