package gateway_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"lethe/internal/local/gateway"
)

func taken(context.Context, []byte) ([]byte, error) { return []byte(`{"statusCode":204}`), nil }

// dial opens a connection to the server and sends a text.
func dial(t *testing.T, url, text string) *net.TCPConn {
	t.Helper()
	connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	if _, err := io.WriteString(connection, text); err != nil {
		t.Fatal(err)
	}
	return connection.(*net.TCPConn)
}

func TestBrokenBodiesAreTheRequestsFault(t *testing.T) {
	t.Parallel()
	url := serve(t, taken)
	const post, chunked = "POST / HTTP/1.1\r\nHost: localhost\r\n", "Transfer-Encoding: chunked\r\n\r\n"
	for _, tt := range []struct {
		name, request string
		status        int
	}{
		{"chunks", post + chunked + "2\r\nab\r\n0\r\n\r\n", 204},
		{"a length that is no number", post + chunked + "zz\r\nab\r\n0\r\n\r\n", 400},
		{"a length that is too long", post + chunked + "fffffffffffffffff\r\nab\r\n0\r\n\r\n", 400},
		{"a chunk longer than it says", post + chunked + "1\r\nab\r\n0\r\n\r\n", 400},
		{"chunks that break off", post + chunked + "5\r\nab", 400},
		{"chunks without an end", post + chunked + "2\r\nab\r\n", 400},
		{"less than the length", post + "Content-Length: 5\r\n\r\nab", 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			connection := dial(t, url, tt.request)
			if err := connection.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			response, err := http.ReadResponse(bufio.NewReader(connection), nil)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != tt.status {
				t.Errorf("%d, want %d", response.StatusCode, tt.status)
			}
		})
	}
}

// TestSlowBodiesEnd opens many connections that send their bodies byte by byte, for ever. The server answers and closes each
// when its time is over, and a quick request does not wait for them.
func TestSlowBodiesEnd(t *testing.T) {
	t.Parallel()
	const connections, limit = 100, 500 * time.Millisecond
	server := httptest.NewServer(gateway.New(gateway.Options{Invoke: taken, Timeout: time.Second, BodyTimeout: limit, Log: slog.New(slog.DiscardHandler)}))
	defer server.Close()
	began := time.Now()
	var slow sync.WaitGroup
	for range connections {
		connection := dial(t, server.URL, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n")
		slow.Go(func() {
			for time.Since(began) < 20*limit {
				if _, err := connection.Write([]byte("x")); err != nil {
					return // it is closed
				}
				time.Sleep(limit / 20)
			}
			t.Error("it is open still")
		})
		slow.Go(func() {
			answer := bufio.NewReader(connection)
			response, err := http.ReadResponse(answer, nil)
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, response.Body)
			if response.Body.Close(); response.StatusCode != http.StatusRequestTimeout && response.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("%d", response.StatusCode)
			}
		})
	}
	if response, body := send(t, http.MethodPost, server.URL, http.Header{}, []byte(`{}`)); response.StatusCode != 204 || time.Since(began) > limit {
		t.Errorf("a quick one: %d %s after %v", response.StatusCode, body, time.Since(began))
	}
	slow.Wait()
	if took := time.Since(began); took > 6*limit {
		t.Errorf("the last one ended after %v", took)
	}
}

// TestTheLogHasNoPath makes a request fail that has a name in its path and query.
func TestTheLogHasNoPath(t *testing.T) {
	t.Parallel()
	var event struct{ RequestContext struct{ RequestID string } }
	log := &bytes.Buffer{}
	server := httptest.NewServer(gateway.New(gateway.Options{
		Route: gateway.Default, Timeout: time.Second, Log: slog.New(slog.NewTextHandler(log, nil)),
		Invoke: func(_ context.Context, payload []byte) ([]byte, error) {
			return nil, errors.Join(errors.New("no answer"), json.Unmarshal(payload, &event))
		},
	}))
	defer server.Close()
	send(t, http.MethodDelete, server.URL+"/v1/customers/geheim?search=geheim", http.Header{}, nil)
	if text := log.String(); strings.Contains(text, "geheim") || !strings.Contains(text, fmt.Sprintf("requestId=%q", event.RequestContext.RequestID)) ||
		!strings.Contains(text, "route=$default") || !strings.Contains(text, "method=DELETE") {
		t.Errorf("the log: %s", text)
	}
}
