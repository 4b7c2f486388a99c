package apigateway

import (
	"encoding/base64"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
)

func request(change func(*events.APIGatewayV2HTTPRequest)) events.APIGatewayV2HTTPRequest {
	e := events.APIGatewayV2HTTPRequest{RawPath: "/v1/customers", Body: "héllo"}
	e.RequestContext.HTTP.Method = http.MethodPost
	e.RequestContext.HTTP.SourceIP = "192.0.2.1"
	e.RequestContext.DomainName = "api.example.com"
	e.RequestContext.RequestID = "req-1"
	if change != nil {
		change(&e)
	}
	return e
}

func TestRequestFromEvent(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*events.APIGatewayV2HTTPRequest)
		want   string
		of     func(*http.Request) string
	}{
		{"the body", nil, "héllo", bodyOf},
		{"a binary body", func(e *events.APIGatewayV2HTTPRequest) {
			e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte{0xff, 0}), true
		}, "\xff\x00", bodyOf},
		{"the host", nil, "api.example.com", func(r *http.Request) string { return r.Host }},
		{"the request id", nil, "req-1", func(r *http.Request) string { return r.Header.Get("X-Request-Id") }},
		{"a header in lower case", func(e *events.APIGatewayV2HTTPRequest) {
			e.Headers = map[string]string{"if-match": `"3"`}
		}, `"3"`, func(r *http.Request) string { return r.Header.Get("If-Match") }},
		{"cookies", func(e *events.APIGatewayV2HTTPRequest) { e.Cookies = []string{"a=1", "b=2"} },
			"a=1; b=2", func(r *http.Request) string { return r.Header.Get("Cookie") }},
		{"an escaped path", func(e *events.APIGatewayV2HTTPRequest) { e.RawPath = "/v1/customers/a%2Fb" },
			"/v1/customers/a/b", func(r *http.Request) string { return r.URL.Path }},
		{"the escapes of a path", func(e *events.APIGatewayV2HTTPRequest) { e.RawPath = "/v1/customers/a%2Fb" },
			"/v1/customers/a%2Fb", func(r *http.Request) string { return r.URL.EscapedPath() }},
		{"an id of another platform, decoded by the gateway", func(e *events.APIGatewayV2HTTPRequest) { e.RawPath = "/v1/customers/auth0|a:b@c+d=" },
			"/v1/customers/auth0|a:b@c+d=", func(r *http.Request) string { return r.URL.Path }},
		{"the same, encoded twice", func(e *events.APIGatewayV2HTTPRequest) { e.RawPath = "/v1/customers/auth0%7Ca%3Ab%40c%2Bd%3D" },
			"/v1/customers/auth0|a:b@c+d=", func(r *http.Request) string { return r.URL.Path }},
		{"a path that is no escaped one", func(e *events.APIGatewayV2HTTPRequest) { e.RawPath = "/100%" },
			"/100%", func(r *http.Request) string { return r.URL.Path }},
		{"a repeated parameter", func(e *events.APIGatewayV2HTTPRequest) { e.RawQueryString = "map=a:b&map=c:d%20e" },
			"c:d e", func(r *http.Request) string { return r.URL.Query()["map"][1] }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := newRequest(t.Context(), request(tt.change))
			if err != nil {
				t.Fatal(err)
			}
			if got := tt.of(r); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func bodyOf(r *http.Request) string {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func TestResponseToEvent(t *testing.T) {
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		want    events.APIGatewayV2HTTPResponse
	}{
		{"nothing written", func(http.ResponseWriter, *http.Request) {},
			events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{}}},
		{"text", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusTeapot)
			w.WriteHeader(http.StatusOK)
			_, _ = io.WriteString(w, "short")
		}, events.APIGatewayV2HTTPResponse{StatusCode: 418, Headers: map[string]string{"Content-Type": "text/plain"}, Body: "short"}},
		{"bytes", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte{0xff}) },
			events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{}, Body: "/w==", IsBase64Encoded: true}},
		{"cookies and repeated headers", func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Set-Cookie"] = []string{"a=1", "b=2"}
			w.Header()["Link"] = []string{"<x>", "<y>"}
		}, events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{"Link": "<x>, <y>"}, Cookies: []string{"a=1", "b=2"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &responseWriter{header: http.Header{}}
			tt.handler(w, nil)
			if diff := cmp.Diff(tt.want, w.response()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestTheLastSecondsAreForTheAnswer checks that a request ends before its function does.
func TestTheLastSecondsAreForTheAnswer(t *testing.T) {
	for of, kept := range map[time.Duration]time.Duration{29 * time.Second: 2 * time.Second, 5 * time.Second: time.Second} {
		if got := answerReserve(of); got != kept {
			t.Errorf("limit %v: %v are kept for the answer, want %v", of, got, kept)
		}
	}
}
