// Package imports adds the customers and records of a file, line by line. It decides which customer or record a line is
// about, which lines of a file are about the same one, what a dry run reports, and where the next request continues when
// there is no time for the whole file. The rules for customers and records are those of package customer, which it calls through
// [CustomerService] and [RecordService].
package imports

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"lethe/internal/customer"
	"lethe/internal/refusal"
)

// UnreadableError fails a line that can't be read.
type UnreadableError struct {
	Problem string // never repeats what the line says
}

func (e *UnreadableError) Error() string { return e.Problem }

// Code is that of the refusal.
func (e *UnreadableError) Code() refusal.Code { return refusal.Malformed }

// ErrBlankLine is the Err of a line without any value. The line is skipped, and counted.
var ErrBlankLine = errors.New("the line is blank")

// OnExisting says what happens to a line whose customer or record exists.
type OnExisting string

// The values of OnExisting.
const (
	SkipExisting   OnExisting = "skip"   // leave the customer or record as it is; the default
	UpdateExisting OnExisting = "update" // change the customer to what the line says
	FailExisting   OnExisting = "fail"   // the line fails
)

// Options of an import.
type Options struct {
	By         string // who imports
	DryRun     bool   // write nothing, and report the result that each line would have
	OnExisting OnExisting
	From       int // skip the lines before this one, which an earlier import has done
}

// Result is what an import did, or would do.
type Result struct {
	Lines    int // handled, without blank ones
	Created  int
	Updated  int
	Existing int // existed, and were left as they are
	Failed   int
	Blank    int         // skipped
	Errors   []LineError // of the first MaxLineErrors lines that failed
	Found    []Existing  // the first MaxLineErrors customers or records that existed

	// ResumeFrom is the line from which another import must continue, because there was no more time or because of
	// the error that came with the result. It is 0 if the import is complete.
	ResumeFrom int
}

// LineError is why a line failed.
type LineError struct {
	Line int
	Err  error
}

// Existing is a customer or record that a line is about, and that exists.
type Existing struct {
	Line     int
	Customer string
	Record   customer.Key   // empty: it is a customer
	State    customer.State // of the customer
	Differs  []string       // fields for which the line has another value
	Updated  bool           // it was changed to what the line says
}

// ExistingError fails a line, as FailExisting asks.
type ExistingError struct{ Existing }

func (e *ExistingError) Error() string { return customer.ErrExists.Error() }

func (e *ExistingError) Unwrap() error { return customer.ErrExists }

// Limits of an import.
const (
	MaxLineErrors = 200 // of the lines that failed, and of those whose customer or record exists

	windowLines = 200 // lines held at a time
	importers   = 8   // requests to the store at a time
)

// errNoTime is the outcome of a line that was not begun for lack of time.
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

// applyAll applies a file window by window. It notes every line in order, also those that Options.From skips, because
// later lines are compared with them.
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

// notBegun returns the outcomes of n lines of which none has begun.
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

// tally counts a line that was handled.
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

// isFault says whether an error is a fault of the store: it is neither the line's own nor for lack of time.
func isFault(err error) bool {
	_, refused := refusal.CodeOf(err)
	return err != nil && !refused && !errors.Is(err, ErrBlankLine) && !errors.Is(err, errNoTime)
}
