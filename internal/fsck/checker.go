package fsck

import (
	"context"
	"fmt"
	"time"

	"lethe/internal/clock"
)

// Checker checks one pair of tables. DB, Table and Ledger are required. The comments of the other
// fields say what their zero values mean.
type Checker struct {
	clock.Clock // for what is due and what has expired

	DB            Reader
	Table, Ledger string

	Segments int           // segments scanned in parallel; 0: 8
	Rate     int           // approximate limit of read units a second; 0: no limit
	Settle   time.Duration // wait between the scan and the examination; longer than the lag of the change stream

	// Grace is the time from the purge time to TTL. With AnyGrace the tables may have been
	// written with other graces: only a TTL that no grace leads to is an error.
	Grace    time.Duration
	AnyGrace bool
	Shards   int           // of each list; 0: any number is correct
	Slack    time.Duration // a customer that is due longer is reported; 0: none is
	Personal []string      // values that must not be in the ledger, the audit log or operations
	Finished bool          // no purge is running: a root must not exist beside its certificate
	Totals   bool          // the whole table is checked, and the change stream is followed: compare the totals with the tables

	// Progress is called from time to time, from several goroutines. Nil: not called.
	Progress func(Progress)
}

// Progress counts what a check has read and found so far.
type Progress struct {
	Items    int64 `json:"items"` // read by the scan
	Findings int64 `json:"findings"`
}

// Report is the summary of a check.
type Report struct {
	Progress

	Repaired int64          `json:"repaired"`
	ByRule   map[Rule]int64 `json:"byRule"`
	// Unsettled counts customers and operations that changed during each read.
	Unsettled int64 `json:"unsettled"`
	Cost      Cost  `json:"cost"`
}

// Check checks both tables. It calls found with each finding, one at a time. With a repairer it
// repairs what can be repaired before that; with nil it only checks.
func (c Checker) Check(ctx context.Context, repairer Repairer, found func(Finding)) (Report, error) {
	r, err := c.begin(ctx, found)
	if err != nil {
		return Report{}, err
	}
	r.repairer, r.by = repairer, "fsck"
	err = r.advance(ctx, newPosition(r.Segments))
	return r.sum(), err
}

// ErrTooMany reports that a part has more than maxPart findings.
var ErrTooMany = fmt.Errorf("fsck: more than %d findings in a part of the tables", maxPart)

// Limits of a part.
const (
	partFindings = 250  // a part ends at the next possible place after this many
	partProblems = 30   // of one customer
	maxPart      = 9000 // findings; more are ErrTooMany
)

// Part checks a part of the tables for about the given length of time. It starts at a position,
// empty for the first part, and returns the position of the next part, empty after the last. A
// position holds no personal data. It returns [ErrTooMany] for too many findings.
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
