package admin

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxGroup is the length of a group's name, in bytes: as at Cognito.
const maxGroup = 128

// ValidGroup reports whether a group with this name may have permissions. API Gateway shows an array of groups as
// "[a b]". A name with a space, a comma or a bracket could then be read as another group, or as two.
func ValidGroup(name string) bool {
	return name != "" && len(name) <= maxGroup && utf8.ValidString(name) && !strings.ContainsFunc(name, divides)
}

func divides(r rune) bool {
	return r == ',' || r == '[' || r == ']' || unicode.IsSpace(r) || unicode.IsControl(r)
}
