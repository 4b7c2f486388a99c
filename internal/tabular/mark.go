package tabular

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Unmarked returns a value without the apostrophe that spreadsheets put before a value to mark it as text, as in '+49 30 1
// and '00123. It keeps an apostrophe that belongs to the value: before a lower-case letter, as in 't Hooft, or with a
// closing one, as in 'Buddy' Holly.
func Unmarked(value string) string {
	rest, marked := strings.CutPrefix(value, "'")
	first, _ := utf8.DecodeRuneInString(rest)
	if !marked || unicode.IsLower(first) || strings.HasSuffix(rest, "'") || strings.Contains(rest, "' ") {
		return value
	}
	return rest
}
