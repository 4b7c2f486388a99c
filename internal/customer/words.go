package customer

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// Fold returns what a word has in common with its other spellings: words are compared by it,
// and never shown. Case, accents, the width of letters and the script of digits make no
// difference, nor do characters that nobody sees: Weiß is WEISS, Zoë is Zoe, ΟΔΟΣ is οδος.
func Fold(word string) string {
	folder := transform.Chain(norm.NFKD, runes.Remove(runes.Predicate(ignored)), runes.Map(digit), cases.Fold(), norm.NFC)
	folded, _, err := transform.String(folder, strings.ToValidUTF8(word, "\ufffd"))
	if err != nil {
		folded = strings.ToLower(word) // none of the transformers has an error of its own
	}
	return plainLetters.Replace(folded)
}

// plainLetters are what people type for letters that Unicode takes for letters of their own.
var plainLetters = strings.NewReplacer(
	"ı", "i", "ł", "l", "ø", "o", "đ", "d", "ð", "d", "ħ", "h", "ŧ", "t", "æ", "ae", "œ", "oe", "þ", "th",
)

func ignored(r rune) bool { return accent(r) || invisible(r) }

// accent says whether a mark only decorates its letter, so that people leave it out. In other
// scripts marks are vowels and consonants, without which a word is another one.
func accent(r rune) bool {
	const voiced, semiVoiced = '\u3099', '\u309A' // は, ば and ぱ are three letters
	return r != voiced && r != semiVoiced && unicode.Is(unicode.Mn, r) &&
		unicode.In(r, unicode.Inherited, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Hebrew, unicode.Arabic, unicode.Syriac)
}

// invisible says whether a character has no shape of its own: joiners, marks of direction,
// fillers, tags.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) ||
		unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

// digit returns the ASCII digit of a decimal digit in any script.
func digit(r rune) rune {
	if r <= unicode.MaxASCII || !unicode.IsDigit(r) {
		return r
	}
	value := 0
	for zero := r; unicode.IsDigit(zero-1) && value < 9; zero-- { // Unicode has them in tens
		value++
	}
	return '0' + rune(value)
}
