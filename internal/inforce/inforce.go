// Package inforce keeps a copy of what is stored for all processes, such as settings, and knows when a change of it is in
// force in each of them.
package inforce

import (
	"context"
	"sync"
	"time"

	"lethe/internal/clock"
)

// Value is a copy of a stored value. Each process uses its own for at most an age, which must be the same in all of
// them. The zero value has no copy.
type Value[T any] struct {
	mu     sync.Mutex
	copied T
	readAt time.Time // when the copy was asked for; zero: there is no copy
}

// Get returns the copy if it is younger than age, or else what read returns. Each caller reads for itself: a shared read
// could outlive a caller with a shorter deadline.
func (v *Value[T]) Get(ctx context.Context, age time.Duration, read func(context.Context) (T, error)) (T, error) {
	asked := time.Now()
	if copied, fresh := v.youngerThan(age, asked); fresh {
		return copied, nil
	}
	value, err := read(ctx)
	if err != nil {
		var none T
		return none, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if asked.After(v.readAt) {
		v.copied, v.readAt = value, asked
	}
	return value, nil
}

func (v *Value[T]) youngerThan(age time.Duration, now time.Time) (copied T, is bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.copied, !v.readAt.IsZero() && now.Sub(v.readAt) < age
}

// Await drops the copy after a change, and waits until those of all other processes are too old to be used.
func (v *Value[T]) Await(ctx context.Context, age time.Duration) error {
	v.mu.Lock()
	v.readAt = time.Time{}
	v.mu.Unlock()
	return clock.Sleep(ctx, age)
}
