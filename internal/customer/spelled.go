package customer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// parsedReason is a reason, parsed once to be compared with many customers.
type parsedReason struct {
	words   []word
	runs    [][]letter // letters of adjacent words in scripts that may write a name with or without spaces
	numbers []digitRun
}

// word is a part of a text between spaces and punctuation, or a part of that in one script, or digits.
type word struct {
	span

	spellings []string
	parts     []word
	letters   []letter // only in a script without spaces
}

// digitRun is a run of digits with no letters between them.
type digitRun struct {
	digits string
	at     []span // of each digit
}

func parseReason(reason string) parsedReason {
	var w parsedReason
	for _, s := range spans(wordLike().FindAllStringIndex(reason, -1)) {
		whole := wordAt(reason, s)
		for _, part := range partsOf(reason[s.from:s.to]) {
			whole.parts = append(whole.parts, wordAt(reason, span{s.from + part.from, s.from + part.to}))
		}
		w.words = append(w.words, whole)
	}
	w.runs = runsOf(reason, w.words)
	for _, s := range spans(digitLike().FindAllStringIndex(reason, -1)) {
		w.numbers = append(w.numbers, digitRunAt(reason, s))
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

// find returns the personal parts of a reason.
func (p personal) find(reason parsedReason) []span {
	var found []span
	for _, w := range reason.words {
		found = append(found, p.findInWord(w)...)
	}
	for _, run := range reason.runs {
		found = append(found, p.findDivided(run)...)
	}
	for _, d := range reason.numbers {
		found = append(found, p.findNumbers(d)...)
	}
	return found
}

func (p personal) findInWord(w word) []span {
	if p.matches(w) {
		return []span{w.span}
	}
	var found []span
	for _, part := range w.parts {
		switch {
		case part.letters != nil:
			found = append(found, p.findUnspaced(part.letters)...)
		case p.matches(part):
			found = append(found, part.span)
		}
	}
	return found
}

// matches says whether a word is personal in any of its spellings, as it is, in the genitive, or as a
// compound such as firstlast.
func (p personal) matches(w word) bool {
	for _, s := range w.spellings {
		genitive, is := strings.CutSuffix(s, "s")
		if p.knows(s) || is && utf8.RuneCountInString(genitive) > 2 && p.knows(genitive) || p.isCompound([]rune(s)) {
			return true
		}
	}
	return false
}

const maxCompound = 64 // runes of a compound

// isCompound says whether a word consists of personal words of at least two letters each.
func (p personal) isCompound(word []rune) bool {
	if len(word) < 4 || len(word) > maxCompound {
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

// script says how a script separates words.
type script int

const (
	spaced   script = iota // with spaces
	unspaced               // without spaces
	hangul                 // with spaces, but particles follow a name without one
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

// partsOf splits a word into parts of one script, and digits.
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

const maxUnspaced = 16 // letters of a word in a text without spaces

// findUnspaced finds personal words in a text without spaces.
func (p personal) findUnspaced(letters []letter) []span {
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

// letter is a letter of a text with its marks.
type letter struct {
	span

	folded string
	begins bool // begins a word, in a run of several
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

// longestAt returns the length, in letters, of the longest personal word at the beginning of letters.
// Korean names of one syllable are parts of many words, so they count only if begins says that a name
// may begin there.
func (p personal) longestAt(letters []letter, begins bool) int {
	word, found := "", 0
	for n, l := range letters[:min(len(letters), maxUnspaced)] {
		word += l.folded
		if p.knows(word) && (n > 0 || begins || scriptOf(word) == unspaced) {
			found = n + 1
		}
	}
	return found
}

// runsOf joins the letters of adjacent words.
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

// divides says whether a text can separate the parts of a name, as in 김 윤슬 and タロウ・ヤマダ.
func divides(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.In(r, unicode.Zs, unicode.Pd) && !strings.ContainsRune("·・･‧_", r)
	})
}

// findDivided finds personal words that a reason writes as several words. A Korean name must begin where
// a word begins.
func (p personal) findDivided(run []letter) []span {
	var found []span
	for i, first := range run {
		word, several := first.folded, false
		for _, l := range run[i+1 : min(len(run), i+maxUnspaced)] {
			word, several = word+l.folded, several || l.begins
			if several && (first.begins || scriptOf(word) == unspaced) && p.knows(word) {
				found = append(found, span{first.from, l.to})
			}
		}
	}
	return found
}

func digitRunAt(text string, s span) digitRun {
	d := digitRun{digits: digitsOf(text[s.from:s.to])}
	for i, r := range text[s.from:s.to] {
		if unicode.IsDigit(r) {
			d.at = append(d.at, span{s.from + i, s.from + i + utf8.RuneLen(r)})
		}
	}
	return d
}

// findNumbers finds phone numbers, however they are grouped. A number of fewer than seven digits must be
// the whole run.
func (p personal) findNumbers(d digitRun) []span {
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
