package fsck

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
)

const noteFor = 24 * time.Hour // of an idempotency key

// visitNote looks whether the note of an idempotency key goes some day.
func (s *segment) visitNote(ctx context.Context, r row) error {
	if r.TTL > 0 {
		return nil
	}
	f := Finding{Rule: NoteKept, Key: r.key().shown(), Problem: "the note of an idempotency key stays for ever", Repairable: true}
	if s.repair && s.wants(f) {
		var err error
		if f.Repaired, err = s.limitNote(ctx, r); err != nil {
			return err
		}
	}
	s.tell(f)
	return nil
}

// limitNote lets a note go after a day, as others do.
func (r *run) limitNote(ctx context.Context, note row) (done bool, err error) {
	ttl := expression.Name("ttl")
	write, err := r.updating(note.key(), expression.Set(ttl, expression.Value(r.Now().Add(noteFor).Unix())),
		expression.Name("pk").AttributeExists().And(same(ttl, note.raw["ttl"])))
	if err != nil {
		return false, fmt.Errorf("fsck: repair: %w", err)
	}
	err = r.client.commit(ctx, write)
	if errors.Is(err, errChanged) {
		return false, nil
	}
	return err == nil, err
}
