package tabular

import (
	"bufio"
	"bytes"
	"strings"
	"unicode/utf8"
)

// Detect asks for the delimiter to be detected from the file.
const Detect rune = 0

// Delimiter returns the delimiter that a name stands for. The name is the character itself, "tab", or empty for [Detect].
// ok is false if the name is not valid.
func Delimiter(name string) (delimiter rune, ok bool) {
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

// likely has the delimiters that can be detected, the most likely first.
const likely = ",;\t|"

// detect returns the likely delimiter that occurs most often outside quotes in the first line that is not blank.
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

// takeSep removes a first line such as sep=; and returns its delimiter. Programs write this line for Excel.
func takeSep(b *bufio.Reader) (delimiter rune, taken bool) {
	start, _ := b.Peek(peeked) // reading returns the error again
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
	_, _ = b.Discard(length) // it is buffered: this can't fail
	return delimiter, true
}
