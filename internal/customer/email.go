package customer

import (
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// domains converts host names as browsers do (UTS 46) and rejects invalid ones. It accepts hyphens in
// any place, since some hosts have them.
var domains = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(),
	idna.StrictDomainName(true), idna.CheckHyphens(false), idna.VerifyDNSLength(true))

// normaliseEmail returns the form that people read: in lower case, with the domain in its own script.
// Equal addresses have the same form. It does not reject anything; validEmail does.
func normaliseEmail(email string) string {
	at := strings.LastIndex(email, "@")
	if at < 0 {
		return lowerCase(email)
	}
	domain := email[at+1:]
	if ascii, err := domains.ToASCII(domain); err == nil {
		domain = ascii
	}
	if readable, err := domains.ToUnicode(domain); err == nil {
		domain = readable
	}
	return lowerCase(email[:at]) + "@" + lowerCase(domain)
}

// lowerCase converts letter by letter, and keeps İ: its lower-case form would be a plain i, which
// another address may have.
func lowerCase(s string) string {
	const dottedI = 'İ'
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if r == dottedI {
			return r
		}
		return unicode.ToLower(r)
	}, norm.NFC.String(s)))
}

func validEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > MaxEmail || strings.ContainsFunc(s, unseen) {
		return false
	}
	_, err = domains.ToASCII(s[strings.LastIndex(s, "@")+1:])
	return err == nil
}

func unseen(r rune) bool { return invisible(r) || unicode.IsSpace(r) || unicode.IsControl(r) }

// EmailIdentity returns the form by which two e-mail addresses are compared, and which a customer
// claims: the address with its domain in ASCII (Punycode). The address must be normalised.
func EmailIdentity(email string) string {
	at := strings.LastIndex(email, "@")
	if ascii, err := domains.ToASCII(email[at+1:]); at > 0 && err == nil {
		return email[:at+1] + ascii
	}
	return email
}
