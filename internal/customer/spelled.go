package customer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// written is a reason as it is read once, to be compared with many customers.
type written struct {
	words   []word
	runs    [][]letter // of neighbouring words of scripts that may write a name in one, or divided
	numbers []dialled
}

// word is what no space or sign divides, or a part of it that is of one script, or digits.
type word struct {
	span

	spellings []string
	parts     []word
	letters   []letter // where its script has no spaces
}

// dialled are digits that no letters divide.
type dialled struct {
	digits string
	at     []span // of each
}

func read(reason string) written {
	var w written
	for _, s := range spans(wordLike.FindAllStringIndex(reason, -1)) {
		whole := wordAt(reason, s)
		for _, part := range partsOf(reason[s.from:s.to]) {
			whole.parts = append(whole.parts, wordAt(reason, span{s.from + part.from, s.from + part.to}))
		}
		w.words = append(w.words, whole)
	}
	w.runs = runsOf(reason, w.words)
	for _, s := range spans(digitLike.FindAllStringIndex(reason, -1)) {
		w.numbers = append(w.numbers, dialledAt(reason, s))
	}
	return w
}

func wordAt(text string, s span) word {
	w := word{span: s, spellings: spellings(text[s.from:s.to])}
	if scriptOf(text[s.from:s.to]) != spaced {
		w.letters = lettersAt(text, s)
	}
	return w
}

// in finds what is personal in a reason.
func (p personal) in(reason written) []span {
	var found []span
	for _, w := range reason.words {
		found = append(found, p.inWord(w)...)
	}
	for _, run := range reason.runs {
		found = append(found, p.divided(run)...)
	}
	for _, d := range reason.numbers {
		found = append(found, p.inDigits(d)...)
	}
	return found
}

func (p personal) inWord(w word) []span {
	if p.spelled(w) {
		return []span{w.span}
	}
	var found []span
	for _, part := range w.parts {
		switch {
		case part.letters != nil:
			found = append(found, p.inUnspaced(part.letters)...)
		case p.spelled(part):
			found = append(found, part.span)
		}
	}
	return found
}

// spelled says whether a word is personal in any spelling, also joined of several, as firstlast is, or in
// the genitive.
func (p personal) spelled(w word) bool {
	for _, s := range w.spellings {
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

// scriptOf returns the script of the first letter that is written without spaces or in Hangul; spaced if no letter is.
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
func (p personal) inUnspaced(letters []letter) []span {
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
	begins bool // a word, where it is in a run of several
}

func lettersAt(text string, s span) []letter {
	var letters []letter
	for at := s.from; at < s.to; {
		to := at + max(1, norm.NFKC.NextBoundaryInString(text[at:s.to], true))
		folded := Fold(text[at:to])
		if last := len(letters) - 1; folded == "" && last >= 0 {
			letters[last].to = to
		} else {
			letters = append(letters, letter{span: span{at, to}, folded: folded})
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

// runsOf puts the letters of neighbouring words together.
func runsOf(reason string, words []word) [][]letter {
	var runs [][]letter
	to := 0
	for _, w := range words {
		for _, part := range w.parts {
			if part.letters == nil {
				continue
			}
			letters := slices.Clone(part.letters)
			letters[0].begins = true
			if last := len(runs) - 1; last >= 0 && divides(reason[to:part.from]) {
				runs[last] = append(runs[last], letters...)
			} else {
				runs = append(runs, letters)
			}
			to = part.to
		}
	}
	return runs
}

// divides says whether a text is what stands between the parts of a name: 김 윤슬, タロウ・ヤマダ.
func divides(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.In(r, unicode.Zs, unicode.Pd) && !strings.ContainsRune("·・･‧_", r)
	})
}

// divided finds words of a profile that a reason has in several. Korean names begin where a word does.
func (p personal) divided(run []letter) []span {
	var found []span
	for i, first := range run {
		word, several := first.folded, false
		for _, l := range run[i+1 : min(len(run), i+longestUnspaced)] {
			word, several = word+l.folded, several || l.begins
			if several && (first.begins || scriptOf(word) == unspaced) && p.knows(word) {
				found = append(found, span{first.from, l.to})
			}
		}
	}
	return found
}

func dialledAt(text string, s span) dialled {
	d := dialled{digits: digitsOf(text[s.from:s.to])}
	for i, r := range text[s.from:s.to] {
		if unicode.IsDigit(r) {
			d.at = append(d.at, span{s.from + i, s.from + i + utf8.RuneLen(r)})
		}
	}
	return d
}

// inDigits finds phone numbers, however they are divided. Short ones are told only where no
// other digits are beside them.
func (p personal) inDigits(d dialled) []span {
	var found []span
	for from := range d.at {
		for to := min(len(d.at), from+MaxPhone); to >= from+3; to-- {
			if alone := to-from == len(d.at); (alone || to-from >= 7) && p.isNumber(d.digits[from:to]) {
				found = append(found, span{d.at[from].from, d.at[to-1].to})
				break
			}
		}
	}
	return found
}

func (p personal) isNumber(digits string) bool {
	return slices.Contains(p.numbers, digits) || p.former.has(p.id, digits)
}
