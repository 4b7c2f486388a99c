package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// Authorizer verifies the token of a request, as the JWT authorizer of an HTTP API does.
type Authorizer struct {
	verifier  *oidc.IDTokenVerifier
	audiences []string
	scopes    []string
}

// NewAuthorizer returns an authorizer for tokens of the issuer, which it asks for its keys. A token needs one of the audiences, and
// one of the scopes if there are any.
func NewAuthorizer(ctx context.Context, issuer string, audiences, scopes []string) (*Authorizer, error) {
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, fmt.Errorf("ask the issuer for its keys: %w", err)
	}
	// The audience is checked below: the library knows only the claim aud. It would accept a token five minutes before its time.
	config := &oidc.Config{SkipClientIDCheck: true, SupportedSigningAlgs: []string{oidc.RS256}}
	return &Authorizer{provider.VerifierContext(context.WithoutCancel(ctx), config), audiences, scopes}, nil
}

// unauthorizedError is the error of a request without a valid token: 401.
type unauthorizedError struct{ fault string } // "" without a token

func (e *unauthorizedError) Error() string {
	if e.fault == "" {
		return "there is no token"
	}
	return e.fault
}

// challenge is the value of the header WWW-Authenticate.
func (e *unauthorizedError) challenge() string {
	if e.fault == "" {
		return "Bearer"
	}
	return fmt.Sprintf("Bearer scope=\"\" error=\"invalid_token\" error_description=%q", e.fault)
}

// errScope is the error of a valid token without a scope of the route: 403.
var errScope = errors.New("the token does not have a scope of this route")

// claims are what a token says, as an event has it: every claim is a text.
type claims map[string]string

// payload has the claims that the authorizer checks.
type payload struct {
	Audience  stringOrList `json:"aud"`
	Client    string       `json:"client_id"`
	NotBefore json.Number  `json:"nbf"`
	IssuedAt  json.Number  `json:"iat"`
	Scope     stringOrList `json:"scope"`
	Scp       stringOrList `json:"scp"`
}

// check returns the claims of the request's token.
func (a *Authorizer) check(r *http.Request) (claims, error) {
	token := bearer(strings.Join(r.Header.Values("Authorization"), ",")) // as the event has it
	if token == "" {
		return nil, &unauthorizedError{}
	}
	verified, err := a.verifier.Verify(r.Context(), token)
	if expired := (*oidc.TokenExpiredError)(nil); errors.As(err, &expired) {
		return nil, &unauthorizedError{"the token has expired"}
	}
	if err != nil {
		return nil, &unauthorizedError{"the token is not valid"} // the library's text may quote the token
	}
	var raw json.RawMessage
	var p payload
	if err := errors.Join(verified.Claims(&raw), verified.Claims(&p)); err != nil {
		return nil, &unauthorizedError{"the token has claims of a wrong type"}
	}
	if err := a.judge(p, time.Now()); err != nil {
		return nil, err
	}
	return flatten(raw)
}

// bearer returns the token in the header, with or without the word before it.
func bearer(header string) string {
	scheme, token, found := strings.Cut(header, " ")
	if found && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	return header
}

func (a *Authorizer) judge(p payload, now time.Time) error {
	audience := p.Audience
	if len(audience) == 0 {
		audience = []string{p.Client}
	}
	named := func(name string) bool { return slices.Contains(a.audiences, name) }
	switch {
	case !slices.ContainsFunc(audience, named):
		return &unauthorizedError{"the token does not have a valid audience"}
	case isAfter(p.NotBefore, now), isAfter(p.IssuedAt, now):
		return &unauthorizedError{"the token is not valid yet"}
	case len(a.scopes) > 0 && !slices.ContainsFunc(a.scopes, p.has):
		return errScope
	}
	return nil
}

// has reports whether a claim of the token has the scope. It is a text with spaces, or a list.
func (p payload) has(scope string) bool {
	for _, claim := range append(p.Scope, p.Scp...) {
		if slices.Contains(strings.Fields(claim), scope) {
			return true
		}
	}
	return false
}

// isAfter reports whether a claim in seconds is in the future. A missing one is not.
func isAfter(claim json.Number, now time.Time) bool {
	seconds, err := claim.Float64()
	return err == nil && seconds > float64(now.Unix())
}

// flatten writes every claim as a text, a list as [a b]: a group "a b" can't be told from two groups.
func flatten(raw json.RawMessage) (claims, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var values map[string]any
	if err := decoder.Decode(&values); err != nil {
		return nil, fmt.Errorf("the token's claims: %w", err)
	}
	flat := claims{}
	for name, value := range values {
		flat[name] = fmt.Sprint(value)
	}
	return flat, nil
}

// stringOrList is a claim that may be one text or several.
type stringOrList []string

func (s *stringOrList) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*s = stringOrList{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(s))
}
