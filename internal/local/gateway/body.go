package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// maxBody is the largest request body that an HTTP API accepts, in bytes.
	maxBody = 10 << 20
	// bodyTimeout is the maximum time for a request's body, from the first byte to the last: enough for 4 MB on any connection.
	bodyTimeout = 20 * time.Second
	// maxHeld is the maximum of bytes of all bodies in memory. Small bodies don't count: the requests of a person at a screen
	// do not wait for uploads.
	maxHeld   = 8 * maxBody
	smallBody = 64 << 10
)

var (
	errSlow   = errors.New("the body did not arrive in time")
	errNoRoom = errors.New("too many request bodies at once")
)

// unreadableError is the error of a body that breaks off or has malformed chunks.
type unreadableError struct{ err error }

func (e *unreadableError) Error() string { return fmt.Sprintf("read the body: %v", e.err) }
func (e *unreadableError) Unwrap() error { return e.err }

// bodies reads the bodies of requests within limits of time and memory.
type bodies struct {
	timeout time.Duration
	room    *semaphore.Weighted
}

func newBodies(timeout time.Duration) *bodies {
	if timeout == 0 {
		timeout = bodyTimeout
	}
	return &bodies{timeout, semaphore.NewWeighted(maxHeld)}
}

// read returns the body of a request. The caller holds it until it calls release.
func (b *bodies) read(w http.ResponseWriter, r *http.Request) (body []byte, release func(), err error) {
	deadline := time.Now().Add(b.timeout)
	room, err := b.take(r, deadline)
	if err != nil {
		return nil, nil, err
	}
	if body, err = readUntil(deadline, w, r); err != nil {
		b.room.Release(room)
		return nil, nil, err
	}
	if room > 0 { // a body without a length may be much smaller than the room it took
		b.room.Release(room - int64(len(body)))
		room = int64(len(body))
	}
	return body, func() { b.room.Release(room) }, nil
}

// take waits until there is room for the body, and returns the number of bytes that it reserves.
func (b *bodies) take(r *http.Request, deadline time.Time) (int64, error) {
	size := r.ContentLength
	switch {
	case size > maxBody:
		return 0, &http.MaxBytesError{Limit: maxBody}
	case size < 0:
		size = maxBody
	case size <= smallBody:
		return 0, nil
	}
	ctx, cancel := context.WithDeadline(r.Context(), deadline)
	defer cancel()
	if b.room.Acquire(ctx, size) != nil {
		return 0, errNoRoom
	}
	return size, nil
}

// readUntil reads the whole body. After an error the deadline stays in force, so that the server does not wait for the rest.
func readUntil(deadline time.Time, w http.ResponseWriter, r *http.Request) ([]byte, error) {
	connection := http.NewResponseController(w)
	if err := connection.SetReadDeadline(deadline); err != nil {
		return nil, fmt.Errorf("bound the time of the body: %w", err)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, judged(err)
	}
	if err := connection.SetReadDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("unbound the time of the connection: %w", err)
	}
	return body, nil
}

func judged(err error) error {
	tooLarge := (*http.MaxBytesError)(nil)
	late := interface{ Timeout() bool }(nil)
	switch {
	case errors.As(err, &tooLarge):
		return err
	case errors.As(err, &late) && late.Timeout():
		return errSlow
	}
	return &unreadableError{err}
}
