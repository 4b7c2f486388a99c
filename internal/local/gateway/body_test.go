package gateway

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestOnlySoMuchIsHeldAtOnce takes all the room, as endless uploads would: another upload waits until its deadline,
// a small body does not wait, and there is room again after one upload has ended.
func TestOnlySoMuchIsHeldAtOnce(t *testing.T) {
	t.Parallel()
	b := newBodies(50 * time.Millisecond)
	take := func(size int64) (int64, error) {
		r := httptest.NewRequest(http.MethodPost, "/", http.NoBody)
		r.ContentLength = size
		return b.take(r, time.Now().Add(b.timeout))
	}
	for range maxHeld / maxBody {
		if room, err := take(-1); err != nil || room != maxBody {
			t.Fatalf("a body without a length takes %d bytes, %v", room, err)
		}
	}
	if _, err := take(smallBody + 1); !errors.Is(err, errNoRoom) {
		t.Errorf("one more: %v", err)
	}
	if room, err := take(smallBody); err != nil || room != 0 {
		t.Errorf("a small one takes %d bytes, %v", room, err)
	}
	b.room.Release(maxBody)
	if room, err := take(maxBody); err != nil || room != maxBody {
		t.Errorf("a large one takes %d bytes, %v", room, err)
	}
	if _, err := take(maxBody + 1); statusOf(err) != http.StatusRequestEntityTooLarge {
		t.Errorf("one that is too large: %v", err)
	}
}

// TestWhatWasHeldIsGivenBack sends bodies of each kind. All the room is free afterwards.
func TestWhatWasHeldIsGivenBack(t *testing.T) {
	t.Parallel()
	g := New(Options{Timeout: time.Second, Invoke: func(context.Context, []byte) ([]byte, error) { return []byte(`{"statusCode":204}`), nil }}).(*gateway)
	server := httptest.NewServer(g)
	defer server.Close()
	for _, size := range []int{0, 1, smallBody, smallBody + 1, maxBody} {
		for _, chunked := range []bool{false, true} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(strings.Repeat("x", size)))
			if err != nil {
				t.Fatal(err)
			}
			if chunked {
				request.ContentLength = -1
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != http.StatusNoContent {
				t.Errorf("%d bytes, chunked %v: %d", size, chunked, response.StatusCode)
			}
		}
	}
	if ctx, cancel := context.WithTimeout(t.Context(), time.Second); g.bodies.room.Acquire(ctx, maxHeld) != nil {
		cancel()
		t.Error("not all was given back")
	} else {
		cancel()
	}
}
