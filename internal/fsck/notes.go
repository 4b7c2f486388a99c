package fsck

import (
	"context"
	"errors"
	"time"

	"lethe/internal/repair"
)

const noteFor = 24 * time.Hour // lifetime of an idempotency key's note

// checkNote checks that the note of an idempotency key expires.
func (c *check) checkNote(ctx context.Context, r row) error {
	if r.TTL > 0 {
		return nil
	}
	f := Finding{Rule: NoteKept, Key: r.key().shown(), Problem: "the note of an idempotency key never expires", Repairable: true}
	if c.repairer != nil && c.wants(f) {
		err := c.repairItem(ctx, repair.SetTTL{Item: r.raw, At: c.Now().Add(noteFor)})
		if f.Repaired = err == nil; err != nil && !errors.Is(err, repair.ErrChanged) {
			return err
		}
	}
	c.addFinding(f)
	return nil
}
