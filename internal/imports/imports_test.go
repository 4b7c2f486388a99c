package imports_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"lethe/internal/customer"
	"lethe/internal/dynamo/dynamotest"
	"lethe/internal/imports"
)

type noQueue struct{}

func (noQueue) Enqueue(context.Context, ...customer.Job) error      { return nil }
func (noQueue) EnqueueApart(context.Context, ...customer.Job) error { return nil }
func (noQueue) Backlog(context.Context) (int, error)                { return 0, nil }

func importService(t *testing.T) *customer.Service {
	t.Helper()
	s, _ := importServiceOver(t, func(whole customer.Store) customer.Store { return whole })
	return s
}

// importServiceOver returns a service over a whole store, and one over another store in front of it.
func importServiceOver(t *testing.T, other func(whole customer.Store) customer.Store) (whole, over *customer.Service) {
	t.Helper()
	tables := dynamotest.New(t)
	store, ledger := tables.Open(tables.Config)
	service := func(store customer.Store) *customer.Service {
		s := customer.New(store, ledger, noQueue{}, slog.New(slog.DiscardHandler))
		s.Defaults = customer.Settings{
			Retention: customer.PeriodOf(time.Hour),
			Kinds:     []customer.Kind{{Name: "invoice", Policy: customer.Cascade}, {Name: "line", Policy: customer.Cascade}},
		}
		return s
	}
	return service(store), service(other(store))
}

func person(line int, id, email string) imports.CustomerLine {
	return imports.CustomerLine{Line: line, ID: id, Profile: customer.Profile{LastName: "Muster" + id, Email: email}}
}

// outcome returns the counts and the errors of an import as a text.
func outcome(i imports.Result) string {
	parts := []string{fmt.Sprintf("%d lines, %d created, %d existing, %d failed", i.Lines, i.Created, i.Existing, i.Failed)}
	if i.Updated+i.Blank > 0 {
		parts[0] += fmt.Sprintf(", %d updated, %d blank", i.Updated, i.Blank)
	}
	for _, e := range i.Errors {
		parts = append(parts, fmt.Sprintf("%d: %v", e.Line, e.Err))
	}
	if i.ResumeFrom > 0 {
		parts = append(parts, fmt.Sprintf("resume from %d", i.ResumeFrom))
	}
	return strings.Join(parts, "; ")
}

// found returns the customers and records that existed as texts.
func found(i imports.Result) []string {
	texts := make([]string, len(i.Found))
	for n, f := range i.Found {
		texts[n] = strings.Join(strings.Fields(fmt.Sprintf("%d: %s %s %s %v", f.Line, f.Customer, f.Record, f.State, f.Differs)), " ")
		if f.Updated {
			texts[n] += " updated"
		}
	}
	return texts
}

func imported(t *testing.T, want string) func(imports.Result, error) {
	t.Helper()
	return func(got imports.Result, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if outcome(got) != want {
			t.Errorf("got  %s\nwant %s", outcome(got), want)
		}
	}
}

func TestImportCustomers(t *testing.T) {
	s, ctx := importService(t), t.Context()
	there, err := s.Create(ctx, "THERE", customer.Profile{LastName: "There", Email: "there@example.com"}, customer.Change{By: "t"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Delete(ctx, there.ID, customer.Change{By: "t"}); err != nil {
		t.Fatal(err)
	}
	file := []imports.CustomerLine{
		person(2, "A", "a@example.com"),
		person(3, "B", "A@example.com "),
		person(4, "A", "other@example.com"),
		person(5, "C", "there@example.com"),
		person(6, "THERE", "new@example.com"),
		person(7, "", "d@example.com"),
		person(8, "not an id", ""),
		{Line: 9, Err: &imports.UnreadableError{Problem: "is torn"}},
		{Line: 10, ID: "E"},
	}
	const (
		idRule  = "id: " + customer.IDRule
		nameRul = "organisation: give an organisation, a name, an e-mail address or a phone number"
		rest    = "4: id: line 2 of the file has the same value; 5: the e-mail address belongs to customer THERE (deleted); 8: " + idRule + "; 9: is torn; 10: " + nameRul
	)
	lines := slices.Values(file)
	imported(t, "9 lines, 2 created, 1 existing, 6 failed; 3: email: line 2 of the file has the same value; "+rest)(imports.Customers(ctx, s, lines, imports.Options{By: "t", DryRun: true}))
	if _, err := s.Get(ctx, "A"); !errors.Is(err, customer.ErrNotFound) {
		t.Errorf("the dry run wrote: %v", err)
	}
	imported(t, "9 lines, 2 created, 1 existing, 6 failed; 3: email: line 2 of the file has the same value; "+rest)(imports.Customers(ctx, s, lines, imports.Options{By: "t"}))
	imported(t, "9 lines, 0 created, 3 existing, 6 failed; 3: email: line 2 of the file has the same value; "+rest)(imports.Customers(ctx, s, lines, imports.Options{By: "t"}))
	if c, err := s.Get(ctx, "A"); err != nil || c.Profile.Email != "a@example.com" || c.Version != 1 {
		t.Errorf("the first line did not win: %+v, %v", c, err)
	}
}

// TestImportGivesTheAddressToTheEarlierLine repeats an import many times: without a rule its outcome would be random.
func TestImportGivesTheAddressToTheEarlierLine(t *testing.T) {
	s, ctx := importService(t), t.Context()
	for round := range 5 {
		var lines []imports.CustomerLine
		for i := range 40 {
			lines = append(lines, person(i+2, fmt.Sprintf("R%d-%d", round, i), fmt.Sprintf("r%d-%d@example.com", round, i/2)))
		}
		got, err := imports.Customers(ctx, s, slices.Values(lines), imports.Options{By: "t"})
		if err != nil || got.Created != 20 || got.Failed != 20 {
			t.Fatalf("%s, %v", outcome(got), err)
		}
		for _, e := range got.Errors {
			if e.Line%2 == 0 {
				t.Errorf("round %d: line %d lost to a later one: %v", round, e.Line, e.Err)
			}
		}
	}
}

func recordLine(line int, id, key string) imports.RecordLine {
	k, err := customer.ParseKey(key)
	return imports.RecordLine{Line: line, Customer: id, Record: customer.Record{Key: k, Data: []byte(`{}`)}, Err: err}
}

func TestImportRecords(t *testing.T) {
	s, ctx := importService(t), t.Context()
	for _, id := range []string{"A", "B", "TRASH"} {
		if _, err := s.Create(ctx, id, customer.Profile{LastName: id}, customer.Change{By: "t"}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Delete(ctx, "TRASH", customer.Change{By: "t"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddRecords(ctx, "A", []customer.Record{{Key: customer.Key{{Kind: "invoice", ID: "1"}}}}, customer.Change{By: "t"}); err != nil {
		t.Fatal(err)
	}
	file := slices.Values([]imports.RecordLine{
		recordLine(2, "A", "invoice~1"),
		recordLine(3, "A", "invoice~2~line~1"), // its parent is in the next line
		recordLine(4, "A", "invoice~2"),
		recordLine(5, "B", "invoice~1"),
		recordLine(6, "A", "invoice~1~line~7"),
		recordLine(7, "B", "invoice~9~line~1"),
		recordLine(8, "NOBODY", "invoice~1"),
		recordLine(9, "TRASH", "invoice~1"),
		recordLine(10, "B", "letter~1"),
		recordLine(11, "B", "invoice~1"),
		recordLine(12, "", "invoice~1"),
		recordLine(13, "B", "invoice"),
	})
	const failed = "7: the parent record does not exist; 8: there is no customer with this id; 9: the customer is in the trash; " +
		"10: kind: is not declared in the settings; add it there with its on-delete policy first; 11: key: line 5 of the file has the same value; " +
		"12: customer: is missing; give the id of the record's customer; 13: key: must be kind~id, or kind~id~kind~id for a record below another, at most 8 levels deep"
	imported(t, "12 lines, 4 created, 1 existing, 7 failed; "+failed)(imports.Records(ctx, s, file, imports.Options{By: "t", DryRun: true}))
	imported(t, "12 lines, 4 created, 1 existing, 7 failed; "+failed)(imports.Records(ctx, s, file, imports.Options{By: "t"}))
	imported(t, "12 lines, 0 created, 5 existing, 7 failed; "+failed)(imports.Records(ctx, s, file, imports.Options{By: "t"}))
	if a, err := s.Get(ctx, "A"); err != nil || a.Counts["invoice"] != 2 || a.Counts["line"] != 2 {
		t.Errorf("counts %v, %v", a.Counts, err)
	}
}

// TestImportParentsAcrossWindows imports a parent with children in later windows. In a dry run, no window finds the parent
// in the store.
func TestImportParentsAcrossWindows(t *testing.T) {
	s, ctx := importService(t), t.Context()
	if _, err := s.Create(ctx, "A", customer.Profile{LastName: "A"}, customer.Change{By: "t"}); err != nil {
		t.Fatal(err)
	}
	lines := []imports.RecordLine{recordLine(2, "A", "invoice~1")}
	for i := range 450 {
		lines = append(lines, recordLine(i+3, "A", fmt.Sprintf("invoice~1~line~%d", i)))
	}
	for _, dryRun := range []bool{true, false} {
		imported(t, "451 lines, 451 created, 0 existing, 0 failed")(imports.Records(ctx, s, slices.Values(lines), imports.Options{By: "t", DryRun: dryRun}))
	}
}

// pages iterates over the lines of a file, and counts how many are read.
func pages(n int, pulled *int) func(func(imports.CustomerLine) bool) {
	return func(yield func(imports.CustomerLine) bool) {
		for i := range n {
			*pulled++
			if !yield(imports.CustomerLine{Line: i + 2, Err: &imports.UnreadableError{Problem: "is torn"}}) {
				return
			}
		}
	}
}

func TestImportStopsBeforeTheDeadline(t *testing.T) {
	s := &customer.Service{}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	pulled := 0
	got, err := imports.Customers(ctx, s, pages(10_000, &pulled), imports.Options{By: "t"})
	if err != nil || outcome(got) != "0 lines, 0 created, 0 existing, 0 failed; resume from 2" {
		t.Errorf("%s, %v", outcome(got), err)
	}
	if pulled > 500 {
		t.Errorf("%d lines were read", pulled)
	}
}

func TestImportKeepsTheFirstErrors(t *testing.T) {
	s, pulled := &customer.Service{}, 0
	got, err := imports.Customers(t.Context(), s, pages(1000, &pulled), imports.Options{By: "t"})
	if err != nil || got.Failed != 1000 || len(got.Errors) != imports.MaxLineErrors || got.Errors[199].Line != 201 {
		t.Errorf("%d failed, %d kept, %v", got.Failed, len(got.Errors), err)
	}
}

// brokenStore can't create one customer.
type brokenStore struct {
	customer.Store
	id string
}

var errBroken = errors.New("the store is broken")

func (b brokenStore) Create(ctx context.Context, c customer.Customer) error {
	if c.ID == b.id {
		return errBroken
	}
	return b.Store.Create(ctx, c)
}

func TestImportResumesAfterAFault(t *testing.T) {
	ctx := t.Context()
	whole, broken := importServiceOver(t, func(s customer.Store) customer.Store { return brokenStore{s, "F250"} })
	var lines []imports.CustomerLine
	for i := range 300 {
		lines = append(lines, person(i+2, fmt.Sprintf("F%d", i), ""))
	}
	got, err := imports.Customers(ctx, broken, slices.Values(lines), imports.Options{By: "t"})
	if !errors.Is(err, errBroken) || got.ResumeFrom != 252 || got.Created != 299 {
		t.Fatalf("%s, %v", outcome(got), err)
	}
	imported(t, "50 lines, 1 created, 49 existing, 0 failed")(imports.Customers(ctx, whole, slices.Values(lines[250:]), imports.Options{By: "t"}))
}

// fleetingStore does not find any record, although adding one again fails.
type fleetingStore struct{ customer.Store }

func (fleetingStore) Record(context.Context, string, customer.Key) (customer.Record, error) {
	return customer.Record{}, customer.ErrNoRecord
}

// TestImportResumesWhenARecordIsRemovedInBetween adds a record that exists and is gone when it is compared: another
// attempt may add it.
func TestImportResumesWhenARecordIsRemovedInBetween(t *testing.T) {
	ctx := t.Context()
	s, fleeting := importServiceOver(t, func(s customer.Store) customer.Store { return fleetingStore{s} })
	if _, err := s.Create(ctx, "A", customer.Profile{LastName: "A"}, customer.Change{By: "t"}); err != nil {
		t.Fatal(err)
	}
	file := slices.Values([]imports.RecordLine{recordLine(2, "A", "invoice~1")})
	imported(t, "1 lines, 1 created, 0 existing, 0 failed")(imports.Records(ctx, s, file, imports.Options{By: "t"}))
	got, err := imports.Records(ctx, fleeting, file, imports.Options{By: "t"})
	if !errors.Is(err, customer.ErrBusy) || got.ResumeFrom != 2 || got.Failed != 0 {
		t.Errorf("%s, %v", outcome(got), err)
	}
}

// slowStore creates customers slowly, each more slowly than the one before.
type slowStore struct {
	customer.Store
	created *atomic.Int64
	takes   func(n int64) time.Duration
}

func (s slowStore) Create(ctx context.Context, c customer.Customer) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(s.takes(s.created.Add(1))):
	}
	return s.Store.Create(ctx, c)
}

// TestImportKeepsTimeForItsAnswer imports a file with as many requests as needed, into a store that gets slower and hangs
// once. Every request must end in time, and every line must be imported exactly once.
func TestImportKeepsTimeForItsAnswer(t *testing.T) {
	t.Parallel()
	n, takes := 150, func(n int64) time.Duration {
		if n == 70 {
			return time.Hour
		}
		return time.Duration(n) * 4 * time.Millisecond
	}
	_, s := importServiceOver(t, func(s customer.Store) customer.Store { return slowStore{s, &atomic.Int64{}, takes} })
	var lines []imports.CustomerLine
	for i := range n {
		lines = append(lines, person(i+2, fmt.Sprintf("S%d", i), fmt.Sprintf("s%d@example.com", i)))
	}
	created, from, requests := 0, 0, 0
	for ; ; requests++ {
		ctx, cancel := context.WithTimeout(t.Context(), 5500*time.Millisecond)
		got, err := imports.Customers(ctx, s, slices.Values(lines), imports.Options{By: "t", From: from})
		inTime := ctx.Err() == nil
		cancel()
		if !inTime || err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("request %d: in time: %v, %s, %v", requests, inTime, outcome(got), err)
		}
		created += got.Created
		if got.Failed > 0 {
			t.Fatalf("request %d: %s", requests, outcome(got))
		}
		if from = got.ResumeFrom; from == 0 {
			break
		}
	}
	if created != n || requests == 0 {
		t.Errorf("%d of %d created, in %d requests", created, n, requests)
	}
}

func TestImportOfCustomersWithoutANameOrAnID(t *testing.T) {
	s, ctx := importService(t), t.Context()
	row := func(line int, p customer.Profile, text string) imports.CustomerLine {
		return imports.CustomerLine{Line: line, Profile: p, Text: text}
	}
	maria := customer.Profile{FirstName: "Maria", LastName: "Schmidt"}
	file := slices.Values([]imports.CustomerLine{
		row(2, customer.Profile{Email: "only@example.com"}, ""),
		row(3, customer.Profile{Phone: "030 1"}, ""),
		row(4, maria, "Maria,Schmidt,Berlin"),
		row(5, maria, "Maria,Schmidt,Hamburg"),
		row(6, maria, "Maria,Schmidt,Hamburg"),
		row(7, customer.Profile{Consents: map[string]bool{"news": true}}, ""),
	})
	const nobody = "1 failed; 7: organisation: give an organisation, a name, an e-mail address or a phone number"
	for _, dryRun := range []bool{true, false} {
		imported(t, "6 lines, 5 created, 0 existing, "+nobody)(imports.Customers(ctx, s, file, imports.Options{By: "t", DryRun: dryRun}))
	}
	for _, from := range []int{0, 6} {
		got, err := imports.Customers(ctx, s, file, imports.Options{By: "t", From: from})
		if err != nil || got.Created != 0 || got.Existing != min(5, 6-max(1, from-1)) {
			t.Errorf("from line %d again: %s, %v", from, outcome(got), err)
		}
	}
}

func TestImportOfWhatExists(t *testing.T) {
	s, ctx := importService(t), t.Context()
	crowd(t, s)
	file := []imports.CustomerLine{
		{Line: 2, ID: "C0", Profile: customer.Profile{LastName: "Adler", Email: "e0@example.com"}},
		{Line: 3, ID: "C2", SaysName: true, Profile: customer.Profile{FirstName: "Zoë", LastName: "Bär"}},
		{Line: 4, Profile: customer.Profile{Email: "e3@example.com", Phone: "new"}},
		{Line: 5, ID: "C1", Profile: customer.Profile{LastName: "Bär"}},
		{Line: 6, ID: "C10", Profile: customer.Profile{LastName: "Adler"}},
		{Line: 7, ID: "C4", Profile: customer.Profile{LastName: "Adler"}},
		{Line: 8, ID: "NEW", Profile: customer.Profile{Email: "e5@example.com"}},
		{Line: 9, Profile: customer.Profile{Email: "e4@example.com"}},
		{Line: 10, ID: "C5", SaysPush: true, Profile: customer.Profile{Email: "e5@other.example", Push: true, Consents: map[string]bool{"news": true}}},
	}
	const (
		purging = "7: the purge of the customer has started and cannot be stopped"
		gone    = "6: customer C10 was purged; " + purging
	)
	for _, tt := range []struct {
		mode  imports.OnExisting
		want  string
		found []string
	}{
		{"", "9 lines, 0 created, 5 existing, 4 failed; " + gone + "; 8: the e-mail address belongs to customer C5 (active); 9: the e-mail address belongs to customer C4 (purging)",
			[]string{"2: C0 active []", "3: C2 active [firstName lastName]", "4: C3 active [phone]", "5: C1 deleted [lastName]", "10: C5 active [email push consents]"}},
		{imports.FailExisting, "9 lines, 0 created, 0 existing, 9 failed; 2: a customer or record with this id already exists; 3: a customer or record with this id already exists; 4: a customer or record with this id already exists; 5: a customer or record with this id already exists; " + gone + "; 8: the e-mail address belongs to customer C5 (active); 9: the e-mail address belongs to customer C4 (purging); 10: a customer or record with this id already exists", nil},
		{imports.UpdateExisting, "9 lines, 0 created, 1 existing, 5 failed, 3 updated, 0 blank; 5: the customer is in the trash; " + gone + "; 8: the e-mail address belongs to customer C5 (active); 9: the purge of the customer has started and cannot be stopped",
			[]string{"2: C0 active []", "3: C2 active [firstName lastName] updated", "4: C3 active [phone] updated", "10: C5 active [email push consents] updated"}},
	} {
		for _, dryRun := range []bool{true, false} {
			got, err := imports.Customers(ctx, s, slices.Values(file), imports.Options{By: "t", DryRun: dryRun, OnExisting: tt.mode})
			if err != nil || outcome(got) != tt.want || !slices.Equal(found(got), tt.found) {
				t.Errorf("%q, dry: %v: %v\n%s\n%s\n%q\n%q", tt.mode, dryRun, err, outcome(got), tt.want, found(got), tt.found)
			}
		}
	}
	if c, err := s.Get(ctx, "C2"); err != nil || c.Profile.FirstName != "Zoë" || c.Profile.Email != "e2@example.com" || c.Profile.Phone != "2" {
		t.Errorf("%+v, %v", c.Profile, err)
	}
}

// TestImportMovesAnAddress imports a line that frees an e-mail address, and others that take it.
func TestImportMovesAnAddress(t *testing.T) {
	s, ctx := importService(t), t.Context()
	crowd(t, s)
	file := slices.Values([]imports.CustomerLine{
		{Line: 2, ID: "C0", Profile: customer.Profile{Email: "e2@example.com"}}, // C2 has it until line 4
		{Line: 3, ID: "C3", Profile: customer.Profile{Email: "x@example.com"}},
		{Line: 4, ID: "C2", Profile: customer.Profile{Email: "y@example.com"}},
		{Line: 5, ID: "NEW", Profile: customer.Profile{Email: "e3@example.com"}},
		{Line: 6, ID: "C8", Profile: customer.Profile{Phone: "8 8"}},
		{Line: 7, Profile: customer.Profile{Email: "e8@example.com", Phone: "8 9"}},
	})
	for _, dryRun := range []bool{true, false} {
		imported(t, "6 lines, 1 created, 0 existing, 2 failed, 3 updated, 0 blank; 2: the e-mail address belongs to customer C2 (active); 7: id: line 6 of the file is about the same customer; remove one of the lines")(
			imports.Customers(ctx, s, file, imports.Options{By: "t", DryRun: dryRun, OnExisting: imports.UpdateExisting}))
	}
}
