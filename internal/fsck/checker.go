package fsck

import (
	"context"
	"errors"
	"lethe/internal/clock"
	"time"
)

// Checker checks one pair of tables. DB, Table and Ledger must be given; the zero value of the other fields means what their
// comments say.
type Checker struct {
	clock.Clock // of what is due and what has expired

	DB            Reader
	Table, Ledger string

	Segments int           // of the scan, read at once; 0: 8
	Rate     int           // read units a second, about; 0: no limit
	Settle   time.Duration // between a suspicion and the look that settles it: longer than the change stream lags

	// Grace is between a due time and TTL. With AnyGrace tables may have been written
	// under others too: only what would expire before its time is in the wrong place.
	Grace    time.Duration
	AnyGrace bool
	Shards   int           // of each list; 0: any
	Slack    time.Duration // that something due may wait before it is reported; 0: for ever
	Personal []string      // values that neither ledger, audit log nor operations may hold
	Finished bool          // no purge is under way: a root is not there beside its certificate

	// Progress is called now and then, from several goroutines; nil: never.
	Progress func(Progress)
}

// Progress is what a check has read and found.
type Progress struct {
	Items    int64 `json:"items"` // read by the scan
	Findings int64 `json:"findings"`
}

// Report sums a check up.
type Report struct {
	Progress

	Repaired int64          `json:"repaired"`
	ByRule   map[Rule]int64 `json:"byRule"`
	// Unsettled counts customers and operations that changed each time they were looked at.
	Unsettled int64 `json:"unsettled"`
	Cost      Cost  `json:"cost"`
}

// Check checks both tables, and calls found with each finding when it is settled, one at a
// time. With a repairer it repairs first what can be repaired; nil only checks.
func (c Checker) Check(ctx context.Context, repairer Repairer, found func(Finding)) (Report, error) {
	r, err := c.begin(ctx, found)
	if err != nil {
		return Report{}, err
	}
	r.repairer, r.by = repairer, "fsck"
	err = r.advance(ctx, newPosition(r.Segments))
	return r.sum(), err
}

// ErrTooMany says that a part holds more findings than a caller wants at once.
var ErrTooMany = errors.New("fsck: more is wrong than can be told at once")

// Limits of a part.
const (
	partFindings = 250  // after which it ends where it can
	partProblems = 30   // of one customer
	maxPart      = 9000 // beyond lies ErrTooMany
)

// Part checks a part of the tables: from a position, empty at the beginning, for about so
// long. It returns the position for the next part, empty at the end, which holds no
// personal data; [ErrTooMany] if too much is wrong.
func (c Checker) Part(ctx context.Context, position string, length time.Duration) (findings []Finding, next string, err error) {
	r, err := c.begin(ctx, func(f Finding) { findings = append(findings, f) })
	if err != nil {
		return nil, "", err
	}
	p, err := positionOf(position, r.Segments)
	if err != nil {
		return nil, "", err
	}
	r.until, r.room = time.Now().Add(length), partProblems
	if err := r.advance(ctx, p); err != nil {
		return nil, "", err
	}
	if len(findings) > maxPart {
		return nil, "", ErrTooMany
	}
	next, err = p.text()
	return findings, next, err
}
