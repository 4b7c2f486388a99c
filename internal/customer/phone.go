package customer

import (
	"slices"
	"strings"
	"unicode"
)

// number is a phone number as it can be compared: written with or without its country,
// with or without the prefix that is dialled within it.
type number struct {
	plus     bool     // as the sign of a country's code
	country  string   // calling code; empty: not written
	national []string // what follows it, without the prefix, as each rule of prefixes has it
	written  []string // its groups of digits
	groups   []string // each with all that follow it
}

// parseNumber reads a phone number, folded. Only its digits matter, and whether a country
// comes first: +49 (0)30 1234 is 0049 30 1234.
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

// splitCountry parts what follows + or 00, and drops the 0 that many write behind the country.
func splitCountry(digits string) (country, national string) {
	code := callingCode(digits)
	return digits[:code], strings.TrimPrefix(digits[code:], "0")
}

// callingCode is the length of the country's code that a number begins with. The first two
// digits tell it (ITU-T E.164).
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

// nationalNumbers takes off what is dialled before an area within a country: 0 in most, 8 where
// Moscow decided it, 06 in Hungary.
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

// full are the number's digits from the first on, as each rule has them.
func (n number) full() []string {
	all := slices.Clone(n.national)
	for i := range all {
		all[i] = n.country + all[i]
	}
	return all
}

// beginnings are those of the terms that somebody looks for who types the number, or a part of
// it: of which it is not known whether it begins with a country, and where it ends.
func (n number) beginnings() []string {
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

// hasDomestic says whether a phone number is kept without its country.
func hasDomestic(phone string) bool {
	return slices.ContainsFunc(phoneParts(phone), func(part string) bool { return parseNumber(part).country == "" })
}

const (
	minNumber  = 3 // digits that are taken for a phone number's
	minDialled = 8 // digits of a number that 00 begins as a country's; shorter ones may be a number's end
)

// minEnd is how many digits of its end find a number.
const minEnd = 4

// phoneTerms are a number's digits from its country and from its area on, from each group
// on, and backwards.
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

// groupTerms are the digits from each group on that nothing else finds: the first groups are
// found with country and area, and a last one of four digits backwards.
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

// phoneParts parts what is more than one number: two of them, or one and its extension.
func phoneParts(phone string) []string {
	parts := strings.FieldsFunc(Fold(phone), func(r rune) bool { return unicode.IsLetter(r) || r == ',' || r == ';' })
	return slices.DeleteFunc(parts, func(part string) bool { return !strings.ContainsFunc(part, unicode.IsDigit) })
}

func backwards(digits string) string {
	b := []byte(digits)
	slices.Reverse(b)
	return string(b)
}
