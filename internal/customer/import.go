package customer

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"
)

// UnreadableError is a line that could not be read.
type UnreadableError struct {
	Problem string // never repeats what the line says
}

func (e *UnreadableError) Error() string { return e.Problem }

// Import tells what became of the lines of a file.
type Import struct {
	Lines    int // looked at
	Created  int
	Existing int // there already, and left as they are
	Failed   int
	Errors   []LineError // of the first MaxLineErrors that failed

	// ResumeFrom is the line to go on from, 0 if there is none: the import stopped
	// for lack of time, or because of the error that came with it.
	ResumeFrom int
}

// LineError is why a line failed.
type LineError struct {
	Line int
	Err  error
}

// Limits of an import.
const (
	MaxLineErrors = 200

	importWindow  = 200 // lines held at a time
	importers     = 8   // requests to the store at a time
	importReserve = 5 * time.Second
	maxKnown      = 100_000 // keys that a dry run remembers of a file
)

// importLines applies a file window by window. What apply returns tells of each line:
// nil, ErrExists, a refusal, or a fault, which ends the import.
func importLines[L any](ctx context.Context, lines iter.Seq[L], number func(L) int, apply func(context.Context, []L) []error) (Import, error) {
	var out Import
	window := make([]L, 0, importWindow)
	flush := func() error {
		if len(window) == 0 {
			return nil
		}
		if !timeLeft(ctx) {
			out.ResumeFrom = number(window[0])
			return nil
		}
		err := out.count(numbersOf(window, number), apply(ctx, window))
		window = window[:0]
		return err
	}
	for line := range lines {
		window = append(window, line)
		if len(window) < importWindow {
			continue
		}
		if err := flush(); err != nil || out.ResumeFrom > 0 {
			return out, err
		}
	}
	return out, flush()
}

func numbersOf[L any](window []L, number func(L) int) []int {
	numbers := make([]int, len(window))
	for i, l := range window {
		numbers[i] = number(l)
	}
	return numbers
}

func timeLeft(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() == nil && (!ok || time.Until(deadline) > importReserve)
}

// count adds up the outcomes of a window, and returns the first fault among them.
func (i *Import) count(numbers []int, outcomes []error) error {
	var fault error
	for n, err := range outcomes {
		switch {
		case err == nil:
			i.Created++
		case errors.Is(err, ErrExists):
			i.Existing++
		case refused(err):
			i.fail(numbers[n], err)
		default:
			if fault == nil {
				fault, i.ResumeFrom = fmt.Errorf("line %d: %w", numbers[n], err), numbers[n]
			}
			continue
		}
		i.Lines++
	}
	return fault
}

func (i *Import) fail(line int, err error) {
	i.Failed++
	if len(i.Errors) < MaxLineErrors {
		i.Errors = append(i.Errors, LineError{line, err})
	}
}

// refused says whether the fault is the line's own.
func refused(err error) bool {
	var (
		unreadable *UnreadableError
		invalid    *InvalidError
		taken      *EmailTakenError
		purged     *PurgedError
	)
	for _, refusal := range []error{ErrNotFound, ErrInTrash, ErrPurgeStarted, ErrNoParent} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return errors.As(err, &unreadable) || errors.As(err, &invalid) || errors.As(err, &taken) || errors.As(err, &purged)
}

// inParallel calls do for 0 to n-1, some at a time.
func inParallel(n int, do func(i int)) {
	slots := make(chan struct{}, importers)
	var wg sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			do(i)
			<-slots
		})
	}
	wg.Wait()
}

// repeats finds the lines of a window that say again what an earlier one says, and
// the line that does.
func repeats[L any](window []L, number func(L) int, what func(L) string) map[int]int {
	first, again := map[string]int{}, map[int]int{}
	for i, l := range window {
		said := what(l)
		if said == "" {
			continue
		}
		if line, ok := first[said]; ok {
			again[i] = line
		} else {
			first[said] = number(l)
		}
	}
	return again
}

func sameAs(field string, line int) error {
	return Invalid(field, fmt.Sprintf("line %d of the file has the same", line))
}
