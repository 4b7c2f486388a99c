package customer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// in finds what is personal in a text.
func (p personal) in(text string) []span {
	var found []span
	for _, at := range wordLike.FindAllStringIndex(text, -1) {
		for _, s := range p.inWord(text[at[0]:at[1]]) {
			found = append(found, span{at[0] + s.from, at[0] + s.to})
		}
	}
	for _, at := range digitLike.FindAllStringIndex(text, -1) {
		for _, s := range p.inDigits(text[at[0]:at[1]]) {
			found = append(found, span{at[0] + s.from, at[0] + s.to})
		}
	}
	return found
}

// inWord finds what is personal in what no space or sign divides: the whole, or the parts that are
// of one script, or digits.
func (p personal) inWord(word string) []span {
	if p.spelled(word) {
		return []span{{0, len(word)}}
	}
	var found []span
	for _, part := range partsOf(word) {
		text := word[part.from:part.to]
		switch s, _ := utf8.DecodeRuneInString(text); {
		case scriptOf(string(s)) != spaced:
			for _, s := range p.inUnspaced(text) {
				found = append(found, span{part.from + s.from, part.from + s.to})
			}
		case p.spelled(text):
			found = append(found, part)
		}
	}
	return found
}

// spelled says whether a word is personal in any spelling, also joined of several, as firstlast is, or in
// the genitive.
func (p personal) spelled(word string) bool {
	for _, s := range spellings(word) {
		genitive, is := strings.CutSuffix(s, "s")
		if p.knows(s) || is && utf8.RuneCountInString(genitive) > 2 && p.knows(genitive) || p.joined([]rune(s)) {
			return true
		}
	}
	return false
}

const longest = 64 // runes of joined words that are looked into

// joined says whether a word consists of personal ones of two letters at least.
func (p personal) joined(word []rune) bool {
	if len(word) < 4 || len(word) > longest {
		return false
	}
	reached := make([]bool, len(word)+1)
	reached[0] = true
	for from := range word {
		for to := from + 2; reached[from] && to <= len(word); to++ {
			reached[to] = reached[to] || p.knows(string(word[from:to]))
		}
	}
	return reached[len(word)]
}

// script is how a script writes words.
type script int

const (
	spaced   script = iota // with spaces between them
	unspaced               // without
	hangul                 // with spaces, but what follows a name is joined to it
)

// scriptOf is that of a word's first letter that has none of the usual.
func scriptOf(word string) script {
	for _, r := range word {
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
			return unspaced
		case unicode.Is(unicode.Hangul, r):
			return hangul
		}
	}
	return spaced
}

// partsOf divides a word where digits begin or end, or another way of writing does.
func partsOf(word string) []span {
	var parts []span
	var last script
	var digits bool
	for at, r := range word {
		size := utf8.RuneLen(r)
		if r == utf8.RuneError {
			_, size = utf8.DecodeRuneInString(word[at:])
		}
		if len(parts) > 0 && unicode.In(r, unicode.M, unicode.Cf) {
			parts[len(parts)-1].to = at + size
			continue
		}
		s, d := scriptOf(string(r)), unicode.IsNumber(r)
		if len(parts) == 0 || s != last || d != digits {
			parts = append(parts, span{from: at})
		}
		parts[len(parts)-1].to = at + size
		last, digits = s, d
	}
	return parts
}

const longestUnspaced = 16 // letters of a word in a text without spaces

// inUnspaced finds words in a text without spaces.
func (p personal) inUnspaced(text string) []span {
	letters := lettersOf(text)
	var found []span
	for i := 0; i < len(letters); {
		n := p.longestAt(letters[i:], i == 0 || len(found) > 0 && found[len(found)-1].to == letters[i].from)
		if n == 0 {
			i++
			continue
		}
		found = append(found, span{letters[i].from, letters[i+n-1].to})
		i += n
	}
	return found
}

// letter is one of a text, with its marks, and folded.
type letter struct {
	span

	folded string
}

func lettersOf(text string) []letter {
	var letters []letter
	for at := 0; at < len(text); {
		to := at + max(1, norm.NFKC.NextBoundaryInString(text[at:], true))
		folded := Fold(text[at:to])
		if last := len(letters) - 1; folded == "" && last >= 0 {
			letters[last].to = to
		} else {
			letters = append(letters, letter{span{at, to}, folded})
		}
		at = to
	}
	return letters
}

// longestAt is the number of letters of the longest personal word at the beginning of some. Names of one
// syllable are parts of many Korean words: they count only where a name may begin.
func (p personal) longestAt(letters []letter, begins bool) int {
	word, found := "", 0
	for n, l := range letters[:min(len(letters), longestUnspaced)] {
		word += l.folded
		if p.knows(word) && (n > 0 || begins || scriptOf(word) == unspaced) {
			found = n + 1
		}
	}
	return found
}

// inDigits finds phone numbers, however they are divided. Short ones are told only where no
// other digits are beside them.
func (p personal) inDigits(text string) []span {
	var digits strings.Builder
	var at []span
	for i, r := range text {
		if unicode.IsDigit(r) {
			digits.WriteRune(digit(r))
			at = append(at, span{i, i + utf8.RuneLen(r)})
		}
	}
	all := digits.String()
	var found []span
	for from := range all {
		for to := len(all); to >= from+3; to-- {
			if p.isNumber(all[from:to]) && (to-from >= 7 || to-from == len(all)) {
				found = append(found, span{at[from].from, at[to-1].to})
				break
			}
		}
	}
	return found
}

func (p personal) isNumber(digits string) bool {
	for _, n := range p.numbers {
		if n == digits {
			return true
		}
	}
	return p.former.has(p.id, digits)
}
