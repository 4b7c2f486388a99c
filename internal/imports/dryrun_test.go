package imports_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"lethe/internal/customer"
	"lethe/internal/imports"
)

// crowd adds customers in all states that the customer of a line may have.
func crowd(t *testing.T, s *customer.Service) {
	t.Helper()
	ctx, by := t.Context(), customer.Change{By: "t"}
	for i := range 12 {
		id := fmt.Sprintf("C%d", i)
		p := customer.Profile{LastName: "Adler", Email: fmt.Sprintf("e%d@example.com", i), Phone: fmt.Sprint(i)}
		must(t)(s.Create(ctx, id, p, by))
		if i%3 == 1 {
			must(t)(s.Delete(ctx, id, by))
		}
		if i%6 == 4 {
			c := must(t)(s.StartPurge(ctx, id, customer.Fence{}, by))
			if i == 10 {
				if err := s.Purge(ctx, customer.Job{Customer: id, Generation: c.Deletion.ID}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

func must(t *testing.T) func(customer.Customer, error) customer.Customer {
	t.Helper()
	return func(c customer.Customer, err error) customer.Customer {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}

// someLine returns a random line. It has only a few values to choose from, so that lines often are about the same
// customers, and about those of crowd.
func someLine(r *rand.Rand, number int) imports.CustomerLine {
	pick := func(values ...string) string { return values[r.IntN(len(values))] }
	l := imports.CustomerLine{Line: number, SaysName: r.IntN(2) == 0, SaysPush: r.IntN(2) == 0}
	l.ID = pick("", "", fmt.Sprintf("C%d", r.IntN(16)), fmt.Sprintf("C%d", r.IntN(16)), fmt.Sprintf("N%d", r.IntN(400)), "not an id")
	l.Profile = customer.Profile{
		LastName: pick("", "Adler", "Bär"), FirstName: pick("", "Zoë"), Phone: pick("", "", fmt.Sprint(r.IntN(12))), Push: r.IntN(2) == 0,
		Email: pick("", "", fmt.Sprintf("E%d@example.com ", r.IntN(16)), fmt.Sprintf("n%d@example.com", r.IntN(400)), "no address"),
	}
	if r.IntN(4) == 0 {
		l.Profile.Consents = map[string]bool{pick("news", "offers"): r.IntN(2) == 0}
	}
	switch r.IntN(20) {
	case 0:
		return imports.CustomerLine{Line: number, Err: &imports.UnreadableError{Problem: "is torn"}}
	case 1:
		return imports.CustomerLine{Line: number, Err: imports.ErrBlankLine}
	}
	return l
}

// rounds returns how many rounds a test makes, fewer with -short.
func rounds(all, few int) int {
	if testing.Short() {
		return few
	}
	return all
}

// TestDryRunOfCustomersSaysWhatTheRunDoes imports files of lines that affect each other, each file as a dry run and then
// for real.
func TestDryRunOfCustomersSaysWhatTheRunDoes(t *testing.T) {
	s := importService(t)
	crowd(t, s)
	for round := range rounds(30, 6) {
		r := rand.New(rand.NewPCG(uint64(round), 1))
		lines := make([]imports.CustomerLine, 1+r.IntN(450))
		if round%3 > 0 {
			lines = lines[:1+len(lines)/20]
		}
		for i := range lines {
			lines[i] = someLine(r, i+2)
		}
		mode := []imports.OnExisting{imports.SkipExisting, imports.UpdateExisting, imports.FailExisting}[r.IntN(3)]
		compare(t, fmt.Sprintf("file %d, %s", round, mode), func(dryRun bool) (imports.Result, error) {
			return imports.Customers(t.Context(), s, slices.Values(lines), imports.Options{By: "t", DryRun: dryRun, OnExisting: mode})
		})
	}
}

// compare makes two dry runs and then the run. All three must have the same result.
func compare(t *testing.T, name string, run func(dryRun bool) (imports.Result, error)) {
	t.Helper()
	var results [3]string
	for i := range results {
		got, err := run(i < 2)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		results[i] = strings.Join(append(found(got), outcome(got)), "; ")
	}
	if results[0] == results[1] && results[1] == results[2] {
		return
	}
	parts := func(i int) []string { return strings.Split(results[i], "; ") }
	for _, p := range parts(2) {
		if !slices.Contains(parts(0), p) || !slices.Contains(parts(1), p) {
			t.Errorf("%s: the run says %q", name, p)
		}
	}
	for _, p := range append(parts(0), parts(1)...) {
		if !slices.Contains(parts(2), p) {
			t.Errorf("%s: a dry run says %q", name, p)
		}
	}
}

// someRecord returns a random line of a file of records; see someLine.
func someRecord(r *rand.Rand, number int) imports.RecordLine {
	pick := func(values ...string) string { return values[r.IntN(len(values))] }
	key := pick("invoice~%d", "invoice~%d", "invoice~%d~line~%d", "invoice~%d~line~%d~line~1", "letter~%d", "nonsense")
	for strings.Contains(key, "%d") {
		key = strings.Replace(key, "%d", fmt.Sprint(r.IntN(9)), 1)
	}
	l := recordLine(number, pick("", "C0", "C1", "C3", "C4", "C9", "C10", "NOBODY", "not an id"), key)
	l.Record.Data = []byte(pick(`{"a":1}`, `{ "a": 1 }`, `{"a":2}`, `[]`, ``, `{"big":"`+strings.Repeat("x", 65<<10)+`"}`))
	if r.IntN(20) == 0 {
		l.Err = imports.ErrBlankLine
	}
	return l
}

func TestDryRunOfRecordsSaysWhatTheRunDoes(t *testing.T) {
	s := importService(t)
	crowd(t, s)
	for round := range rounds(24, 8) {
		r := rand.New(rand.NewPCG(uint64(round), 2))
		lines := make([]imports.RecordLine, 1+r.IntN(30))
		if round%8 == 0 {
			lines = make([]imports.RecordLine, 500)
		}
		for i := range lines {
			lines[i] = someRecord(r, i+2)
		}
		mode := []imports.OnExisting{imports.SkipExisting, imports.FailExisting}[r.IntN(2)]
		compare(t, fmt.Sprintf("file %d, %s", round, mode), func(dryRun bool) (imports.Result, error) {
			return imports.Records(t.Context(), s, slices.Values(lines), imports.Options{By: "t", DryRun: dryRun, OnExisting: mode})
		})
	}
}
