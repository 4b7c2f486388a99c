package customer

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// What a reason is searched for. Classes of Unicode take long to compile, so a function does it for its first reason and
// not at its start.
var (
	emailLike = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^\s<>,;:()]+[@＠﹫][^\s<>,;:()]+`) })
	phoneLike = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`[+＋]?\p{Nd}[\p{Nd}\p{Zs}\p{Pd}()./·_]{5,}\p{Nd}`)
	})
	digitLike = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\p{Nd}[^\p{L}]*`) })
	wordLike  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[\p{L}\p{M}\p{N}\p{Cf}]+`) })
)

const blotted = "[…]"

// Blot returns a reason without e-mail addresses, phone numbers and the words that any of the
// customers has or had in its profile, in any spelling. People write names into reasons, and
// the audit log and operations stay when the customer is gone.
func Blot(reason string, images ...*Customer) string {
	if reason == "" {
		return ""
	}
	text := parseReason(reason)
	found := spans(slices.Concat(emailLike().FindAllStringIndex(reason, -1), phoneLike().FindAllStringIndex(reason, -1)))
	for _, c := range images {
		switch {
		case c == nil:
		case c.Former.full():
			return blotted // there were more words than it holds: any word may be one of them
		default:
			found = append(found, personalOf(c).find(text)...)
		}
	}
	return blot(reason, found)
}

// Withheld returns what is shown instead of a reason that can't be compared with its customers'
// profiles. An empty reason stays empty.
func Withheld(reason string) string {
	if reason == "" {
		return ""
	}
	return blotted
}

// span is a part of a text: byte offsets, to excluded.
type span struct{ from, to int }

func spans(pairs [][]int) []span {
	all := make([]span, len(pairs))
	for i, at := range pairs {
		all[i] = span{at[0], at[1]}
	}
	return all
}

// blot replaces the spans of a text. Overlapping spans are replaced as one.
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
