package customer

import (
	"slices"
	"strings"
	"unicode"
)

// number is a parsed phone number. It may be written with or without the country's calling code, and
// with or without the trunk prefix that is dialled within the country.
type number struct {
	plus     bool     // begins with the + of a calling code
	country  string   // calling code; empty: not written
	national []string // digits after the calling code and the trunk prefix, one for each trunk prefix that fits
	written  []string // groups of digits
	groups   []string // each group with all that follow it
}

// parseNumber parses a folded phone number. Only the digits count, and whether a calling code comes
// first: +49 (0)30 1234 is the same as 0049 30 1234.
func parseNumber(text string) number {
	n := number{written: strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' })}
	for i := range n.written {
		n.groups = append(n.groups, strings.Join(n.written[i:], ""))
	}
	digits := strings.Join(n.written, "")
	abroad, dialled := strings.CutPrefix(digits, "00")
	dialled = dialled && len(digits) >= minDialled
	if first := strings.IndexAny(text, "+0123456789"); first >= 0 {
		n.plus = text[first] == '+'
	}
	if !dialled && !n.plus {
		n.national = nationalNumbers(digits)
		return n
	}
	country, national := splitCountry(abroad)
	n.country, n.national = country, []string{national}
	return n
}

// splitCountry splits the digits after + or 00 into calling code and national number, and drops the 0
// that many people write between them.
func splitCountry(digits string) (country, national string) {
	code := callingCode(digits)
	return digits[:code], strings.TrimPrefix(digits[code:], "0")
}

// callingCode returns the length of the calling code at the start of a number. The first two digits
// decide it (ITU-T E.164).
func callingCode(digits string) int {
	const two = "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 " +
		"60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98"
	switch {
	case digits == "":
		return 0
	case digits[0] == '1', digits[0] == '7':
		return 1
	case len(digits) >= 2 && strings.Contains(two, digits[:2]):
		return 2
	}
	return min(3, len(digits))
}

// nationalNumbers returns a number without its trunk prefix, for each prefix that fits: 0 in most
// countries, 8 in Russia and some of its neighbours, 06 in Hungary.
func nationalNumbers(digits string) []string {
	numbers := []string{strings.TrimPrefix(digits, "0")}
	if rest, ok := strings.CutPrefix(digits, "8"); ok && len(digits) == 11 {
		numbers = append(numbers, strings.TrimPrefix(rest, "0"))
	}
	if rest, ok := strings.CutPrefix(digits, "06"); ok && len(digits) >= 10 && len(digits) <= 11 {
		numbers = append(numbers, rest)
	}
	return numbers
}

// full returns all digits of the number, for each trunk prefix that fits.
func (n number) full() []string {
	all := slices.Clone(n.national)
	for i := range all {
		all[i] = n.country + all[i]
	}
	return all
}

// prefixes returns prefixes of the terms that a search for the number, or for a part of it, must
// find. Without a + it may or may not begin with a calling code, and it may be the end of a number.
func (n number) prefixes() []string {
	digits := n.groups[0]
	switch {
	case n.plus:
		return n.full()
	case len(digits) < minNumber:
		return nil
	}
	found := append(n.full(), digits)
	for _, abroad := range []string{digits, strings.TrimPrefix(digits, "00")} {
		country, national := splitCountry(abroad)
		found = append(found, country+national)
	}
	if len(digits) >= minEnd {
		found = append(found, reversed+backwards(digits))
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// hasDomestic says whether a profile's phone number is written without its calling code.
func hasDomestic(phone string) bool {
	return slices.ContainsFunc(phoneParts(phone), func(part string) bool { return parseNumber(part).country == "" })
}

const (
	minNumber  = 3 // digits of a phone number
	minDialled = 8 // digits of a number in which 00 is the international prefix; a shorter one may be the end of a number
)

// minEnd is how many last digits are enough to find a number.
const minEnd = 4

// phoneTerms returns the search terms of a phone number: its digits from the calling code on, from the
// area code on, from each group on, and backwards.
func phoneTerms(phone string) []string {
	var terms []string
	for _, part := range phoneParts(phone) {
		n := parseNumber(part)
		terms = append(terms, n.full()...)
		terms = append(terms, n.national...)
		terms = append(terms, n.groupTerms()...)
		if all := n.full()[0]; len(all) >= minEnd {
			terms = append(terms, reversed+backwards(all))
		}
	}
	for i := range terms {
		terms[i] = cut(terms[i], maxTermLength)
	}
	return slices.DeleteFunc(terms, func(term string) bool { return len(term) < minLead })
}

// groupTerms returns the digits from each group on, without those that other terms find: the terms
// with calling code and area code find the first groups, and the backward term finds a last group of
// four digits.
func (n number) groupTerms() []string {
	var terms []string
	for i, group := range n.groups {
		last := i == len(n.groups)-1
		switch {
		case i == 0 && n.country != "", slices.Contains(n.national, strings.TrimPrefix(group, "0")):
		case len(n.written[i]) < minLead, last && len(group) == minEnd:
		default:
			terms = append(terms, group)
		}
	}
	return terms
}

// phoneParts splits a text with several numbers: two phone numbers, or one and its extension.
func phoneParts(phone string) []string {
	parts := strings.FieldsFunc(Fold(phone), func(r rune) bool { return unicode.IsLetter(r) || r == ',' || r == ';' })
	return slices.DeleteFunc(parts, func(part string) bool { return !strings.ContainsFunc(part, unicode.IsDigit) })
}

func backwards(digits string) string {
	b := []byte(digits)
	slices.Reverse(b)
	return string(b)
}
