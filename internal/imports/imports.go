// Package imports adds the customers and records of a file, line by line. It decides which customer or record a line is
// about, which lines are about the same one, what a dry run reports, and where the next request continues if there is no
// time for the whole file. The rules for customers and records are in package customer, which it calls through
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

// UnreadableError says that a line can't be read, and why.
type UnreadableError struct {
	Problem string // what is wrong and what to do; never repeats the content of the line
}

func (e *UnreadableError) Error() string { return e.Problem }

// Code returns the code of the refusal.
func (e *UnreadableError) Code() refusal.Code { return refusal.Malformed }

// ErrBlankLine is the error of a line without any value. An import skips and counts such lines.
var ErrBlankLine = errors.New("the line is blank")

// OnExisting says what an import does if the customer or record of a line exists.
type OnExisting string

// The values of OnExisting.
const (
	SkipExisting   OnExisting = "skip"   // leave the customer or record as it is; the default
	UpdateExisting OnExisting = "update" // change the customer to the values of the line
	FailExisting   OnExisting = "fail"   // fail the line
)

// Options of an import.
type Options struct {
	By         string // who imports
	DryRun     bool   // write nothing, and report what the import would do
	OnExisting OnExisting
	From       int // number of the first line to import; an earlier import has handled those before it
}

// Result says what an import did or, in a dry run, would do.
type Result struct {
	Lines    int // handled lines without blank ones
	Created  int
	Updated  int
	Existing int // customers or records that existed and were not changed
	Failed   int
	Blank    int         // blank lines
	Errors   []LineError // errors of the first MaxLineErrors lines that failed
	Found    []Existing  // the first MaxLineErrors customers or records that existed

	// ResumeFrom is the number of the line from which another import must continue, because there was no more time or
	// because of the error returned with the result. It is 0 if the import is complete.
	ResumeFrom int
}

// LineError is the error of a line that failed.
type LineError struct {
	Line int
	Err  error
}

// Existing is the customer or record of a line that existed before.
type Existing struct {
	Line     int
	Customer string
	Record   customer.Key   // empty: the line is about a customer
	State    customer.State // of the customer
	Differs  []string       // names of the fields for which the line has another value
	Updated  bool           // the customer was changed to the values of the line
}

// ExistingError is the error of a line with an existing customer or record, under FailExisting.
type ExistingError struct{ Existing }

func (e *ExistingError) Error() string { return customer.ErrExists.Error() }

func (e *ExistingError) Unwrap() error { return customer.ErrExists }

// Limits of an import.
const (
	MaxLineErrors = 200 // number of Result.Errors, and of Result.Found

	windowLines = 200 // lines in memory at the same time
	importers   = 8   // concurrent requests to the store
)

// errNoTime is the outcome of a line for which there was no time.
var errNoTime = errors.New("no time left")

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

// notBegun returns the outcomes of n lines that have not begun.
func notBegun(n int) []outcome {
	outcomes := make([]outcome, n)
	for i := range outcomes {
		outcomes[i].err = errNoTime
	}
	return outcomes
}

// count adds the outcomes of a window to the result, and returns the first fault among them.
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

// tally adds the outcome of a handled line to the result.
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

// isFault says whether an error is a fault of the store, and not the line's own error or lack of time.
func isFault(err error) bool {
	_, refused := refusal.CodeOf(err)
	return err != nil && !refused && !errors.Is(err, ErrBlankLine) && !errors.Is(err, errNoTime)
}
