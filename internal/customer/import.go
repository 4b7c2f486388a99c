package customer

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"lethe/internal/refusal"
)

// UnreadableError is a line that could not be read.
type UnreadableError struct {
	Problem string // never repeats what the line says
}

func (e *UnreadableError) Error() string { return e.Problem }

// Code is that of the refusal.
func (e *UnreadableError) Code() refusal.Code { return refusal.Malformed }

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

// ImportOptions say how to import a file.
type ImportOptions struct {
	By         string
	DryRun     bool // write nothing, and tell the result that each line would have
	OnExisting OnExisting
	From       int // leave out the lines before this one: an import before has done them
}

// Import is the result of an import.
type Import struct {
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
	Record   Key      // empty: it is the customer
	State    State    // of the customer
	Differs  []string // fields that the line says otherwise; none: it says nothing new
	Updated  bool     // to what the line says
}

// ExistingError fails a line, as FailExisting asks.
type ExistingError struct{ Existing }

func (e *ExistingError) Error() string { return ErrExists.Error() }

func (e *ExistingError) Unwrap() error { return ErrExists }

// Limits of an import.
const (
	MaxLineErrors = 200

	importWindow = 200 // lines held at a time
	importers    = 8   // requests to the store at a time
)

// errNoTime is the outcome of a line that was not begun.
var errNoTime = errors.New("there was no time")

// outcome is the result of a line.
type outcome struct {
	err   error
	found *Existing
}

// importLine is a line of a file.
type importLine interface {
	number() int
	unreadable() error
}

// importLines applies a file window by window. It notes every line in order, also those before
// the first to apply: later ones are judged by them.
func importLines[L importLine](ctx context.Context, lines iter.Seq[L], opts ImportOptions, note func(*L), apply func(context.Context, *pace, []L) []outcome) (Import, error) {
	ctx, cancel, pace := newPace(ctx)
	defer cancel()
	var out Import
	window := make([]L, 0, importWindow)
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
		if window = append(window, line); len(window) < importWindow {
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
func (i *Import) count(numbers []int, outcomes []outcome) error {
	var fault error
	for n, o := range outcomes {
		switch {
		case errors.Is(o.err, errNoTime):
			i.resumeFrom(numbers[n])
		case isFault(o.err):
			i.resumeFrom(numbers[n])
			if fault == nil {
				fault = fmt.Errorf("line %d: %w", numbers[n], o.err)
			}
		case errors.Is(o.err, ErrBlankLine):
			i.Blank++
		default:
			i.Lines++
			i.tally(numbers[n], o)
		}
	}
	return fault
}

func (i *Import) resumeFrom(line int) {
	if i.ResumeFrom == 0 || line < i.ResumeFrom {
		i.ResumeFrom = line
	}
}

// tally counts a line that was looked at.
func (i *Import) tally(line int, o outcome) {
	switch {
	case o.err != nil:
		i.Failed++
		if len(i.Errors) < MaxLineErrors {
			i.Errors = append(i.Errors, LineError{line, o.err})
		}
	case o.found == nil:
		i.Created++
	case o.found.Updated:
		i.Updated++
	default:
		i.Existing++
	}
	if o.err == nil && o.found != nil && len(i.Found) < MaxLineErrors {
		i.Found = append(i.Found, *o.found)
	}
}

// isFault says whether an error is neither the line's own nor that there was no time.
func isFault(err error) bool {
	_, refused := refusal.CodeOf(err)
	return err != nil && !refused && !errors.Is(err, ErrBlankLine) && !errors.Is(err, errNoTime)
}
