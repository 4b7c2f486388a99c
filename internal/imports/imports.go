// Package imports adds the customers and records of a file, line by line: what a line is about, which of its lines
// are about the same, what a dry run says, and where to go on when the time is over. The rules for customers and records
// themselves are those of the customer package, which it calls through [CustomerService] and [RecordService].
package imports

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"lethe/internal/customer"
)

// UnreadableError is a line that could not be read.
type UnreadableError struct {
	Problem string // never repeats what the line says
}

func (e *UnreadableError) Error() string { return e.Problem }

// ErrBlankLine is the Err of a line without any value. It is skipped, and counted.
var ErrBlankLine = errors.New("the line is blank")

// OnExisting says what an import does with a line about a customer or record that exists.
type OnExisting string

// What there is to do with what exists.
const (
	SkipExisting   OnExisting = "skip"   // leave it as it is, and tell of it; also for the empty OnExisting
	UpdateExisting OnExisting = "update" // change a customer to what the line says
	FailExisting   OnExisting = "fail"   // the line fails
)

// Options say how to import a file.
type Options struct {
	By         string
	DryRun     bool // write nothing, and tell the result that each line would have
	OnExisting OnExisting
	From       int // leave out the lines before this one: an import before has done them
}

// Result is what an import did, or would do.
type Result struct {
	Lines    int // looked at, but for blank ones
	Created  int
	Updated  int
	Existing int // there already, and left as they are
	Failed   int
	Blank    int         // skipped
	Errors   []LineError // of the first MaxLineErrors that failed
	Found    []Existing  // the first MaxLineErrors of those that exist or are updated

	// ResumeFrom is the line to go on from, 0 if there is none: the import stopped
	// for lack of time, or because of the error that came with it.
	ResumeFrom int
}

// LineError is why a line failed.
type LineError struct {
	Line int
	Err  error
}

// Existing is what a line is about, when it is there already.
type Existing struct {
	Line     int
	Customer string
	Record   customer.Key   // empty: it is the customer
	State    customer.State // of the customer
	Differs  []string       // fields that the line says otherwise; none: it says nothing new
	Updated  bool           // to what the line says
}

// ExistingError fails a line, as FailExisting asks.
type ExistingError struct{ Existing }

func (e *ExistingError) Error() string { return customer.ErrExists.Error() }

func (e *ExistingError) Unwrap() error { return customer.ErrExists }

// Limits of an import.
const (
	MaxLineErrors = 200

	windowLines = 200 // lines held at a time
	importers   = 8   // requests to the store at a time
)

// errNoTime is the outcome of a line that was not begun.
var errNoTime = errors.New("there was no time")

// outcome is the result of a line.
type outcome struct {
	err   error
	found *Existing
}

// fileLine is a line of a file.
type fileLine interface {
	number() int
	unreadable() error
}

// applyAll applies a file window by window. It notes every line in order, also those before
// the first to apply: later ones are judged by them.
func applyAll[L fileLine](ctx context.Context, lines iter.Seq[L], opts Options, note func(*L), apply func(context.Context, *pace, []L) []outcome) (Result, error) {
	ctx, cancel, pace := newPace(ctx)
	defer cancel()
	var out Result
	window := make([]L, 0, windowLines)
	flush := func() error {
		numbers := make([]int, len(window))
		for i, l := range window {
			numbers[i] = l.number()
		}
		err := out.count(numbers, apply(ctx, pace, window))
		window = window[:0]
		return err
	}
	for line := range lines {
		note(&line)
		if before := line.number() < opts.From; before && !isFault(line.unreadable()) {
			continue
		}
		if window = append(window, line); len(window) < windowLines {
			continue
		}
		if err := flush(); err != nil || out.ResumeFrom > 0 {
			return out, err
		}
	}
	return out, flush()
}

// notBegun are the outcomes of lines before anything is done with them.
func notBegun(n int) []outcome {
	outcomes := make([]outcome, n)
	for i := range outcomes {
		outcomes[i].err = errNoTime
	}
	return outcomes
}

// count adds up the outcomes of a window, and returns the first fault among them.
func (r *Result) count(numbers []int, outcomes []outcome) error {
	var fault error
	for n, o := range outcomes {
		switch {
		case errors.Is(o.err, errNoTime):
			r.resumeFrom(numbers[n])
		case isFault(o.err):
			r.resumeFrom(numbers[n])
			if fault == nil {
				fault = fmt.Errorf("line %d: %w", numbers[n], o.err)
			}
		case errors.Is(o.err, ErrBlankLine):
			r.Blank++
		default:
			r.Lines++
			r.tally(numbers[n], o)
		}
	}
	return fault
}

func (r *Result) resumeFrom(line int) {
	if r.ResumeFrom == 0 || line < r.ResumeFrom {
		r.ResumeFrom = line
	}
}

// tally counts a line that was looked at.
func (r *Result) tally(line int, o outcome) {
	switch {
	case o.err != nil:
		r.Failed++
		if len(r.Errors) < MaxLineErrors {
			r.Errors = append(r.Errors, LineError{line, o.err})
		}
	case o.found == nil:
		r.Created++
	case o.found.Updated:
		r.Updated++
	default:
		r.Existing++
	}
	if o.err == nil && o.found != nil && len(r.Found) < MaxLineErrors {
		r.Found = append(r.Found, *o.found)
	}
}

// isFault says whether an error is neither the line's own nor that there was no time.
func isFault(err error) bool {
	var (
		unreadable *UnreadableError
		invalid    *customer.InvalidError
		taken      *customer.EmailTakenError
		purged     *customer.PurgedError
	)
	for _, refusal := range []error{customer.ErrNotFound, customer.ErrExists, customer.ErrInTrash, customer.ErrPurgeStarted, customer.ErrNoParent, ErrBlankLine, errNoTime} {
		if errors.Is(err, refusal) {
			return false
		}
	}
	return err != nil && !errors.As(err, &unreadable) && !errors.As(err, &invalid) && !errors.As(err, &taken) && !errors.As(err, &purged)
}
