package customer

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// personal holds what identifies one customer in a text: the words of its profile in all their
// spellings, the digits of its phone number, and the fingerprints of words that it had earlier.
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

// profileWords returns the words of a profile in all their spellings. It leaves out single letters,
// except in scripts where one letter can be a name, and words that many organisations have in their
// names.
func profileWords(profile Profile) []string {
	var words []string
	add := func(text string, ignore map[string]bool) {
		for _, word := range wordLike().FindAllString(text, -1) {
			if utf8.RuneCountInString(word) > 1 && !ignore[Fold(word)] || scriptOf(word) != spaced {
				words = append(words, spellings(word)...)
			}
		}
	}
	add(profile.Organisation, commonWords())
	add(profile.FirstName, nil)
	add(profile.LastName, nil)
	for _, address := range addressesOf(profile.Email) {
		add(address, nil)
	}
	add(profile.Phone, nil)
	return words
}

// addressesOf returns an e-mail address with its domain in ASCII and in its own script, without the
// top-level domain, which many addresses share.
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

// commonWords are words in names of organisations that don't identify any: blotting them out would
// only make reasons hard to read.
var commonWords = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(`a ab ag and co company corp de der des die ein eine el et for für gmbh inc kg la le les
		limited llc ltd new of on the und y`) {
		set[Fold(word)] = true
	}
	return set
})

// twoLetters replaces some letters with accents by the two letters that people write instead.
var twoLetters = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "å", "aa", "ø", "oe")

// spellings returns the folded ways to write a word: Müller is also Mueller. It converts the digits of
// all scripts to ASCII. Two words are the same if one is among the spellings of the other.
func spellings(word string) []string {
	if ascii(word) { // the usual case, and many words are compared
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

// phoneNumbers returns the digits that identify a phone number: all of them, those without leading
// zeros, and the last seven of a long number.
func phoneNumbers(phone string) []string {
	all := digitsOf(phone)
	numbers := []string{all, strings.TrimLeft(all, "0")}
	if len(all) >= 9 {
		numbers = append(numbers, all[len(all)-7:])
	}
	return slices.DeleteFunc(slices.Compact(numbers), func(n string) bool { return len(n) < 3 })
}
