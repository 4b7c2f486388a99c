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

// wordsOf are the folded words of a text: letters, marks and numbers that stand together. The
// parts in scripts that are written without spaces are words of their own.
func wordsOf(text string) []string {
	var found []string
	for _, run := range strings.FieldsFunc(Fold(text), func(r rune) bool { return !unicode.In(r, unicode.L, unicode.M, unicode.N) }) {
		found = append(found, byScript(strings.TrimLeftFunc(run, unicode.IsMark))...)
	}
	return found
}

// byScript parts what is written without spaces from what is not. Marks stay with their letters.
func byScript(run string) []string {
	var parts []string
	start, before := 0, false
	for at, r := range run {
		now := joined(r)
		if at > 0 && now != before && !unicode.IsMark(r) {
			parts, start = append(parts, run[start:at]), at
		}
		if at == 0 || !unicode.IsMark(r) {
			before = now
		}
	}
	if start < len(run) {
		parts = append(parts, run[start:])
	}
	return parts
}

// joined says whether a character belongs to a script that leaves no space between words or,
// as Hangul, between the parts of a name.
func joined(r rune) bool {
	const prolonged = 'ー' // of either kana
	return r == prolonged || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// isJoined says whether a word is of such a script.
func isJoined(word string) bool {
	for _, r := range word {
		return joined(r)
	}
	return false
}
