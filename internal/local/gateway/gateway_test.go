package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lethe/internal/local/gateway"
	"lethe/internal/local/lambda"
)

// serve runs a gateway before the function and returns its address.
func serve(t *testing.T, invoke gateway.Invoke) string {
	t.Helper()
	server := httptest.NewServer(gateway.New(gateway.Options{
		Invoke:  invoke,
		Route:   gateway.Default,
		Timeout: 200 * time.Millisecond,
		Log:     slog.New(slog.DiscardHandler),
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// capture returns a function that stores its event, as JSON has it.
func capture(event *map[string]any) gateway.Invoke {
	return func(_ context.Context, payload []byte) ([]byte, error) {
		return []byte(`{"statusCode":204}`), json.Unmarshal(payload, event)
	}
}

func send(t *testing.T, method, url string, header http.Header, body []byte) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = header
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(text)
}

func TestEvent(t *testing.T) {
	t.Parallel()
	var event map[string]any
	url := serve(t, capture(&event))
	send(t, http.MethodPatch, url+"/v1/c%C3%A4/a%2Fb%3Fc?x=1&y=a%20b&x=2&flag", http.Header{
		"Content-Type": {"application/merge-patch+json"}, "Cookie": {"a=1; b=2"}, "X-Twice": {"1", "2"}, "User-Agent": {"test"}, "Accept-Encoding": {"identity"},
	}, []byte(`{"name":"ä"}`))

	host := strings.TrimPrefix(url, "http://")
	requestContext := event["requestContext"].(map[string]any)
	if id, _ := requestContext["requestId"].(string); len(id) != 16 {
		t.Errorf("request id is %q", id)
	}
	if at := time.UnixMilli(int64(requestContext["timeEpoch"].(float64))); time.Since(at).Abs() > time.Minute {
		t.Errorf("time is %s", at)
	}
	for _, varying := range []string{"requestId", "time", "timeEpoch"} {
		delete(requestContext, varying)
	}
	want := map[string]any{
		"version": "2.0", "routeKey": "$default", "rawPath": "/v1/cä/a/b", "rawQueryString": "x=1&y=a%20b&x=2&flag",
		"cookies": []any{"a=1", "b=2"},
		"headers": map[string]any{
			"accept-encoding": "identity", "content-length": "13", "content-type": "application/merge-patch+json", "host": host, "user-agent": "test",
			"x-forwarded-for": "127.0.0.1", "x-forwarded-port": host[strings.Index(host, ":")+1:], "x-forwarded-proto": "http", "x-twice": "1,2",
		},
		"queryStringParameters": map[string]any{"x": "1,2", "y": "a b", "flag": ""},
		"requestContext": map[string]any{
			"routeKey": "$default", "accountId": "000000000000", "stage": "$default", "apiId": "local", "domainName": host, "domainPrefix": "local",
			"http": map[string]any{"method": "PATCH", "path": "/v1/cä/a/b", "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "test"},
			"authentication": map[string]any{"clientCert": map[string]any{
				"clientCertPem": "", "issuerDN": "", "serialNumber": "", "subjectDN": "", "validity": map[string]any{"notAfter": "", "notBefore": ""}}},
		},
		"body": `{"name":"ä"}`, "isBase64Encoded": false,
	}
	if diff := cmp.Diff(want, event); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}

func TestIDsInPathsAreDecodedOnce(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/v1/customers/auth0%7C5f7c":          "/v1/customers/auth0|5f7c",
		"/v1/customers/eu-west-1%3A4f0e":      "/v1/customers/eu-west-1:4f0e",
		"/v1/customers/eu-west-1:4f0e":        "/v1/customers/eu-west-1:4f0e",
		"/v1/customers/ann+a%2Bb@example.com": "/v1/customers/ann+a+b@example.com",
		"/v1/customers/YWJj==":                "/v1/customers/YWJj==",
		"/v1/customers/-Mabc/records/a~1":     "/v1/customers/-Mabc/records/a~1",
	} {
		var event struct{ RawPath string }
		url := serve(t, func(_ context.Context, payload []byte) ([]byte, error) {
			return []byte(`{"statusCode":204}`), json.Unmarshal(payload, &event)
		})
		send(t, http.MethodGet, url+path, nil, nil)
		if event.RawPath != want {
			t.Errorf("%s comes as %s, want %s", path, event.RawPath, want)
		}
	}
}

func TestBodyEncoding(t *testing.T) {
	t.Parallel()
	tests := []struct {
		contentType, body, want string
		isBase64                bool
	}{
		{"application/json", `{}`, `{}`, false},
		{"application/problem+json; charset=utf-8", `{}`, `{}`, false},
		{"text/csv", "a,b", "a,b", false},
		{"application/json", "\xff", "/w==", true},
		{"application/x-ndjson", `{}`, "e30=", true},
		{"application/x-www-form-urlencoded", "a=b", "YT1i", true},
		{"", "a", "YQ==", true},
		{"application/octet-stream", "", "", false},
	}
	for _, test := range tests {
		t.Run(test.contentType+test.body, func(t *testing.T) {
			t.Parallel()
			var event struct {
				Body            string
				IsBase64Encoded bool
			}
			url := serve(t, func(_ context.Context, payload []byte) ([]byte, error) {
				return []byte(`{"statusCode":204}`), json.Unmarshal(payload, &event)
			})
			send(t, http.MethodPost, url, http.Header{"Content-Type": {test.contentType}}, []byte(test.body))
			if event.Body != test.want || event.IsBase64Encoded != test.isBase64 {
				t.Errorf("body %q, base64 %t; want %q, %t", event.Body, event.IsBase64Encoded, test.want, test.isBase64)
			}
		})
	}
}

func TestResponses(t *testing.T) {
	t.Parallel()
	const failed, unavailable = `{"message":"Internal Server Error"}`, `{"message":"Service Unavailable"}`
	tests := []struct {
		name, response string
		err            error
		status         int
		contentType    string
		body           string
	}{
		{"plain", `{"statusCode":201,"headers":{"content-type":"text/x"},"body":"b"}`, nil, 201, "text/x", "b"},
		{"binary", `{"statusCode":200,"body":"AP8=","isBase64Encoded":true}`, nil, 200, "text/plain;charset=UTF-8", "\x00\xff"},
		{"false base64", `{"statusCode":200,"body":"?","isBase64Encoded":true}`, nil, 500, "application/json", failed},
		{"no status", `{"statusCode":7}`, nil, 500, "application/json", failed},
		{"any JSON", `{"a":1}`, nil, 200, "application/json", `{"a":1}`},
		{"not JSON", `<html>`, nil, 500, "application/json", failed},
		{"function error", "", &lambda.FunctionError{}, 500, "application/json", failed},
		{"host error", "", errors.New("no"), 500, "application/json", failed},
		{"event too large", "", lambda.ErrRequestTooLarge, 413, "application/json", `{"message":"Request Entity Too Large"}`},
		{"closing", "", lambda.ErrClosed, 503, "application/json", unavailable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			url := serve(t, func(context.Context, []byte) ([]byte, error) { return []byte(test.response), test.err })
			response, body := send(t, http.MethodGet, url, http.Header{}, nil)
			if response.StatusCode != test.status || body != test.body || response.Header.Get("Content-Type") != test.contentType {
				t.Errorf("response %d %q %q, want %d %q %q", response.StatusCode, response.Header.Get("Content-Type"), body, test.status, test.contentType, test.body)
			}
		})
	}
}

func TestCookiesOfTheFunction(t *testing.T) {
	t.Parallel()
	url := serve(t, func(context.Context, []byte) ([]byte, error) {
		return []byte(`{"statusCode":200,"cookies":["a=1","b=2"]}`), nil
	})
	response, _ := send(t, http.MethodGet, url, http.Header{}, nil)
	if got := response.Header["Set-Cookie"]; !cmp.Equal(got, []string{"a=1", "b=2"}) {
		t.Errorf("cookies are %q", got)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	url := serve(t, func(ctx context.Context, _ []byte) ([]byte, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	if response, body := send(t, http.MethodGet, url, http.Header{}, nil); response.StatusCode != 503 {
		t.Errorf("a slow function's response is %d %s, want 503", response.StatusCode, body)
	}
	if response, body := send(t, http.MethodPost, url, http.Header{}, make([]byte, 10<<20+1)); response.StatusCode != 413 {
		t.Errorf("the response to 10 MB and a byte is %d %s, want 413", response.StatusCode, body)
	}
}
