package dynamo

import (
	"time"

	"lethe/internal/backoff"
)

// Contention says how a process treats a table that is busy: package scale simulates it.
type Contention struct {
	// The pace of bulk writes, in items a second; see type pace.
	FirstPace, LeastPace, MostPace, PaceStep float64
	PaceRest                                 time.Duration
	Burst                                    int // items that may be written at once
	InFlight                                 int // batches

	AfterConflict, AfterThrottled, AfterAppended backoff.Exponential
	MaxConflicts                                 int // attempts at a transaction
}

// ContentionOf returns what every process does.
func ContentionOf() Contention {
	return Contention{
		FirstPace: startPace, LeastPace: minPace, MostPace: maxPace, PaceStep: paceStep, PaceRest: paceRest,
		Burst: maxBatchWrite * writers, InFlight: maxInFlight,
		AfterConflict: afterConflict, AfterThrottled: afterThrottled, AfterAppended: afterAppended, MaxConflicts: maxConflicts,
	}
}
