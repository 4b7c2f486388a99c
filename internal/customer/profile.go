package customer

import (
	"fmt"
	"maps"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a profile. With them a customer's item stays near 1 KB, the unit by which writes are
// charged.
const (
	MaxName     = 120 // characters
	MaxEmail    = 254 // RFC 5321, 4.5.3.1.3
	MaxPhone    = 40
	MaxReason   = 300
	MaxConsents = 20
	MaxHolds    = 20
)

// Profile holds the personal data of a customer.
type Profile struct {
	Organisation string
	FirstName    string
	LastName     string
	Email        string // normalised: in lower case, its domain in its own script
	Phone        string
	Push         bool            // push notifications can be received
	Consents     map[string]bool // by name, such as "newsletter"
}

// Identifier says whether s can name a record, hold or consent: up to 64
// letters, digits, dots, hyphens and underscores, the first a letter or digit.
func Identifier(s string) bool { return named(s, 64, "", "._-") }

// Normalise returns the profile without spaces around its texts, and with its e-mail address in the one
// form that equal addresses have.
func (p Profile) Normalise() Profile {
	for _, s := range []*string{&p.Organisation, &p.FirstName, &p.LastName, &p.Email, &p.Phone} {
		*s = strings.TrimSpace(*s)
	}
	p.Email = normaliseEmail(p.Email)
	return p
}

// Differs returns the names of the fields in which two profiles differ.
func (p Profile) Differs(other Profile) []string {
	var names []string
	for _, f := range []struct {
		name    string
		differs bool
	}{
		{"organisation", p.Organisation != other.Organisation},
		{"firstName", p.FirstName != other.FirstName},
		{"lastName", p.LastName != other.LastName},
		{"email", p.Email != other.Email},
		{"phone", p.Phone != other.Phone},
		{"push", p.Push != other.Push},
		{"consents", !maps.Equal(p.Consents, other.Consents)},
	} {
		if f.differs {
			names = append(names, f.name)
		}
	}
	return names
}

// Validate returns nil or an *InvalidError that names every invalid field.
func (p Profile) Validate() error {
	var v validation
	v.text("organisation", p.Organisation, MaxName)
	v.text("firstName", p.FirstName, MaxName)
	v.text("lastName", p.LastName, MaxName)
	v.text("phone", p.Phone, MaxPhone)
	visible := !strings.ContainsFunc(p.Email, invisible)
	v.check(visible, "email", "has invisible characters; remove them")
	v.check(!visible || p.Email == "" || validEmail(p.Email), "email", "is not an e-mail address such as ann@example.com")
	v.check(p.Organisation+p.FirstName+p.LastName+p.Email+p.Phone != "", "organisation", "give an organisation, a name, an e-mail address or a phone number")
	v.check(len(p.Consents) <= MaxConsents, "consents", fmt.Sprintf("has %d entries; at most %d are allowed", len(p.Consents), MaxConsents))
	for name := range p.Consents {
		v.check(Identifier(name), "consents", "has an invalid name; use up to 64 letters, digits, dots, hyphens and underscores, a letter or digit first")
	}
	return v.err()
}

type validation struct{ fields []FieldError }

func (v *validation) check(ok bool, field, problem string) {
	if !ok {
		v.fields = append(v.fields, FieldError{field, problem})
	}
}

func (v *validation) text(field, s string, limit int) {
	v.check(utf8.ValidString(s), field, "is not valid UTF-8")
	v.check(utf8.RuneCountInString(s) <= limit, field, fmt.Sprintf("has %d characters; at most %d are allowed", utf8.RuneCountInString(s), limit))
	v.check(!strings.ContainsFunc(s, unicode.IsControl), field, "has control characters, such as line breaks or tabs; remove them")
	v.check(!strings.ContainsFunc(s, changesDirection), field, "has characters that change the direction of text (U+202A to U+202E, U+2066 to U+2069); remove them")
	v.check(s == "" || !containsOnly(s, blank), field, "has only invisible characters; leave it empty, or give a text that can be read")
}

// changesDirection says whether a character makes text appear in another order than it is stored in.
func changesDirection(r rune) bool {
	return r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069'
}

// blank says whether a character is invisible or shows as a space.
func blank(r rune) bool {
	const braille = '\u2800' // without a dot
	return r == braille || unseen(r)
}

func containsOnly(s string, is func(rune) bool) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !is(r) })
}

func (v *validation) err() error {
	if len(v.fields) == 0 {
		return nil
	}
	return &InvalidError{Fields: v.fields}
}
