package dashboard

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Config says how administrators sign in. A dashboard without a usable one works, but its page only says what to set.
type Config struct {
	Issuer      string // address of the OpenID Connect issuer
	ClientID    string // of the dashboard, a public client of the issuer
	Scope       string // what the API's authorizer asks for, besides openid
	Audience    string // the API, where the issuer wants to be told; may be empty
	TokenOrigin string // where the issuer's other endpoints are, if not at its own origin; may be empty
	Place       string // shown beside the name: which Lethe this is; may be empty
}

// FromEnvironment reads the configuration.
func FromEnvironment(getenv func(string) string) Config {
	return Config{
		Issuer: getenv("ISSUER"), ClientID: getenv("CLIENT_ID"), Scope: getenv("SCOPE"), Audience: getenv("AUDIENCE"),
		TokenOrigin: getenv("TOKEN_ORIGIN"), Place: getenv("PLACE"),
	}
}

// problem says why nobody can sign in with this configuration; it is empty if one can.
func (c Config) problem() string {
	for _, variable := range []struct{ name, value string }{{"ISSUER", c.Issuer}, {"CLIENT_ID", c.ClientID}, {"SCOPE", c.Scope}} {
		if variable.value == "" {
			return fmt.Sprintf("%s is not set.", variable.name)
		}
	}
	if origin(c.Issuer) == "" {
		return "ISSUER has to be the https address of the issuer."
	}
	if c.TokenOrigin != "" && origin(c.TokenOrigin) == "" {
		return "TOKEN_ORIGIN has to be the https address of the issuer's token endpoint."
	}
	return ""
}

// origin returns the origin of an address that tokens may be sent to. For others it is empty.
func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || strings.ContainsAny(u.Host, " ;,'*") {
		return ""
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// policy lets the page load and call its own origin, and the issuer's to sign in. Strings can't become markup.
func (c Config) policy() string {
	issuer := ""
	if c.problem() == "" {
		issuer = " " + origin(c.Issuer)
		if other := origin(c.TokenOrigin); other != "" && other != origin(c.Issuer) {
			issuer += " " + other
		}
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'" + issuer +
		"; base-uri 'self'; form-action 'self'" + issuer + "; frame-ancestors 'none'; require-trusted-types-for 'script'"
}

// public is what the page is told of the configuration.
type public struct {
	Issuer   string `json:"issuer,omitempty"`
	ClientID string `json:"clientId,omitempty"`
	Scope    string `json:"scope,omitempty"`
	Audience string `json:"audience,omitempty"`
	Place    string `json:"place,omitempty"`
	Problem  string `json:"problem,omitempty"` // why nobody can sign in; the rest is not there then
}

// serve answers with the configuration. It is never stored: it can change with the environment, and the files don't.
func (c Config) serve(w http.ResponseWriter, r *http.Request) {
	told := public{Issuer: c.Issuer, ClientID: c.ClientID, Scope: c.Scope, Audience: c.Audience, Place: c.Place}
	if problem := c.problem(); problem != "" {
		told = public{Problem: problem, Place: c.Place}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodHead {
		_ = json.NewEncoder(w).Encode(told) // the client is gone, or reads it
	}
}
