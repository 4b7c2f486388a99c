package operations

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestABindingIsReadBack(t *testing.T) {
	trash := &customer.Deletion{ID: "d1"}
	for _, c := range []customer.Customer{
		{ID: "a", Version: 1},
		{ID: "b", Version: 7, Epoch: 3, Deletion: trash},
		{ID: "c", Version: 9, Epoch: 1, Deletion: trash, Holds: map[string]customer.Hold{"h": {}}},
	} {
		seen, generation, err := unbind(bulk.Subject{ID: c.ID, Bind: bind(c)})
		if err != nil || seen != c.Seen() || c.Deletion != nil && generation != c.Deletion.ID || c.Deletion == nil && generation != "" {
			t.Errorf("%+v is decoded as %+v of %q, %v", c, seen, generation, err)
		}
	}
	for _, text := range []string{"", "1", "1 2 true", "x 2 true d", "1 x true d", "1 2 x d", "1 2 true d e"} {
		if _, _, err := unbind(bulk.Subject{Bind: text}); err == nil {
			t.Errorf("the binding %q is accepted", text)
		}
	}
}

func TestRefusalsHaveCodesAndFaultsHaveNone(t *testing.T) {
	wrapped := func(err error) error { return fmt.Errorf("delete: %w", err) }
	for _, tt := range []struct {
		err  error
		code string
	}{
		{nil, ""},
		{&customer.DependentsError{}, "HAS_DEPENDENTS"},
		{wrapped(&customer.HoldError{}), "ON_HOLD"},
		{&customer.PurgedError{}, "PURGED"},
		{customer.ErrUnchanged, "UNCHANGED"},
		{wrapped(customer.ErrVersion), "CHANGED"},
		{customer.ErrNotFound, "NOT_FOUND"},
		{customer.ErrNotDeleted, "NOT_DELETED"},
		{customer.ErrPurgeStarted, "PURGE_STARTED"},
		{errors.New("connection reset"), ""},
		{customer.ErrUnfinished, ""},
	} {
		if got := code(tt.err); got != tt.code {
			t.Errorf("%v has code %q, want %q", tt.err, got, tt.code)
		}
	}
}

// TestAFaultDecidesNothing checks that a fault leaves its subject undecided, and no other.
func TestAFaultDecidesNothing(t *testing.T) {
	reset := errors.New("connection reset")
	unsent := errors.Join(bulk.ErrNotBegun, reset)
	got, err := outcomes([]error{nil, customer.ErrVersion, customer.ErrUnfinished, reset, unsent})
	want := []bulk.Outcome{{Result: bulk.OutcomeDone}, {Result: bulk.OutcomeSkipped, Code: "CHANGED"}, {Code: "INTERRUPTED"}, {Code: "INTERRUPTED"}, {}}
	if !reflect.DeepEqual(got, want) || !errors.Is(err, reset) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := outcomes([]error{nil, customer.ErrUnfinished}); !errors.Is(err, bulk.ErrUnfinished) {
		t.Errorf("got %v after a deadline, want %v", err, bulk.ErrUnfinished)
	}
	if _, err := outcomes([]error{reset, errors.Join(bulk.ErrNotBegun, bulk.ErrStopped)}); !errors.Is(err, bulk.ErrStopped) {
		t.Errorf("got %v after a cancellation, want %v", err, bulk.ErrStopped)
	}
	if _, err := outcomes([]error{nil, customer.ErrNotFound}); err != nil {
		t.Errorf("got %v without a fault", err)
	}
}

func TestUndoTakesOnlyWhatTheOperationDeleted(t *testing.T) {
	op := bulk.Operation{Params: []byte(`{"operation":"op1"}`)}
	in := func(generation string, purge time.Time) customer.Customer {
		return customer.Customer{State: customer.Deleted, Deletion: &customer.Deletion{ID: generation, PurgeTime: purge}}
	}
	for _, tt := range []struct {
		name string
		c    customer.Customer
		want string
	}{
		{"deleted by it", in("op1", noon.Add(time.Hour)), ""},
		{"deleted by another", in("op2", noon.Add(time.Hour)), "NOT_DELETED"},
		{"due", in("op1", noon), "PURGE_STARTED"},
		{"restored since", customer.Customer{State: customer.Active}, "NOT_DELETED"},
	} {
		if got := code(actions{}.canUndo(op, tt.c, customer.Settings{}, noon)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestANoticeBeginsWhenTheOperationDoes checks that the notice is counted from the approval or the last retry, not
// from the plan.
func TestANoticeBeginsWhenTheOperationDoes(t *testing.T) {
	const params = `{"retention":"PT5S","notice":"PT1H"}`
	for _, tt := range []struct {
		name string
		op   bulk.Operation
		want time.Time
	}{
		{"planned", bulk.Operation{Params: []byte(params), Created: noon}, noon.Add(time.Hour)},
		{"applied", bulk.Operation{Params: []byte(params), Created: noon, Applied: noon.Add(23 * time.Hour)}, noon.Add(24 * time.Hour)},
		{"retried", bulk.Operation{Params: []byte(params), Created: noon, Applied: noon.Add(time.Hour), Retried: noon.Add(72 * time.Hour)}, noon.Add(73 * time.Hour)},
		{"without notice", bulk.Operation{Params: []byte(`{"retention":"PT5S","notice":"PT0S"}`), Created: noon}, noon},
		{"with the retention in the basis", bulk.Operation{Basis: []byte(`{"retention":"PT5S"}`), Params: []byte(`{"notice":"PT1H"}`), Created: noon}, noon.Add(time.Hour)},
		{"of an older version", bulk.Operation{Params: []byte(`{"retention":"PT5S","notBefore":"2026-03-01T12:00:00Z"}`), Created: noon}, noon.Add(Notice)},
	} {
		retention, notBefore, err := redating(tt.op)
		if err != nil || retention != customer.PeriodOf(5*time.Second) || !notBefore.Equal(tt.want) {
			t.Errorf("%s: not before %v, %v, want %v", tt.name, notBefore, err, tt.want)
		}
	}
}

// TestAPurgeBeginsNoFurtherGroup cancels a purge of three groups during the second.
func TestAPurgeBeginsNoFurtherGroup(t *testing.T) {
	const many = 2*purgedTogether + 10
	var purged []int
	may := func() error {
		if len(purged) == 2 {
			return bulk.ErrStopped
		}
		return nil
	}
	results := inGroups(many, may, func(from, to int) []error {
		purged = append(purged, to-from)
		return make([]error, to-from)
	})
	if len(results) != many || !reflect.DeepEqual(purged, []int{purgedTogether, purgedTogether}) {
		t.Fatalf("%d results, groups of %v", len(results), purged)
	}
	for i, err := range results {
		if begun := i < 2*purgedTogether; begun != (err == nil) || !begun && (!errors.Is(err, bulk.ErrStopped) || !errors.Is(err, bulk.ErrNotBegun)) {
			t.Errorf("customer %d: %v", i, err)
		}
	}
}

func TestEstimates(t *testing.T) {
	impact := bulk.Impact{Eligible: 51, Counts: map[string]int64{"ticket": 100, "invoice": 49}}
	for name, tt := range map[string]struct{ got, want bulk.Usage }{
		"a move":      {estimateMove(impact), bulk.Usage{Requests: 3 + 1, WriteUnits: 153, ReadUnits: 1}},
		"a flag":      {estimateFlag(impact), bulk.Usage{Requests: 3 + 1, WriteUnits: 102, ReadUnits: 1}},
		"reading":     {estimateReadAndMove(impact), bulk.Usage{Requests: 3 + 1 + 1, WriteUnits: 153, ReadUnits: 51 + 1}},
		"for none":    {estimateMove(bulk.Impact{}), bulk.Usage{}},
		"of a minute": {estimateMove(bulk.Impact{Eligible: 20_000, Weight: 20_000}), bulk.Usage{Requests: 800 + 40 + 60, WriteUnits: 60_000, ReadUnits: 40 + 60}},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, tt.got, tt.want)
		}
	}
	impact.Weight = 51 + 149 + 100 // roots, records, terms
	want := bulk.Usage{Requests: 2*3 + 12 + 2*51 + 2*8 + 1, WriteUnits: 300 + 51*6, ReadUnits: 4*51 + 100 + 149/25 + 1}
	if got := estimatePurge(impact); got != want {
		t.Errorf("a purge: %+v, want %+v", got, want)
	}
}

// TestOverhead computes what an operation on 250 customers in two chunks costs besides its action.
func TestOverhead(t *testing.T) {
	own := Overhead{Requests: 2*6 + 5, WriteUnits: 2*5 + 8, ReadUnits: 2*8 + 3, QueueRequests: 2 * 3, Invocations: 2}
	logging := func(entries, requests int, units float64) Overhead {
		o := own
		o.Requests += requests
		o.WriteUnits += units
		o.Invocations += ceil(entries, 100)
		return o
	}
	const counted, plain = 250*3 + 10*4, 250 * 2
	for action, want := range map[string]Overhead{
		Delete: logging(250, 10, counted), Restore: logging(250, 10, counted), Undo: logging(250, 10, counted),
		Block: logging(250, 250, plain), Redate: logging(250, 250, plain),
		Purge: logging(500, 260, counted+plain), Replay: logging(500, 260, counted+plain),
	} {
		op := bulk.Operation{Action: action, Chunks: 2, Impact: bulk.Impact{Subjects: 260, Eligible: 250}}
		if got := EstimateOverhead(op); got != want {
			t.Errorf("%s: %+v, want %+v", action, got, want)
		}
		if got := OverheadSoFar(op, bulk.Tally{Left: 250}); got != (Overhead{}) {
			t.Errorf("%s, before it is applied: %+v", action, got)
		}
		op.Applied = noon
		if got := OverheadSoFar(op, bulk.Tally{Done: 250, Skipped: 10}); got != want {
			t.Errorf("%s, at its end: %+v, want %+v", action, got, want)
		}
		if got := OverheadSoFar(op, bulk.Tally{Left: 160}); got.QueueRequests != 3 || got.Invocations != 1 {
			t.Errorf("%s, after the first chunk: %+v", action, got)
		}
	}
}

func TestDollars(t *testing.T) {
	got := Dollars(bulk.Usage{WriteUnits: 1e6, ReadUnits: 2e6}, Overhead{WriteUnits: 3e6, ReadUnits: 2e6, QueueRequests: 1e6, Invocations: 1e6})
	if want := 4*0.625 + 4*0.125 + 0.40 + 0.20; math.Abs(got-want) > 1e-9 {
		t.Errorf("%g, want %g", got, want)
	}
}

func TestWeightCountsWhatAPurgeWrites(t *testing.T) {
	settings := customer.Settings{Kinds: []customer.Kind{{Name: "invoice", Policy: customer.Retain}, {Name: "ticket", Policy: customer.Cascade}}}
	c := customer.Customer{Counts: map[string]int64{"ticket": 4, "invoice": 2}, Terms: []string{"ann", "anders"}}
	if got := weight(c, settings); got != 1+6+2+2 {
		t.Errorf("%d, want the root, 6 records, 2 terms, 2 copies", got)
	}
	c.Profile.Email = "ann@example.com"
	if got := weight(c, settings); got != 12 {
		t.Errorf("%d, want 12: one more for the claim", got)
	}
}
