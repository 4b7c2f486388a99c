package customer

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// Fold returns a form of a word for comparison, not for display. Words that differ in case, accents,
// width of letters, script of digits or invisible characters have the same form: Weiß and WEISS, Zoë and
// Zoe, ΟΔΟΣ and οδος.
func Fold(word string) string {
	if isPlain(word) {
		return strings.ToLower(word) // as below, but without the buffers of five transformers
	}
	folder := transform.Chain(norm.NFKD, runes.Remove(runes.Predicate(ignored)), runes.Map(digit), cases.Fold(), norm.NFC)
	folded, _, err := transform.String(folder, strings.ToValidUTF8(word, "\ufffd"))
	if err != nil {
		folded = strings.ToLower(word) // can't happen: the transformers return no errors for valid UTF-8
	}
	return plainLetters.Replace(folded)
}

// isPlain reports whether a text has only the printable characters of ASCII.
func isPlain(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
}

// plainLetters replaces letters that Unicode does not decompose by what people type instead.
var plainLetters = strings.NewReplacer(
	"ı", "i", "ł", "l", "ø", "o", "đ", "d", "ð", "d", "ħ", "h", "ŧ", "t", "æ", "ae", "œ", "oe", "þ", "th",
)

func ignored(r rune) bool { return accent(r) || invisible(r) }

// accent says whether r is a mark that people may leave out. In other scripts marks are vowels and
// consonants, and a word without them is another word.
func accent(r rune) bool {
	const voiced, semiVoiced = '\u3099', '\u309A' // は, ば and ぱ are three letters
	return r != voiced && r != semiVoiced && unicode.Is(unicode.Mn, r) &&
		unicode.In(r, unicode.Inherited, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Hebrew, unicode.Arabic, unicode.Syriac)
}

// invisible says whether r is not displayed: joiners, direction marks, fillers, tags.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) ||
		unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

// digit returns the ASCII digit for a decimal digit of any script, and any other rune unchanged.
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

// wordsOf returns the folded words of a text: runs of letters, marks and numbers. A run is split where a
// script without spaces begins or ends.
func wordsOf(text string) []string {
	var found []string
	for _, run := range strings.FieldsFunc(Fold(text), func(r rune) bool { return !unicode.In(r, unicode.L, unicode.M, unicode.N) }) {
		found = append(found, byScript(strings.TrimLeftFunc(run, unicode.IsMark))...)
	}
	return found
}

// byScript splits a run where a script without spaces begins or ends. Marks stay with their letters.
func byScript(run string) []string {
	var parts []string
	start, before := 0, false
	for at, r := range run {
		now := isUnspaced(r)
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

// isUnspaced says whether r belongs to a script that has no spaces between words or, as Hangul, between the
// parts of a name.
func isUnspaced(r rune) bool {
	const prolonged = 'ー' // of either kana
	return r == prolonged || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// isUnspacedWord says whether a word is in such a script.
func isUnspacedWord(word string) bool {
	for _, r := range word {
		return isUnspaced(r)
	}
	return false
}
