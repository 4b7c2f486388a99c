package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"
)

// Log adds entries of what changes no customer. Its methods return when the entry is stored: an answer that depends on it waits
// for it, and is an error if it can't be.
type Log struct {
	Store

	mu   sync.Mutex
	seen map[signIn]bool
}

// NewLog returns a log that is kept in a store.
func NewLog(store Store) *Log { return &Log{Store: store} }

type signIn struct {
	by string
	at time.Time
}

// maxSeen is how many sign-ins a process remembers.
const maxSeen = 1000

// SignedIn logs that an administrator signed in at a time, which a token names. Each request may call it: a sign-in is logged
// once, and a process that remembers it asks nobody. A token without the time says nothing of a sign-in.
func (l *Log) SignedIn(ctx context.Context, by string, at time.Time) error {
	one := signIn{by, at.UTC()}
	if at.IsZero() || l.has(one) {
		return nil
	}
	e := New(ctx, one.at, by, SignedIn)
	sum := sha256.Sum256([]byte(by))
	e.ID = hex.EncodeToString(sum[:16]) // the same in every process
	if err := l.AddEntry(ctx, e); err != nil {
		return err
	}
	l.remember(one)
	return nil
}

func (l *Log) has(one signIn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.seen[one]
}

func (l *Log) remember(one signIn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.seen == nil || len(l.seen) == maxSeen {
		l.seen = map[signIn]bool{}
	}
	l.seen[one] = true
}

// Refused logs that an administrator asked for what they may not do: the id of the route, and the permission that is
// missing, or the word suspended.
func (l *Log) Refused(ctx context.Context, at time.Time, by, route, missing string) error {
	e := New(ctx, at, by, Refused)
	e.Subject, e.Fields = route, []string{missing}
	return l.AddEntry(ctx, e)
}
