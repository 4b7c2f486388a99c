package customer

import (
	"regexp"
	"slices"
	"strings"
)

var (
	emailLike = regexp.MustCompile(`[^\s<>,;:()]+[@＠﹫][^\s<>,;:()]+`)
	phoneLike = regexp.MustCompile(`[+＋]?\p{Nd}[\p{Nd}\p{Zs}\p{Pd}()./·_]{5,}\p{Nd}`)
	digitLike = regexp.MustCompile(`\p{Nd}[^\p{L}]*`)
	wordLike  = regexp.MustCompile(`[\p{L}\p{M}\p{N}\p{Cf}]+`)
)

const blotted = "[…]"

// Blot removes from a reason what looks like an address or a phone number, and every word
// that each of the customers has or had in its profile, in whatever spelling: people write
// names into reasons, and the audit log, like an operation, stays when the customer is gone.
func Blot(reason string, images ...*Customer) string {
	if reason == "" {
		return ""
	}
	text := read(reason)
	found := spans(slices.Concat(emailLike.FindAllStringIndex(reason, -1), phoneLike.FindAllStringIndex(reason, -1)))
	for _, c := range images {
		switch {
		case c == nil:
		case c.Former.full():
			return blotted // any word may be one of the customer's
		default:
			found = append(found, personalOf(c).in(text)...)
		}
	}
	return blot(reason, found)
}

// Withheld is what is left of a reason that can't be compared with those it is about.
func Withheld(reason string) string {
	if reason == "" {
		return ""
	}
	return blotted
}

// span is a part of a text, in bytes.
type span struct{ from, to int }

func spans(pairs [][]int) []span {
	all := make([]span, len(pairs))
	for i, at := range pairs {
		all[i] = span{at[0], at[1]}
	}
	return all
}

// blot blots out spans, as one where they overlap.
func blot(text string, found []span) string {
	slices.SortFunc(found, func(a, b span) int { return a.from - b.from })
	var b strings.Builder
	done := 0
	for i := 0; i < len(found); {
		s := found[i]
		for i++; i < len(found) && found[i].from < s.to; i++ {
			s.to = max(s.to, found[i].to)
		}
		b.WriteString(text[done:s.from] + blotted)
		done = s.to
	}
	return b.String() + text[done:]
}
