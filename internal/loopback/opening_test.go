package loopback_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"lethe/internal/loopback"
)

// navigation returns the headers of a page that leads the tab to an address, with further headers in pairs.
func navigation(site string, more ...string) http.Header {
	header := http.Header{"Sec-Fetch-Site": {site}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}}
	for i := 0; i < len(more); i += 2 {
		header.Set(more[i], more[i+1])
	}
	return header
}

func TestOpenings(t *testing.T) {
	t.Parallel()
	const own, dashboard, evil = "127.0.0.1:8081", "http://127.0.0.1:8080", "http://evil.example"
	tests := []struct {
		name         string
		method, path string
		host         string
		header       http.Header
		message      string // "" if it passes
	}{
		{"the dashboard leads here", "GET", "/auth", own, navigation("same-site"), ""},
		{"and on to a page", "GET", "/sign-in/1", own, navigation("same-site"), ""},
		{"another site leads to that page", "GET", "/sign-in/1", own, navigation("cross-site"), "Sec-Fetch-Site"},
		{"above the page", "GET", "/sign-in", own, navigation("same-site"), "Sec-Fetch-Site"},
		{"and elsewhere", "GET", "/tokens/owner", own, navigation("same-site"), "Sec-Fetch-Site"},
		{"below the entrance", "GET", "/auth/1", own, navigation("same-site"), "Sec-Fetch-Site"},
		{"another site leads here", "GET", "/auth", own, navigation("cross-site"), "Sec-Fetch-Site"},
		{"another subdomain and port at once", "GET", "/auth", own, http.Header{"Sec-Fetch-Site": {"same-site", "cross-site"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}}, "Sec-Fetch-Site"},
		{"into a frame", "GET", "/auth", own, navigation("same-site", "Sec-Fetch-Dest", "iframe"), "Sec-Fetch-Site"},
		{"as an image", "GET", "/auth", own, navigation("same-site", "Sec-Fetch-Dest", "image", "Sec-Fetch-Mode", "no-cors"), "Sec-Fetch-Site"},
		{"by fetch", "GET", "/auth", own, navigation("same-site", "Sec-Fetch-Mode", "cors", "Origin", dashboard), "Origin"},
		{"by a form", "POST", "/auth", own, navigation("same-site", "Origin", dashboard), "Origin"},
		{"with a name that resolves to this machine", "GET", "/auth", "evil.example:8081", navigation("same-site"), "Host"},

		{"the dashboard signs out", "POST", "/session/end", own, navigation("same-site", "Origin", dashboard), ""},
		{"without its origin", "POST", "/session/end", own, navigation("same-site", "Origin", "null"), ""},
		{"another page of this machine", "POST", "/session/end", own, navigation("same-site", "Origin", "http://127.0.0.1:3000"), "Origin"},
		{"another site", "POST", "/session/end", own, navigation("cross-site", "Origin", "null"), "Origin"},
		{"without an origin at all", "POST", "/session/end", own, navigation("same-site"), "Sec-Fetch-Site"},
		{"elsewhere", "POST", "/tokens/owner", own, navigation("same-site", "Origin", "null"), "Origin"},

		{"the dashboard's script", "POST", "/token", own, http.Header{"Origin": {dashboard}, "Sec-Fetch-Site": {"same-site"}}, ""},
		{"its preflight", "OPTIONS", "/token", own, http.Header{"Origin": {dashboard}, "Access-Control-Request-Method": {"POST"}}, ""},
		{"a script of another site", "POST", "/token", own, http.Header{"Origin": {evil}, "Sec-Fetch-Site": {"cross-site"}}, "Origin"},
		{"its preflight, too", "OPTIONS", "/token", own, http.Header{"Origin": {evil}, "Access-Control-Request-Method": {"POST"}}, "Origin"},
		{"two origins", "POST", "/token", own, http.Header{"Origin": {dashboard, evil}}, "Origin"},
		{"the dashboard's script elsewhere", "POST", "/tokens/owner", own, http.Header{"Origin": {dashboard}, "Sec-Fetch-Site": {"same-site"}}, "Origin"},
		{"the dashboard's script by another name of this machine", "POST", "/token", "evil.example:8081", http.Header{"Origin": {dashboard}}, "Host"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			request := httptest.NewRequest(test.method, test.path, nil)
			request.Host, request.Header = test.host, test.header
			response := httptest.NewRecorder()
			origins := []string{dashboard}
			loopback.Guard(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8081}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusTeapot)
			}), loopback.Entrance("/auth", "/sign-in/"), loopback.FormEntrance(origins, "/session/end"), loopback.Shared(origins, "/token")).ServeHTTP(response, request)
			wantAnswer(t, response.Result(), test.message)
		})
	}
}
