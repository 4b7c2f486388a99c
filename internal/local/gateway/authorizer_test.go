package gateway_test

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lethe/internal/engine"
	"lethe/internal/local/gateway"
	"lethe/internal/template"
)

// issuer is an issuer with one key.
type issuer struct {
	*httptest.Server

	key *rsa.PrivateKey
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{key: key}
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := map[string]any{"issuer": i.URL, "jwks_uri": i.URL + "/jwks", "id_token_signing_alg_values_supported": []string{"RS256", "HS256"}}
		if r.URL.Path == "/jwks" {
			answer = map[string]any{"keys": []any{map[string]string{
				"kty": "RSA", "use": "sig", "kid": "1", "n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
				"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
			}}}
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(i.Close)
	return i
}

func part(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// token signs the claims with the issuer's key.
func (i *issuer) token(claims map[string]any) string {
	text := part(map[string]string{"alg": "RS256", "kid": "1", "typ": "at+jwt"}) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// withPublicKey signs with HS256 and the issuer's public key in one of its forms, for a verifier that goes by the token's own algorithm.
func (i *issuer) withPublicKey(claims map[string]any) string {
	der, err := x509.MarshalPKIXPublicKey(&i.key.PublicKey)
	if err != nil {
		panic(err)
	}
	text := part(map[string]string{"alg": "HS256", "kid": "1"}) + "." + part(claims)
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// claims are those of a right token, after a change: a nil value removes a claim.
func (i *issuer) claims(change map[string]any) map[string]any {
	now := time.Now().Unix()
	all := map[string]any{
		"iss": i.URL, "aud": "lethe", "client_id": "lethe-dashboard", "sub": "demo-owner", "name": "Ada Brandt", "scope": "openid lethe/admin",
		"iat": now, "exp": now + 60, "auth_time": now, "groups": []string{"owners", "x admin"}, "verified": true,
	}
	maps.Copy(all, change)
	maps.DeleteFunc(all, func(_ string, value any) bool { return value == nil })
	return all
}

const (
	challengeMissing = `Bearer`
	challengeInvalid = `Bearer scope="" error="invalid_token" error_description="the token is not valid"`
	challengeExpired = `Bearer scope="" error="invalid_token" error_description="the token has expired"`
	challengeTooSoon = `Bearer scope="" error="invalid_token" error_description="the token is not valid yet"`
	challengeOther   = `Bearer scope="" error="invalid_token" error_description="the token does not have a valid audience"`
)

// TestTokensOnEveryRoute sends every kind of token to every route of the template.
func TestTokensOnEveryRoute(t *testing.T) {
	t.Parallel()
	right, wrong := newIssuer(t), newIssuer(t)
	now := time.Now().Unix()
	changed := func(change map[string]any) string { return "Bearer " + right.token(right.claims(change)) }
	tampered := func() string {
		parts := strings.Split(right.token(right.claims(nil)), ".")
		return "Bearer " + parts[0] + "." + part(right.claims(map[string]any{"sub": "demo-privacy"})) + "." + parts[2]
	}
	routes, served := startRoutes(t, right.URL)
	for _, tt := range []struct {
		name, authorization string
		status              int
		challenge           string
	}{
		{"right", changed(nil), 204, ""},
		{"without the word before it", right.token(right.claims(nil)), 204, ""},
		{"the word in capitals", "BEARER " + right.token(right.claims(nil)), 204, ""},
		{"one of several audiences", changed(map[string]any{"aud": []string{"other", "lethe"}}), 204, ""},
		{"client_id instead of an audience", changed(map[string]any{"aud": nil, "client_id": "lethe"}), 204, ""},
		{"scp instead of scope", changed(map[string]any{"scope": nil, "scp": []string{"other", "lethe/admin"}}), 204, ""},

		{"none", "", 401, challengeMissing},
		{"wrong", "Bearer abc", 401, challengeInvalid},
		{"of a user and a password", "Basic YTpi", 401, challengeInvalid},
		{"two", changed(nil) + "," + changed(nil), 401, challengeInvalid},
		{"expired", changed(map[string]any{"exp": now - 1}), 401, challengeExpired},
		{"without an end", changed(map[string]any{"exp": nil}), 401, challengeExpired},
		{"from later", changed(map[string]any{"nbf": now + 60}), 401, challengeTooSoon},
		{"made later", changed(map[string]any{"iat": now + 60}), 401, challengeTooSoon},
		{"other issuer", "Bearer " + wrong.token(wrong.claims(nil)), 401, challengeInvalid},
		{"other issuer's name", changed(map[string]any{"iss": wrong.URL}), 401, challengeInvalid},
		{"other issuer's signature", "Bearer " + wrong.token(right.claims(nil)), 401, challengeInvalid},
		{"other audience", changed(map[string]any{"aud": "other"}), 401, challengeOther},
		{"other audience, right client_id", changed(map[string]any{"aud": "other", "client_id": "lethe"}), 401, challengeOther},
		{"no audience", changed(map[string]any{"aud": nil}), 401, challengeOther},
		{"ID token", changed(map[string]any{"aud": "lethe-dashboard", "client_id": nil, "scope": nil, "nonce": "n"}), 401, challengeOther},
		{"ID token of a client that is the audience", changed(map[string]any{"client_id": nil, "scope": nil}), 403, ""},
		{"alg none", "Bearer " + part(map[string]string{"alg": "none"}) + "." + part(right.claims(nil)) + ".", 401, challengeInvalid},
		{"HS256 with the public key", "Bearer " + right.withPublicKey(right.claims(nil)), 401, challengeInvalid},
		{"missing scope", changed(map[string]any{"scope": "openid"}), 403, ""},
		{"a scope that begins like ours", changed(map[string]any{"scope": "lethe/administrators"}), 403, ""},
		{"tampered payload", tampered(), 401, challengeInvalid},
		{"a scope of a wrong type", changed(map[string]any{"scope": 7}), 401, `Bearer scope="" error="invalid_token" error_description="the token has claims of a wrong type"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, route := range routes {
				served.event = nil
				response, body := send(t, http.MethodPost, served.url+route.path, http.Header{"Authorization": {tt.authorization}}, []byte(`{}`))
				wantStatus, wantChallenge := tt.status, tt.challenge
				if route.open {
					wantStatus, wantChallenge = 204, ""
				}
				if response.StatusCode != wantStatus || response.Header.Get("WWW-Authenticate") != wantChallenge {
					t.Errorf("%s: %d %s, %q; want %d, %q", route.path, response.StatusCode, body, response.Header.Get("WWW-Authenticate"), wantStatus, wantChallenge)
				}
				wantBody := map[int]string{204: "", 401: `{"message":"Unauthorized"}`, 403: `{"message":"Forbidden"}`}[wantStatus]
				if called := served.event != nil; called != (wantStatus == 204) || body != wantBody {
					t.Errorf("%s: the function was called: %v, and the answer is %s", route.path, called, body)
				}
				if authorizer := served.authorizer(); (authorizer != nil) != (wantStatus == 204 && !route.open) {
					t.Errorf("%s: the event has the authorizer %v", route.path, authorizer)
				}
			}
		})
	}
}

// testRoute is a path that leads to a route of the template.
type testRoute struct {
	path string
	open bool
}

// front is a running gateway, with the last event of its functions.
type front struct {
	url   string
	event map[string]any
}

func (f *front) authorizer() any {
	requestContext, _ := f.event["requestContext"].(map[string]any)
	return requestContext["authorizer"]
}

// startRoutes serves every route of the template, with the template's authorizer.
func startRoutes(t *testing.T, issuer string) ([]testRoute, *front) {
	t.Helper()
	root, err := engine.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	declared, err := template.Load(filepath.Join(root, "template.yaml"), map[string]string{"JwtIssuer": issuer, "JwtAudience": "lethe"})
	if err != nil {
		t.Fatal(err)
	}
	authorizer, err := gateway.NewAuthorizer(t.Context(), issuer, []string{"lethe"}, declared.Authorizer.Scopes)
	if err != nil {
		t.Fatal(err)
	}
	served, routes, all := &front{}, &gateway.Routes{}, []testRoute(nil)
	invoke := func(_ context.Context, payload []byte) ([]byte, error) {
		return []byte(`{"statusCode":204}`), json.Unmarshal(payload, &served.event)
	}
	for _, function := range declared.Functions {
		for _, event := range function.HTTP {
			options := gateway.Options{Invoke: invoke, Route: gateway.Key(event.Path), Timeout: time.Second, Log: slog.New(slog.DiscardHandler)}
			if !event.Open {
				options.Authorizer = authorizer
			}
			if err := routes.Add(event.Path, gateway.New(options)); err != nil {
				t.Fatal(err)
			}
			all = append(all, testRoute{strings.ReplaceAll("/"+strings.TrimPrefix(event.Path, "/"), "{proxy+}", "customers"), event.Open})
		}
	}
	server := httptest.NewServer(routes)
	t.Cleanup(server.Close)
	served.url = server.URL
	if len(all) < 5 {
		t.Fatalf("the template has the routes %v", all)
	}
	return all, served
}

// TestClaimsAreTexts as in an event of API Gateway. A group with a space can't be told from two groups.
func TestClaimsAreTexts(t *testing.T) {
	t.Parallel()
	i := newIssuer(t)
	_, served := startRoutes(t, i.URL)
	token := i.token(i.claims(map[string]any{"iat": 1796083200, "auth_time": 1796083200, "exp": 4102444800}))
	send(t, http.MethodGet, served.url+"/v1/me", http.Header{"Authorization": {"Bearer " + token}}, nil)
	want := map[string]any{"jwt": map[string]any{
		"claims": map[string]any{
			"iss": i.URL, "aud": "lethe", "client_id": "lethe-dashboard", "sub": "demo-owner", "name": "Ada Brandt", "scope": "openid lethe/admin",
			"iat": "1796083200", "exp": "4102444800", "auth_time": "1796083200", "groups": "[owners x admin]", "verified": "true",
		},
		"scopes": []any{"lethe/admin"},
	}}
	if diff := cmp.Diff(any(want), served.authorizer()); diff != "" {
		t.Errorf("authorizer (-want +got):\n%s", diff)
	}
}

// TestARefusedBodyIsNotRead sends a body without an end: the answer does not wait for it.
func TestARefusedBodyIsNotRead(t *testing.T) {
	t.Parallel()
	_, served := startRoutes(t, newIssuer(t).URL)
	reader, writer := io.Pipe()
	defer writer.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, served.url+"/v1/customers", reader)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusUnauthorized {
		t.Errorf("answered %d", response.StatusCode)
	}
}

// TestAnIssuerThatDoesNotAnswer is an error at once, with its address.
func TestAnIssuerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	gone := newIssuer(t)
	gone.Close()
	if _, err := gateway.NewAuthorizer(t.Context(), gone.URL, []string{"lethe"}, nil); err == nil || !strings.Contains(err.Error(), gone.URL) {
		t.Errorf("the error is %v", err)
	}
}
