package tabular

import (
	"bufio"
	"bytes"
	"strings"
	"unicode/utf8"
)

// Detect is the delimiter of a file that tells its own.
const Detect rune = 0

// Delimiter reads the name of a delimiter: one character, or "tab". No name is [Detect].
func Delimiter(name string) (rune, bool) {
	switch name {
	case "":
		return Detect, true
	case "tab":
		return '\t', true
	}
	r, size := utf8.DecodeRuneInString(name)
	valid := size == len(name) && r != utf8.RuneError && r != 0 && !strings.ContainsRune("\"\r\n\ufeff", r)
	return r, valid
}

// likely are the delimiters that are detected, the likeliest first.
const likely = ",;\t|"

// detect finds the delimiter in the start of a file: of those that are likely, the one that stands
// most often outside quotes in the first line that is not blank.
func detect(start []byte) rune {
	counts := make([]int, len(likely))
	quoted, blank := false, true
	for _, c := range start {
		n := strings.IndexByte(likely, c)
		switch {
		case c == '"':
			quoted, blank = !quoted, false
		case quoted:
		case c == '\n' && blank:
			clear(counts)
		case c == '\n':
			return most(counts)
		case n >= 0:
			counts[n]++
		case c != ' ' && c != '\r':
			blank = false
		}
	}
	return most(counts)
}

func most(counts []int) rune {
	best := 0
	for i, n := range counts {
		if n > counts[best] {
			best = i
		}
	}
	return rune(likely[best])
}

// takeSep takes the line sep=; off the start of a file, which tells Excel the delimiter.
func takeSep(b *bufio.Reader) (delimiter rune, taken bool) {
	start, _ := b.Peek(peeked) // an error comes again with what is read
	line, _, ended := bytes.Cut(start, []byte("\n"))
	text := strings.Trim(string(line), "\" \r") // not a tab
	if len(text) < len("sep=") || !strings.EqualFold(text[:len("sep=")], "sep=") {
		return Detect, false
	}
	delimiter, ok := Delimiter(text[len("sep="):])
	if !ok || delimiter == Detect {
		return Detect, false
	}
	length := len(line)
	if ended {
		length++
	}
	_, _ = b.Discard(length) // peeked
	return delimiter, true
}
