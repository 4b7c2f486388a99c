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
	return c.repairOne(ctx, f, repair.SetTTL{Item: r.raw, At: c.Now().Add(noteFor)})
}

// repairOne repairs a finding about a single item if that is wanted, and reports it.
func (c *check) repairOne(ctx context.Context, f Finding, r repair.OfItem) error {
	if c.repairer != nil && c.wants(f) {
		err := c.repairItem(ctx, r)
		if f.Repaired = err == nil; err != nil && !errors.Is(err, repair.ErrChanged) {
			return err
		}
	}
	c.addFinding(f)
	return nil
}
