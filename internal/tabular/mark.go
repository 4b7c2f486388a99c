package tabular

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Unmarked takes off the apostrophe by which spreadsheets, and programs that guard them against
// formulas, mark a value as text: '+49 30 1 or '00123. One that belongs to the value stays: before a
// small letter, as in 't Hooft, or with another that closes it, as in 'Buddy' Holly.
func Unmarked(value string) string {
	rest, marked := strings.CutPrefix(value, "'")
	first, _ := utf8.DecodeRuneInString(rest)
	if !marked || unicode.IsLower(first) || strings.HasSuffix(rest, "'") || strings.Contains(rest, "' ") {
		return value
	}
	return rest
}
