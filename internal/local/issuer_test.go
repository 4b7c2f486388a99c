package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lethe/internal/local/demo"
)

// dashboardOrigin is where the tests' dashboard would be. Nothing listens there.
const dashboardOrigin = "http://127.0.0.1:9"

// startTestIssuer starts an issuer alone, without a system. It returns what it logged, too.
func startTestIssuer(t *testing.T, dir string) (*system, *journal) {
	t.Helper()
	lines := &journal{}
	s := &system{BaseURL: dashboardOrigin, log: slog.New(slog.NewTextHandler(lines, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	t.Cleanup(s.stop)
	t.Cleanup(func() { lines.show(t) })
	var err error
	if s.folder, err = openFolder(dir); err != nil {
		t.Fatal(err)
	}
	s.later(s.folder.close)
	for _, step := range []func() error{
		func() error { return s.listenIssuer(0) },
		func() error { return s.startIssuer(t.Context(), options{Output: lines}) },
		s.serveIssuer,
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	return s, lines
}

// browser follows no redirects, and keeps cookies.
type browser struct {
	client            *http.Client
	issuer, dashboard string
}

func newBrowser(t *testing.T, s *system) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &browser{client, s.issuer.URL, s.BaseURL}
}

func (b *browser) send(t *testing.T, method, address string, form url.Values, headers ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	request.Header.Set("Accept", "text/html")
	for pair := range slices.Chunk(headers, 2) {
		request.Header.Set(pair[0], pair[1])
	}
	response, err := b.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, text}
}

// fromDashboard are the headers of a request to which the dashboard leads, by itself or by redirects.
var fromDashboard = []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}

// follow follows redirects within the issuer with the headers, and returns the first other answer.
func (b *browser) follow(t *testing.T, got answer, headers ...string) (answer, *url.URL) {
	t.Helper()
	for {
		location := got.header.Get("Location")
		if location == "" {
			return got, nil
		}
		next, err := url.Parse(location)
		if err != nil {
			t.Fatal(err)
		}
		if next.Host != "" && "http://"+next.Host != b.issuer {
			return got, next
		}
		got = b.send(t, http.MethodGet, b.issuer+next.RequestURI(), nil, headers...)
	}
}

const verifier = "a-verifier-that-is-long-enough-for-the-standard-43"

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// question returns the parameters of a right request of the dashboard, after a change.
func (b *browser) question(change func(url.Values)) url.Values {
	q := url.Values{
		"client_id": {dashboardClient}, "response_type": {"code"}, "scope": {"openid " + scope}, "audience": {audience},
		"redirect_uri": {b.dashboard + "/signed-in"}, "state": {"the-state"}, "nonce": {"the-nonce"},
		"code_challenge": {challengeOf(verifier)}, "code_challenge_method": {"S256"},
	}
	if change != nil {
		change(q)
	}
	return q
}

func (b *browser) ask(t *testing.T, change func(url.Values)) (answer, *url.URL) {
	t.Helper()
	return b.follow(t, b.send(t, http.MethodGet, b.issuer+"/auth?"+b.question(change).Encode(), nil, fromDashboard...), fromDashboard...)
}

// choose clicks on a person of the page, and returns where the browser is led.
func (b *browser) choose(t *testing.T, page answer, subject string) *url.URL {
	t.Helper()
	action := regexp.MustCompile(`<form method="post" action="([^"]+)"`).FindSubmatch(page.body)
	if page.status != http.StatusOK || action == nil {
		t.Fatalf("no page to choose from: %d %s", page.status, page.body)
	}
	got, left := b.follow(t, b.send(t, http.MethodPost, b.issuer+string(action[1]), url.Values{"subject": {subject}}, "Origin", b.issuer))
	if left == nil {
		t.Fatalf("the browser was not led back: %d %s", got.status, got.body)
	}
	return left
}

// codeFor signs in and returns the code.
func (b *browser) codeFor(t *testing.T, subject string, change func(url.Values)) string {
	t.Helper()
	page, _ := b.ask(t, change)
	back := b.choose(t, page, subject)
	if got := back.Scheme + "://" + back.Host + back.Path; got != b.dashboard+"/signed-in" {
		t.Fatalf("the browser was led to %s", got)
	}
	q := back.Query()
	if q.Get("state") != "the-state" || q.Get("iss") != b.issuer || q.Get("code") == "" || len(q) != 3 || back.Fragment != "" {
		t.Fatalf("the answer has %v, want code, state and iss", q)
	}
	return q.Get("code")
}

// redeem changes a code into tokens, as the dashboard's script does.
func (b *browser) redeem(t *testing.T, code string, change func(url.Values)) answer {
	t.Helper()
	form := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {dashboardClient}, "code": {code},
		"redirect_uri": {b.dashboard + "/signed-in"}, "code_verifier": {verifier},
	}
	if change != nil {
		change(form)
	}
	return b.send(t, http.MethodPost, b.issuer+"/token", form, "Origin", b.dashboard, "Sec-Fetch-Site", "same-site", "Accept", typeJSON)
}

type tokens struct {
	Access  string `json:"access_token"`
	ID      string `json:"id_token"`
	Refresh string `json:"refresh_token"`
	Type    string `json:"token_type"`
	Seconds int    `json:"expires_in"`
}

// claimsOf decodes the payload of a token without verifying it.
func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no token", token)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(text, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	s, lines := startTestIssuer(t, t.TempDir())
	b := newBrowser(t, s)
	code := b.codeFor(t, "demo-privacy", nil)
	got := b.redeem(t, code, nil).want(t, http.StatusOK, "")
	if allowed := got.header.Get("Access-Control-Allow-Origin"); allowed != dashboardOrigin {
		t.Errorf("the dashboard's script may not read the tokens: %q", allowed)
	}
	issued := decode[tokens](t, got)
	if issued.Refresh != "" || issued.Type != "Bearer" || issued.Seconds > 3600 {
		t.Errorf("issued %+v", issued)
	}
	claims := claimsOf(t, issued.Access)
	for name, want := range map[string]string{
		"iss": s.issuer.URL, "aud": audience, "scope": scope, "client_id": dashboardClient, "sub": "demo-privacy", "name": "Jun Watanabe", "groups": "[privacy]",
	} {
		if got := fmt.Sprint(claims[name]); got != want {
			t.Errorf("claim %s is %s, want %s", name, got, want)
		}
	}
	if life := claims["exp"].(float64) - claims["iat"].(float64); life > 3600 {
		t.Errorf("the token lives %v s", life)
	}
	if id := claimsOf(t, issued.ID); id["nonce"] != "the-nonce" || id["aud"] != dashboardClient || id["scope"] != nil {
		t.Errorf("the ID token has %v", id)
	}
	signedInAt(t, claims, time.Now())
	wantSilence(t, lines, code, issued.Access, issued.ID)
}

// signedInAt fails the test unless the person signed in at that time, give or take two seconds.
func signedInAt(t *testing.T, claims map[string]any, at time.Time) {
	t.Helper()
	seconds, ok := claims["auth_time"].(float64)
	if since := at.Sub(time.Unix(int64(seconds), 0)); !ok || since < -2*time.Second || since > 2*time.Second {
		t.Errorf("auth_time is %v, want %d", claims["auth_time"], at.Unix())
	}
}

// wantSilence fails the test if a secret was logged.
func wantSilence(t *testing.T, lines *journal, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if strings.Contains(lines.String(), secret) {
			t.Errorf("the log has %.20s…: %s", secret, lines)
		}
	}
}

// TestFreshSignIn asks again after a second: without a wish the first sign-in counts, with prompt=login or max_age=0 the person
// must choose again, and the token says when.
func TestFreshSignIn(t *testing.T) {
	t.Parallel()
	s, _ := startTestIssuer(t, t.TempDir())
	b := newBrowser(t, s)
	b.codeFor(t, "demo-owner", nil)
	first := time.Now()
	time.Sleep(2100 * time.Millisecond)

	_, back := b.ask(t, func(q url.Values) { q.Set("prompt", "none") })
	if back == nil {
		t.Fatal("the issuer has forgotten the browser")
	}
	signedInAt(t, claimsOf(t, decode[tokens](t, b.redeem(t, back.Query().Get("code"), nil)).Access), first)

	if _, back := b.ask(t, func(q url.Values) { q.Set("prompt", "none"); q.Set("max_age", "1") }); back.Query().Get("error") != "login_required" {
		t.Errorf("with max_age=1 two seconds later: %v", back)
	}
	for _, wish := range []string{"max_age=1", "prompt=login"} {
		name, value, _ := strings.Cut(wish, "=")
		code := b.codeFor(t, "demo-owner", func(q url.Values) { q.Set(name, value) })
		signedInAt(t, claimsOf(t, decode[tokens](t, b.redeem(t, code, nil)).Access), time.Now())
	}
	code := b.codeFor(t, "demo-support", func(q url.Values) { q.Set("prompt", "login") })
	if claims := claimsOf(t, decode[tokens](t, b.redeem(t, code, nil)).Access); claims["sub"] != "demo-support" {
		t.Errorf("the token is of %v after another person has signed in", claims["sub"])
	}
}

func TestTheIssuerRefuses(t *testing.T) {
	t.Parallel()
	s, lines := startTestIssuer(t, t.TempDir())
	t.Run("requests", func(t *testing.T) { refusedRequests(t, s) })
	t.Run("codes", func(t *testing.T) { refusedCodes(t, s, lines) })
	t.Run("pages of others", func(t *testing.T) { refusedPages(t, s) })
}

func refusedRequests(t *testing.T, s *system) {
	set := func(name, value string) func(url.Values) { return func(q url.Values) { q.Set(name, value) } }
	for _, tt := range []struct {
		name   string
		change func(url.Values)
		error  string // on the way back to the dashboard; "" if the browser must stay
	}{
		{"another place to return to", set("redirect_uri", "http://evil.example/signed-in"), ""},
		{"the same origin, another path", set("redirect_uri", dashboardOrigin+"/signed-in/"), ""},
		{"a query", set("redirect_uri", dashboardOrigin+"/signed-in?x=1"), ""},
		{"another port", set("redirect_uri", "http://127.0.0.1:10/signed-in"), ""},
		{"a name that begins like ours", set("redirect_uri", "http://127.0.0.1:9.evil.example/signed-in"), ""},
		{"a user that looks like ours", set("redirect_uri", "http://127.0.0.1:9@evil.example/signed-in"), ""},
		{"no place", func(q url.Values) { q.Del("redirect_uri") }, ""},
		{"another client", set("client_id", "other"), ""},
		{"plain PKCE", set("code_challenge_method", "plain"), "invalid_request"},
		{"PKCE without a method", func(q url.Values) { q.Del("code_challenge_method") }, "invalid_request"},
		{"no PKCE", func(q url.Values) { q.Del("code_challenge"); q.Del("code_challenge_method") }, "invalid_request"},
		{"an access token in the address", set("response_type", "token"), "unsupported_response_type"},
		{"an ID token in the address", set("response_type", "id_token"), "unsupported_response_type"},
		{"both", set("response_type", "code id_token token"), "unsupported_response_type"},
		{"another API", set("resource", "urn:other"), "invalid_target"},
		{"a browser that nobody has signed in", set("prompt", "none"), "login_required"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, back := newBrowser(t, s).ask(t, tt.change)
			if tt.error == "" {
				if back != nil || got.status != http.StatusBadRequest || bytes.Contains(got.body, []byte("evil")) {
					t.Errorf("answered %d to %v: %s", got.status, back, got.body)
				}
				return
			}
			if back == nil {
				t.Fatalf("answered %d %s", got.status, got.body)
			}
			q := back.Query()
			if back.Fragment != "" {
				q, _ = url.ParseQuery(back.Fragment)
			}
			if q.Get("error") != tt.error || q.Has("code") || q.Has("access_token") || q.Get("state") != "the-state" || back.Path != "/signed-in" {
				t.Errorf("led to %v", back)
			}
		})
	}
}

func refusedCodes(t *testing.T, s *system, lines *journal) {
	set := func(name, value string) func(url.Values) { return func(q url.Values) { q.Set(name, value) } }
	for _, tt := range []struct {
		name   string
		change func(url.Values)
	}{
		{"another verifier", set("code_verifier", strings.ToUpper(verifier))},
		{"the challenge as verifier", set("code_verifier", challengeOf(verifier))},
		{"no verifier", func(q url.Values) { q.Del("code_verifier") }},
		{"another place", set("redirect_uri", strings.Replace(dashboardOrigin, "127.0.0.1", "localhost", 1)+"/signed-in")},
		{"another code", set("code", "abc")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBrowser(t, s)
			got := b.redeem(t, b.codeFor(t, "demo-owner", nil), tt.change)
			if got.status != http.StatusBadRequest || !bytes.Contains(got.body, []byte(`"invalid_grant"`)) {
				t.Errorf("answered %d %s", got.status, got.body)
			}
		})
	}
	b := newBrowser(t, s)
	code := b.codeFor(t, "demo-owner", nil)
	b.redeem(t, code, nil).want(t, http.StatusOK, "")
	if again := b.redeem(t, code, nil); again.status != http.StatusBadRequest || !bytes.Contains(again.body, []byte(`"invalid_grant"`)) {
		t.Errorf("a used code: %d %s", again.status, again.body)
	}
	wantSilence(t, lines, code)
}

func refusedPages(t *testing.T, s *system) {
	evil := []string{"Origin", "http://evil.example", "Sec-Fetch-Site", "cross-site"}
	dashboard := []string{"Origin", dashboardOrigin, "Sec-Fetch-Site", "same-site"}
	for _, tt := range []struct {
		name, method, path string
		headers            []string
	}{
		{"a foreign page takes a token", "POST", "/tokens/owner", evil},
		{"a foreign form takes a token", "POST", "/tokens/owner", []string{"Origin", "null", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}},
		{"the dashboard takes a token without sign-in", "POST", "/tokens/owner", dashboard},
		{"a foreign page redeems a code", "POST", "/token", evil},
		{"a foreign page reads how to sign in", "GET", "/.well-known/openid-configuration", evil},
		{"a foreign page leads here", "GET", "/auth", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}},
		{"a frame in another program's page", "GET", "/auth", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}},
		{"DNS rebinding", "POST", "/tokens/owner", []string{"Host", "evil.example"}},
		{"the hidden process by its own address", "POST", "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			address := s.issuer.URL + tt.path
			if tt.path == "" {
				address = s.issuer.process.Endpoint + "/tokens/owner"
			}
			request, err := http.NewRequestWithContext(t.Context(), tt.method, address, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			for pair := range slices.Chunk(tt.headers, 2) {
				request.Header.Set(pair[0], pair[1])
			}
			if host := request.Header.Get("Host"); host != "" {
				request.Host = host
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if text, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusForbidden {
				t.Errorf("answered %d %s", response.StatusCode, text)
			}
		})
	}
}

// TestTheSignInPage is strict: no script, no style in the page, nothing of others.
func TestTheSignInPage(t *testing.T) {
	t.Parallel()
	s, _ := startTestIssuer(t, t.TempDir())
	page, _ := newBrowser(t, s).ask(t, nil)
	for _, a := range demo.Administrators {
		for _, text := range []string{a.Name, a.May, `value="` + a.Subject + `"`} {
			if !bytes.Contains(page.body, []byte(text)) {
				t.Errorf("the page does not have %q", text)
			}
		}
	}
	for _, not := range []string{"<script", "<style", " style=", "://", "javascript:"} {
		if bytes.Contains(page.body, []byte(not)) {
			t.Errorf("the page has %q: %s", not, page.body)
		}
	}
	policy := page.header.Get("Content-Security-Policy")
	for _, directive := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self' " + dashboardOrigin} {
		if !strings.Contains(policy, directive) {
			t.Errorf("the policy has no %q: %s", directive, policy)
		}
	}
	if strings.Contains(policy, "unsafe") || page.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the headers are %v", page.header)
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	s, _ := startTestIssuer(t, t.TempDir())
	b := newBrowser(t, s)
	issued := decode[tokens](t, b.redeem(t, b.codeFor(t, "demo-owner", nil), nil))
	form := url.Values{"client_id": {dashboardClient}, "id_token_hint": {issued.ID}, "post_logout_redirect_uri": {dashboardOrigin + "/signed-out"}}
	asked := b.send(t, http.MethodPost, b.issuer+"/session/end", form, append(fromDashboard, "Origin", "null")...)
	if strings.Contains(asked.header.Get("Location"), issued.ID) {
		t.Error("the token is in an address")
	}
	page, _ := b.follow(t, asked, fromDashboard...)
	secret := regexp.MustCompile(`name="xsrf" value="(\w+)"`).FindSubmatch(page.body)
	if page.status != http.StatusOK || secret == nil || !bytes.Contains(page.body, []byte("<button")) {
		t.Fatalf("the page has no form: %s", page.body)
	}
	if _, back := b.ask(t, func(q url.Values) { q.Set("prompt", "none") }); back.Query().Get("error") != "" {
		t.Error("the page alone has signed out")
	}
	_, back := b.follow(t, b.send(t, http.MethodPost, b.issuer+"/session/end/confirm", url.Values{"xsrf": {string(secret[1])}, "logout": {"yes"}}, "Origin", b.issuer))
	if back == nil || back.String() != dashboardOrigin+"/signed-out" {
		t.Errorf("the browser was led to %v", back)
	}
	if _, back := b.ask(t, func(q url.Values) { q.Set("prompt", "none") }); back.Query().Get("error") != "login_required" {
		t.Errorf("after sign-out the issuer answers %v", back)
	}
	for _, elsewhere := range []string{"http://evil.example/signed-out", dashboardOrigin + "/", "//evil.example"} {
		form.Set("post_logout_redirect_uri", elsewhere)
		got := b.send(t, http.MethodGet, b.issuer+"/session/end?"+form.Encode(), nil)
		if got.status != http.StatusBadRequest || got.header.Get("Location") != "" {
			t.Errorf("to %s: %d %s", elsewhere, got.status, got.body)
		}
	}
}

// TestTokensOutliveTheIssuer starts an issuer twice in a folder: address and keys stay.
func TestTokensOutliveTheIssuer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, lines := startTestIssuer(t, dir)
	token, err := tokenOf(t.Context(), first.issuer.URL, demo.Owner)
	if err != nil {
		t.Fatal(err)
	}
	wantSilence(t, lines, token)
	signedInAt(t, claimsOf(t, token), time.Now())
	address, keys := first.issuer.URL, keysAt(t, first.issuer.URL)
	first.stop()
	second, _ := startTestIssuer(t, dir)
	if second.issuer.URL != address || keysAt(t, second.issuer.URL) != keys {
		t.Errorf("the issuer was at %s, and is at %s with other keys", address, second.issuer.URL)
	}
	if _, err := tokenOf(t.Context(), second.issuer.URL, "nobody"); err == nil || !strings.Contains(err.Error(), "owner, support, privacy, auditor, leaver") {
		t.Errorf("a token for nobody: %v", err)
	}
}

func keysAt(t *testing.T, issuer string) string {
	t.Helper()
	got := api{base: issuer}.get(t, "/jwks").want(t, http.StatusOK, "")
	if bytes.Contains(got.body, []byte(`"d"`)) || !bytes.Contains(got.body, []byte(`"kid"`)) {
		t.Fatalf("the public keys are %s", got.body)
	}
	return string(got.body)
}
