package gateway

import (
	"encoding/base64"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// newEvent returns the event of a request for a function behind an HTTP API (payload format 2.0).
func newEvent(r *http.Request, id string, body []byte, route string, verified *events.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription, now time.Time) events.APIGatewayV2HTTPRequest {
	path := rawPath(r.URL.Path)
	source, _, _ := net.SplitHostPort(r.RemoteAddr)
	event := events.APIGatewayV2HTTPRequest{
		Version:               "2.0",
		RouteKey:              route,
		RawPath:               path,
		RawQueryString:        r.URL.RawQuery,
		Cookies:               cookies(r.Header),
		Headers:               headers(r),
		QueryStringParameters: query(r.URL.RawQuery),
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey:     route,
			AccountID:    "000000000000",
			Stage:        "$default",
			RequestID:    id,
			APIID:        "local",
			DomainName:   r.Host,
			DomainPrefix: "local",
			Time:         now.UTC().Format("02/Jan/2006:15:04:05 -0700"),
			TimeEpoch:    now.UnixMilli(),
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
				Method: r.Method, Path: path, Protocol: r.Proto, SourceIP: source, UserAgent: r.UserAgent(),
			},
		},
	}
	if verified != nil {
		event.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{JWT: verified}
	}
	event.Body, event.IsBase64Encoded = encode(r.Header.Get("Content-Type"), body)
	return event
}

// rawPath is not raw: an HTTP API decodes the path once, and then cuts it at the first question mark.
func rawPath(decoded string) string {
	path, _, _ := strings.Cut(decoded, "?")
	return path
}

// headers returns the headers with names in lower case, and the values of a repeated header joined by commas. Cookies are a
// field of their own.
func headers(r *http.Request) map[string]string {
	all := map[string]string{}
	for name, values := range r.Header {
		if name != "Cookie" {
			all[strings.ToLower(name)] = strings.Join(values, ",")
		}
	}
	_, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		port = "80"
	}
	source, _, _ := net.SplitHostPort(r.RemoteAddr)
	all["host"] = r.Host
	all["x-forwarded-for"], all["x-forwarded-port"], all["x-forwarded-proto"] = source, port, "http"
	return all
}

func cookies(header http.Header) []string {
	var all []string
	for _, line := range header["Cookie"] {
		for cookie := range strings.SplitSeq(line, ";") {
			if cookie = strings.TrimSpace(cookie); cookie != "" {
				all = append(all, cookie)
			}
		}
	}
	return all
}

// query decodes the parameters, and joins the values of a repeated parameter by commas.
func query(raw string) map[string]string {
	values, _ := url.ParseQuery(raw) // what is malformed is left out; the raw query string has it all
	if len(values) == 0 {
		return nil
	}
	all := make(map[string]string, len(values))
	for name, each := range values {
		all[name] = strings.Join(each, ",")
	}
	return all
}

// encode returns text unchanged and everything else in base64. A body without a content type is not text. Neither is one with
// a text type that is not UTF-8, which JSON cannot contain.
func encode(contentType string, body []byte) (text string, isBase64 bool) {
	if len(body) == 0 {
		return "", false
	}
	if isText(contentType) && utf8.Valid(body) {
		return string(body), false
	}
	return base64.StdEncoding.EncodeToString(body), true
}

func isText(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	switch media {
	case "application/json", "application/xml", "application/javascript":
		return true
	}
	return strings.HasPrefix(media, "text/") || strings.HasSuffix(media, "+json") || strings.HasSuffix(media, "+xml")
}
