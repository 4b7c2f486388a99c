package dynamo_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"lethe/internal/audit"
	"lethe/internal/customer"
)

// list is a list that is read by cursor.
type list struct {
	name string
	read func(ctx context.Context, cursor string) (next string, err error)
}

// manyLists returns lists of at least two pages each.
func manyLists(t *testing.T, s *suite) []list {
	t.Helper()
	a, b := s.active(t, "ticket~1", "ticket~2", "ticket~1~ticket~1", "ticket~1~ticket~2"), s.active(t, "ticket~1", "ticket~2")
	s.deleted(t)
	s.deleted(t)
	kept := s.fenced(t, "invoice~1", "invoice~2")
	s.purge(t, kept)
	s.purge(t, s.fenced(t))
	for n := range 2 {
		for _, id := range []string{a.ID, b.ID} {
			if err := observe(t.Context(), s, entry(id, n, s.world.Clock.Now().Add(time.Duration(n)*time.Second))); err != nil {
				t.Fatal(err)
			}
		}
	}
	customers := func(q customer.Query) func(context.Context, string) (string, error) {
		return func(ctx context.Context, cursor string) (string, error) {
			q.Limit, q.Cursor = 1, cursor
			page, err := s.Customers(ctx, q)
			return page.Cursor, err
		}
	}
	type records func(context.Context, customer.RecordQuery) (customer.RecordPage, error)
	of := func(read records, q customer.RecordQuery) func(context.Context, string) (string, error) {
		return func(ctx context.Context, cursor string) (string, error) {
			q.Limit, q.Cursor = 1, cursor
			page, err := read(ctx, q)
			return page.Cursor, err
		}
	}
	log := func(id string) func(context.Context, string) (string, error) {
		return func(ctx context.Context, cursor string) (string, error) {
			page, err := s.Entries(ctx, customer.EntryQuery{Customer: id, Limit: 1, Cursor: cursor})
			return page.Cursor, err
		}
	}
	ofDay := func(q audit.Query) func(context.Context, string) (string, error) {
		return func(ctx context.Context, cursor string) (string, error) {
			q.Limit, q.Cursor = 1, cursor
			page, err := s.EntriesByDay(ctx, q)
			return page.Cursor, err
		}
	}
	now := s.world.Clock.Now()
	today, yesterday := string(customer.DayOf(now)), string(customer.DayOf(now).Plus(-1))
	for n := range 4 {
		if err := s.AddEntry(t.Context(), audit.New(t.Context(), now.AddDate(0, 0, -n%2), "admin", audit.Refused)); err != nil {
			t.Fatal(err)
		}
	}
	ledger := func(ctx context.Context, cursor string) (string, error) {
		page, err := s.ledger.Certificates(ctx, customer.CertificateQuery{Limit: 1, Cursor: cursor})
		return page.Cursor, err
	}
	return []list{
		{"active", customers(customer.Query{State: customer.Active})},
		{"trash", customers(customer.Query{State: customer.Deleted})},
		{"search", customers(customer.Query{Search: "anders"})},
		{"another search", customers(customer.Query{Search: "ander"})},
		{"search of two words", customers(customer.Query{Search: "anders maria"})},
		{"search of the trash", customers(customer.Query{Search: "anders", State: customer.Deleted})},
		{"records", of(s.Records, customer.RecordQuery{Customer: a.ID})},
		{"records of another", of(s.Records, customer.RecordQuery{Customer: b.ID})},
		{"records of a kind", of(s.Records, customer.RecordQuery{Customer: a.ID, Kind: "ticket"})},
		{"records below another", of(s.Records, customer.RecordQuery{Customer: a.ID, Parent: key("ticket~1")})},
		{"retained", of(s.Retained, customer.RecordQuery{Customer: kept.ID})},
		{"audit log", log(a.ID)},
		{"audit log of another", log(b.ID)},
		{"certificates", ledger},
		{"log of a day", ofDay(audit.Query{Day: today})},
		{"log of a day, oldest first", ofDay(audit.Query{Day: today, OldestFirst: true})},
		{"log of another day", ofDay(audit.Query{Day: yesterday})},
		{"log of a day by one", ofDay(audit.Query{Day: today, By: "admin"})},
		{"log of one action", ofDay(audit.Query{Day: today, Action: audit.Refused})},
	}
}

func TestACursorBelongsToOneListOnly(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	all := manyLists(t, s)
	for _, from := range all {
		cursor, err := from.read(t.Context(), "")
		if err != nil || cursor == "" {
			t.Fatalf("%s: cursor %q, %v", from.name, cursor, err)
		}
		for _, to := range all {
			_, err := to.read(t.Context(), cursor)
			if from.name == to.name {
				refuses(t, err, nil)
			} else if !errors.Is(err, customer.ErrCursor) {
				t.Errorf("the cursor of %s for %s: %v", from.name, to.name, err)
			}
		}
	}
}

func TestADamagedCursorIsRefused(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	rng := rand.New(rand.NewPCG(seed(t), 0))
	for _, l := range manyLists(t, s) {
		cursor, err := l.read(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		damaged := []string{"x", "====", "AAAA", "\x00", "\xff\xfe", "ü", cursor + "A", cursor + "=", " " + cursor, cursor + cursor}
		for i := range cursor {
			changed := []byte(cursor)
			for changed[i] == cursor[i] {
				changed[i] = byte(rng.IntN(256))
			}
			damaged = append(damaged, string(changed))
			if i > 0 {
				damaged = append(damaged, cursor[:i], cursor[i:])
			}
		}
		for _, d := range damaged {
			if _, err := l.read(t.Context(), d); !errors.Is(err, customer.ErrCursor) {
				t.Errorf("%s: cursor %q of %q: %v", l.name, d, cursor, err)
			}
		}
	}
}

// TestAForgedCursorStartsItsListElsewhere makes cursors with a correct checksum, as
// a reader of the code can. They carry no authority and break nothing.
func TestAForgedCursorStartsItsListElsewhere(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	c := s.active(t, "ticket~1", "ticket~2")
	lists := map[string]func(string) error{
		"live": func(cursor string) error {
			_, err := s.Customers(t.Context(), customer.Query{Limit: 1, Cursor: cursor})
			return err
		},
		"trash": func(cursor string) error {
			_, err := s.Customers(t.Context(), customer.Query{State: customer.Deleted, Limit: 1, Cursor: cursor})
			return err
		},
		"search\x00\x00anders": func(cursor string) error {
			_, err := s.Customers(t.Context(), customer.Query{Search: "anders", Limit: 1, Cursor: cursor})
			return err
		},
		"records\x00C#" + c.ID + "\x00\x00": func(cursor string) error {
			_, err := s.Records(t.Context(), customer.RecordQuery{Customer: c.ID, Limit: 1, Cursor: cursor})
			return err
		},
		"A#" + c.ID: func(cursor string) error {
			_, err := s.Entries(t.Context(), customer.EntryQuery{Customer: c.ID, Limit: 1, Cursor: cursor})
			return err
		},
		"certificates": func(cursor string) error {
			_, err := s.ledger.Certificates(t.Context(), customer.CertificateQuery{Limit: 1, Cursor: cursor})
			return err
		},
	}
	for query, read := range lists {
		for _, position := range []string{"1.2.3", "99.1.0", "-1.1.0", "1.-1.0", "1.999999999999999.0", "1.1.99999999", "01.1.1", "\x00", "#", "R#", "T#", "R#ticket#1", "anders#x", "zzz", "ü", "\xff", strings.Repeat("9", 1025), strings.Repeat("9", 3000)} {
			sum := sha256.Sum256([]byte(query + "\x00" + position))
			cursor := base64.RawURLEncoding.EncodeToString(append(sum[:8], position...))
			if err := read(cursor); err != nil && !errors.Is(err, customer.ErrCursor) {
				t.Errorf("%q at %.20q: %v", query, position, err)
			}
		}
	}
}
