package loopback_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"lethe/internal/loopback"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	usual := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
	hidden := &net.TCPAddr{IP: net.IPv4(127, 9, 8, 7), Port: 8080}
	web := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}
	tests := []struct {
		name    string
		address net.Addr
		method  string
		host    string
		header  http.Header
		message string // "" if it passes
	}{
		{"a program", usual, "POST", "127.0.0.1:8080", nil, ""},
		{"a program that says localhost", usual, "POST", "LocalHost:8080", nil, ""},
		{"a person types the address", usual, "GET", "127.0.0.1:8080", http.Header{"Sec-Fetch-Site": {"none"}}, ""},
		{"our own page", usual, "POST", "localhost:8080", http.Header{"Origin": {"http://localhost:8080"}, "Sec-Fetch-Site": {"same-origin"}}, ""},
		{"OPTIONS by a program", usual, "OPTIONS", "127.0.0.1:8080", nil, ""},
		{"a hidden address", hidden, "POST", "127.9.8.7:8080", nil, ""},
		{"port 80", web, "GET", "localhost", nil, ""},

		{"DNS rebinding", usual, "GET", "evil.example:8080", nil, "Host is not 127.0.0.1:8080 or localhost:8080"},
		{"DNS rebinding without a port", usual, "GET", "evil.example", nil, "Host"},
		{"another port", usual, "GET", "127.0.0.1:8081", nil, "Host"},
		{"no port", usual, "GET", "127.0.0.1", nil, "Host"},
		{"no host", usual, "GET", "", nil, "Host"},
		{"a name that begins like ours", usual, "GET", "localhost:8080.evil.example", nil, "Host"},
		{"the usual name of a hidden address", hidden, "GET", "localhost:8080", nil, "Host is not 127.9.8.7:8080"},
		{"an address that is no TCP", &net.UnixAddr{Name: "x", Net: "unix"}, "GET", "127.0.0.1:8080", nil, "Host"},

		{"another site", usual, "POST", "127.0.0.1:8080", http.Header{"Origin": {"http://evil.example"}}, "Origin"},
		{"a page without an origin", usual, "POST", "127.0.0.1:8080", http.Header{"Origin": {"null"}}, "Origin"},
		{"an empty origin", usual, "POST", "127.0.0.1:8080", http.Header{"Origin": {""}}, "Origin"},
		{"another program's page on this machine", usual, "POST", "127.0.0.1:8080", http.Header{"Origin": {"http://127.0.0.1:3000"}}, "Origin"},
		{"our page by its other name", usual, "POST", "127.0.0.1:8080", http.Header{"Origin": {"http://localhost:8080"}}, "Origin"},
		{"https", usual, "POST", "127.0.0.1:8080", http.Header{"Origin": {"https://127.0.0.1:8080"}}, "Origin"},
		{"two origins", usual, "POST", "127.0.0.1:8080", http.Header{"Origin": {"http://127.0.0.1:8080", "http://evil.example"}}, "Origin"},

		{"an image on another site", usual, "GET", "127.0.0.1:8080", http.Header{"Sec-Fetch-Site": {"cross-site"}}, "Sec-Fetch-Site"},
		{"another port of this machine", usual, "GET", "127.0.0.1:8080", http.Header{"Sec-Fetch-Site": {"same-site"}}, "Sec-Fetch-Site"},
		{"a preflight", usual, "OPTIONS", "127.0.0.1:8080", http.Header{"Access-Control-Request-Method": {"POST"}}, "preflight"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			request := httptest.NewRequest(test.method, "/v1/customers", nil)
			request.Host, request.Header = test.host, test.header
			response := httptest.NewRecorder()
			loopback.Guard(test.address, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusTeapot)
			})).ServeHTTP(response, request)
			wantAnswer(t, response.Result(), test.message)
		})
	}
}

func wantAnswer(t *testing.T, response *http.Response, message string) {
	t.Helper()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if message == "" {
		if response.StatusCode != http.StatusTeapot {
			t.Errorf("answered %s: %s; want it to pass", response.Status, text)
		}
		return
	}
	var refusal struct{ Message string }
	if err := json.Unmarshal(text, &refusal); err != nil || response.StatusCode != http.StatusForbidden || !strings.Contains(refusal.Message, message) {
		t.Errorf("answered %s: %s; want 403 and a message with %q", response.Status, text, message)
	}
	for name := range response.Header {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("the refusal has the header %s, by which pages may read it", name)
		}
	}
}

func TestHidden(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux takes all of 127 for itself")
	}
	seen := map[string]bool{}
	const times = 1000
	for range times {
		ip := net.ParseIP(loopback.Hidden())
		if !ip.IsLoopback() || ip.To4()[1] == 0 {
			t.Fatalf("%s is not hidden", ip)
		}
		seen[ip.String()] = true
	}
	if len(seen) < times-5 { // of 16 million; two of a thousand are alike once in 30 runs
		t.Errorf("of %d addresses %d differ", times, len(seen))
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(loopback.Hidden(), "0"))
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
}
