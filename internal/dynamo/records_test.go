package dynamo_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"lethe/internal/customer"
)

func TestRecordsAreAddedAndCountedTogether(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	ctx := t.Context()
	c := s.active(t)
	all := records("ticket~1", "ticket~1~line~1", "ticket~1~line~1~line~1", "contract~1")
	ch := s.change(customer.ActionRecordsAdded)
	results, err := s.AddRecords(ctx, c.ID, all, ch)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "results", results, make([]error, len(all)))
	want := c
	want.Counts, want.Last = map[string]int64{"ticket": 1, "line": 2, "contract": 1}, ch
	want.Recent = want.Recent.With(ch.ID)
	same(t, "customer", s.read(t, c.ID), want)
	for _, r := range all {
		got, err := s.Record(ctx, c.ID, r.Key)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "record", got, r)
	}
}

func TestEachRecordOfABatchHasItsOwnResult(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	c := s.active(t, "ticket~1")
	for _, tt := range []struct {
		name  string
		keys  []string
		want  []error
		count int64 // of all records afterwards
	}{
		{"one is there", []string{"ticket~1", "ticket~2"}, []error{customer.ErrExists, nil}, 2},
		{"one comes twice", []string{"ticket~3", "ticket~3"}, []error{nil, customer.ErrExists}, 3},
		{"one has no parent", []string{"ticket~9~line~1", "ticket~3~line~1"}, []error{customer.ErrNoParent, nil}, 4},
		{"one's parent has no parent", []string{"ticket~9~line~1", "ticket~9~line~1~line~1"}, []error{customer.ErrNoParent, customer.ErrNoParent}, 4},
		{"a child before its parent", []string{"ticket~4~line~1", "ticket~4"}, []error{nil, nil}, 6},
		{"a child of one that is there", []string{"ticket~1", "ticket~1~line~1"}, []error{customer.ErrExists, nil}, 7},
		{"all are there", []string{"ticket~1", "ticket~2"}, []error{customer.ErrExists, customer.ErrExists}, 7},
		{"none", nil, []error{}, 7},
	} {
		t.Run(tt.name, func(t *testing.T) {
			results, err := s.AddRecords(t.Context(), c.ID, records(tt.keys...), s.change(customer.ActionRecordsAdded))
			if err != nil {
				t.Fatal(err)
			}
			same(t, "results", results, tt.want)
			if got := s.read(t, c.ID).Records(); got != tt.count {
				t.Errorf("%d records are counted, want %d", got, tt.count)
			}
		})
	}
}

func TestABatchTakes45RecordsWithAsManyParents(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	c := s.active(t, numbered("ticket~", customer.MaxBatch)...)
	var children []string
	for _, parent := range numbered("ticket~", customer.MaxBatch) {
		children = append(children, parent+"~line~1")
	}
	s.add(t, c.ID, children...)
	_, err := s.AddRecords(t.Context(), c.ID, records(numbered("line~", customer.MaxBatch+1)...), s.change(customer.ActionRecordsAdded))
	if err == nil {
		t.Error("46 records were added at once")
	}
	same(t, "counts", s.read(t, c.ID).Counts, map[string]int64{"ticket": 45, "line": 45})
}

func TestRecordsOfACustomerThatIsNotActive(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	for _, tt := range []struct {
		name string
		of   func(*testing.T) customer.Customer
		want error
	}{
		{"nobody", s.nobody, customer.ErrNotFound},
		{"in the trash", with(s.deleted, "ticket~1"), customer.ErrInTrash},
		{"past the fence", with(s.fenced, "ticket~1"), customer.ErrPurgeStarted},
	} {
		for name, do := range map[string]func(context.Context, string) error{
			"add": func(ctx context.Context, id string) error {
				_, err := s.AddRecords(ctx, id, records("ticket~2"), s.change(customer.ActionRecordsAdded))
				return err
			},
			"remove": func(ctx context.Context, id string) error {
				return s.RemoveRecord(ctx, id, key("ticket~1"), s.change(customer.ActionRecordsRemoved))
			},
			"read": func(ctx context.Context, id string) error {
				_, err := s.Record(ctx, id, key("ticket~1"))
				return err
			},
			"list": func(ctx context.Context, id string) error {
				_, err := s.Records(ctx, customer.RecordQuery{Customer: id, Limit: 10})
				return err
			},
		} {
			t.Run(name+" "+tt.name, func(t *testing.T) {
				before := tt.of(t)
				refuses(t, do(t.Context(), before.ID), tt.want)
				if !errors.Is(tt.want, customer.ErrNotFound) {
					same(t, "customer", s.read(t, before.ID), before)
				}
			})
		}
	}
}

func TestARecordIsRemovedWithAllBelowIt(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	ctx := t.Context()
	// Records with keys next to the removed one, but not below it, stay.
	c := s.active(t, "ticket~1", "ticket~1~line~1", "ticket~1~line~1~line~1", "ticket~1~ticket~1", "ticket~10", "ticket~1.1", "ticket~1-1", "ticket~0")
	lines := numbered("ticket~1~line~n", 120)
	for len(lines) > 0 {
		n := min(len(lines), customer.MaxBatch)
		s.add(t, c.ID, lines[:n]...)
		lines = lines[n:]
	}
	if err := s.RemoveRecord(ctx, c.ID, key("ticket~1"), s.change(customer.ActionRecordsRemoved)); err != nil {
		t.Fatal(err)
	}
	left := s.keys(t, customer.RecordQuery{Customer: c.ID, Limit: 10})
	same(t, "keys", left, []string{"ticket~0", "ticket~1-1", "ticket~1.1", "ticket~10"})
	same(t, "counts", s.read(t, c.ID).Counts, map[string]int64{"ticket": 4, "line": 0})
	refuses(t, s.RemoveRecord(ctx, c.ID, key("ticket~1"), s.change(customer.ActionRecordsRemoved)), customer.ErrNoRecord)
	_, err := s.Record(ctx, c.ID, key("ticket~1"))
	refuses(t, err, customer.ErrNoRecord)
	s.add(t, c.ID, "ticket~1") // the key is free again
}

func TestRecordsAreListedByKindAndParent(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	c := s.active(t, "ticket~2", "ticket~1", "ticket~1~line~1", "ticket~1~line~2", "ticket~10", "contract~1", "ticket~1~ticket~1", "ticket~1~ticket~1~line~3")
	for _, tt := range []struct {
		name   string
		kind   string
		parent string
		want   []string
	}{
		{"all", "", "", []string{"contract~1", "ticket~1", "ticket~1~line~1", "ticket~1~line~2", "ticket~1~ticket~1", "ticket~1~ticket~1~line~3", "ticket~10", "ticket~2"}},
		{"of a kind, on all levels", "ticket", "", []string{"ticket~1", "ticket~1~ticket~1", "ticket~10", "ticket~2"}},
		{"of a kind that none has", "permit", "", nil},
		{"below a record", "", "ticket~1", []string{"ticket~1~line~1", "ticket~1~line~2", "ticket~1~ticket~1", "ticket~1~ticket~1~line~3"}},
		{"of a kind, below a record", "line", "ticket~1", []string{"ticket~1~line~1", "ticket~1~line~2", "ticket~1~ticket~1~line~3"}},
		{"below a record that has none", "", "ticket~2", nil},
	} {
		for _, limit := range []int{1, 2, 3, 100} {
			t.Run(fmt.Sprint(tt.name, " by ", limit), func(t *testing.T) {
				q := customer.RecordQuery{Customer: c.ID, Kind: tt.kind, Limit: limit}
				if tt.parent != "" {
					q.Parent = key(tt.parent)
				}
				same(t, "keys", s.keys(t, q), tt.want)
			})
		}
	}
}
