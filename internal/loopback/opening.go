package loopback

import (
	"net/http"
	"slices"
	"strings"
)

// Opening tells whether a request may come from a page of another origin.
type Opening func(*http.Request) bool

// Entrance opens paths to which a page on another port of this machine may lead the browser, as sign-in does. A path that ends
// with a slash opens all paths below. That page gets nothing of the answer. Which port it is, no header says; pages of other machines are recognised by Sec-Fetch-Site.
func Entrance(paths ...string) Opening {
	return func(r *http.Request) bool {
		return r.Method == http.MethodGet && leadsTo(paths, r.URL.Path) && isNavigation(r.Header) && len(r.Header.Values("Origin")) == 0
	}
}

// FormEntrance is Entrance for forms that such a page sends. It may hide its origin: the header is null then.
func FormEntrance(origins []string, paths ...string) Opening {
	origins = append([]string{"null"}, origins...)
	return func(r *http.Request) bool {
		return r.Method == http.MethodPost && slices.Contains(paths, r.URL.Path) && isNavigation(r.Header) && isOneOf(origins, r.Header.Values("Origin"))
	}
}

// Shared opens paths to the scripts of pages of these origins, with their preflights. The server must answer with the headers
// of CORS, or the scripts can't read its answers.
func Shared(origins []string, paths ...string) Opening {
	return func(r *http.Request) bool {
		return slices.Contains(paths, r.URL.Path) && isOneOf(origins, r.Header.Values("Origin"))
	}
}

func leadsTo(paths []string, path string) bool {
	below := func(prefix string) bool { return strings.HasSuffix(prefix, "/") && strings.HasPrefix(path, prefix) }
	return slices.Contains(paths, path) || slices.ContainsFunc(paths, below)
}

// isNavigation reports whether a page on this machine leads the whole tab, and not a frame, to the address.
func isNavigation(header http.Header) bool {
	is := func(name, want string) bool { return slices.Equal(header.Values(name), []string{want}) }
	return is("Sec-Fetch-Site", "same-site") && is("Sec-Fetch-Mode", "navigate") && is("Sec-Fetch-Dest", "document") &&
		len(header.Values("Access-Control-Request-Method")) == 0
}

func isOneOf(allowed, values []string) bool {
	return len(values) == 1 && slices.Contains(allowed, values[0])
}
