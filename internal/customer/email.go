package customer

import (
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// domains reads names of hosts as browsers do (UTS 46), and refuses what can't be one. Hyphens
// may stand where they like: some hosts have them.
var domains = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(),
	idna.StrictDomainName(true), idna.CheckHyphens(false), idna.VerifyDNSLength(true))

// normaliseEmail gives equal addresses one form, the one that people read: in lower case, its
// domain in its own script. It leaves what is no address for validEmail to refuse.
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

// lowerCase lowers letter by letter. İ stays: Unicode's small form of it alone is i, with which
// another address may be written.
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

// EmailIdentity is what makes two e-mail addresses the same, and is claimed for a customer: the
// address, normalised, with its domain as mail servers write it.
func EmailIdentity(email string) string {
	at := strings.LastIndex(email, "@")
	if ascii, err := domains.ToASCII(email[at+1:]); at > 0 && err == nil {
		return email[:at+1] + ascii
	}
	return email
}
