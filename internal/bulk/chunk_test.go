package bulk

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func subjects(weights ...int) []Subject {
	made := make([]Subject, len(weights))
	for i, w := range weights {
		made[i] = Subject{ID: fmt.Sprint("s", i), Bind: "1", Weight: w}
	}
	return made
}

func TestSplitBoundsWeightAndNumber(t *testing.T) {
	for _, tt := range []struct {
		name    string
		weights []int
		want    string // number of subjects in each chunk
	}{
		{"no subjects", nil, "[]"},
		{"light ones, by number", []int{1, 1, 1, 1, 1}, "[3 2]"},
		{"exactly the largest weight", []int{5, 5, 5}, "[2 1]"},
		{"one heavier than a chunk", []int{1, 99, 1}, "[1 1 1]"},
		{"weightless", []int{0, 0, 0, 0}, "[3 1]"},
	} {
		sizes := []int{}
		for i, c := range split(subjects(tt.weights...), 7, 10, 3) {
			if c.Seq != 7+i {
				t.Errorf("%s: chunk %d has number %d", tt.name, i, c.Seq)
			}
			sizes = append(sizes, len(c.Subjects))
		}
		if got := fmt.Sprint(sizes); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestSplitKeepsEverySubject(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 1000 {
		weights := make([]int, rng.IntN(40))
		for i := range weights {
			weights[i] = rng.IntN(12)
		}
		var joined []Subject
		for _, c := range split(subjects(weights...), 0, 10, 5) {
			sum := 0
			for _, s := range c.Subjects {
				sum += s.Weight
			}
			if len(c.Subjects) > 5 || sum > 10 && len(c.Subjects) > 1 || len(c.Outcomes) != len(c.Subjects) {
				t.Fatalf("seed %d: a chunk of %d subjects and weight %d", seed, len(c.Subjects), sum)
			}
			joined = append(joined, c.Subjects...)
		}
		if !slices.Equal(names(joined), names(subjects(weights...))) {
			t.Fatalf("seed %d: %v became %v", seed, weights, names(joined))
		}
	}
}

func names(of []Subject) (ids []string) {
	for _, s := range of {
		ids = append(ids, s.ID)
	}
	return ids
}

// TestTheDigestCoversAllThatIsStored changes one value after another.
func TestTheDigestCoversAllThatIsStored(t *testing.T) {
	digestOf := func(change func(*Operation, []Subject)) string {
		op := Operation{ID: "op", Action: "delete", Params: []byte("p")}
		some := subjects(1, 1, 1)
		change(&op, some)
		d := op.firstDigest()
		for _, c := range split(some, 0, 2, 2) {
			d = c.digest(d)
		}
		return d
	}
	same := digestOf(func(*Operation, []Subject) {})
	if len(same) != 64 || same != digestOf(func(_ *Operation, s []Subject) { s[0].Counts = map[string]int64{"x": 1} }) {
		t.Errorf("the digest %q has not 64 characters, or covers the counts, which are not stored", same)
	}
	for name, change := range map[string]func(*Operation, []Subject){
		"operation":        func(op *Operation, _ []Subject) { op.ID = "other" },
		"action":           func(op *Operation, _ []Subject) { op.Action = "purge" },
		"params":           func(op *Operation, _ []Subject) { op.Params = nil },
		"basis":            func(op *Operation, _ []Subject) { op.Basis = []byte("b") },
		"subject":          func(_ *Operation, s []Subject) { s[2].ID = "s3" },
		"binding":          func(_ *Operation, s []Subject) { s[1].Bind = "2" },
		"refusal":          func(_ *Operation, s []Subject) { s[1].Refused = "ON_HOLD" },
		"order":            func(_ *Operation, s []Subject) { s[0], s[1] = s[1], s[0] },
		"subject run over": func(_ *Operation, s []Subject) { s[0].ID, s[0].Bind = "s01", "" },
	} {
		if digestOf(change) == same {
			t.Errorf("a different %s has the same digest", name)
		}
	}
}

func TestANewChunkSkipsRefusedSubjects(t *testing.T) {
	some := subjects(1, 1, 1)
	some[1].Refused = "ON_HOLD"
	c := NewChunk(0, some)
	if got := c.Undecided(); !slices.Equal(got, []int{0, 2}) {
		t.Errorf("undecided: %v, want [0 2]", got)
	}
	c.Outcomes[0] = Outcome{Result: OutcomeDone}
	c.Outcomes[2] = Outcome{OutcomeFailed, GaveUp}
	c.Usage = Usage{Requests: 3}
	want := Tally{Done: 1, Skipped: 1, Failed: 1, Codes: map[string]int{"ON_HOLD": 1, GaveUp: 1}, Usage: Usage{Requests: 3}}
	if got := c.Tally(); !reflect.DeepEqual(got, want) {
		t.Errorf("tally %+v, want %+v", got, want)
	}
	if got, _ := c.Affected(Operation{}, 0, 3); !slices.Equal(got, []string{"s0"}) {
		t.Errorf("affected: %v, want [s0]", got)
	}
}

// TestPagesOfAffectedSubjects reads the affected subjects of a chunk in pages of every size.
func TestPagesOfAffectedSubjects(t *testing.T) {
	c := NewChunk(0, subjects(1, 1, 1, 1, 1))
	for _, i := range []int{0, 2, 3} {
		c.Outcomes[i].Result = OutcomeDone
	}
	for limit := 1; limit <= 4; limit++ {
		var read []string
		for at, pages := 0, 1; at < len(c.Subjects); pages++ {
			page, to := c.Affected(Operation{}, at, limit)
			if len(page) > limit || pages > len(c.Subjects) {
				t.Fatalf("page %d with limit %d: %v", pages, limit, page)
			}
			read, at = append(read, page...), to
		}
		if !slices.Equal(read, []string{"s0", "s2", "s3"}) {
			t.Errorf("limit %d: %v, want [s0 s2 s3]", limit, read)
		}
	}
}

func TestResetFailedKeepsTheOtherOutcomes(t *testing.T) {
	c := Chunk{
		Subjects: subjects(1, 1, 1, 1), Attempts: 20, Lease: noon,
		Outcomes: []Outcome{{Result: OutcomeDone}, {OutcomeSkipped, "CHANGED"}, {OutcomeFailed, GaveUp}, {OutcomeFailed, "HAS_DEPENDENTS"}},
	}
	reset := c.resetFailed()
	if got := reset.Undecided(); !slices.Equal(got, []int{2, 3}) || reset.Attempts != 0 || !reset.Lease.IsZero() {
		t.Errorf("reset: %+v", reset)
	}
	if len(c.Undecided()) != 0 {
		t.Error("resetFailed changed its receiver")
	}
}

func TestTalliesAddUp(t *testing.T) {
	a := Tally{Done: 1, Skipped: 2, Left: 3, Codes: map[string]int{"A": 2}, Usage: Usage{1, 2, 3}}
	b := Tally{Failed: 4, Codes: map[string]int{"A": 1, "B": 3}, Usage: Usage{1, 1, 1}}
	want := Tally{Done: 1, Skipped: 2, Failed: 4, Left: 3, Codes: map[string]int{"A": 3, "B": 3}, Usage: Usage{2, 3, 4}}
	for _, got := range []Tally{a.Plus(b), b.Plus(a)} {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

func TestPositionsInItems(t *testing.T) {
	if got := fmt.Sprintln(parsePosition("3.17")); strings.TrimSpace(got) != "3 17 <nil>" {
		t.Errorf("position 3.17: %s", got)
	}
	for _, cursor := range []string{"", "3", "3.", ".1", "-1.0", "1.-1", "01.1", "1.1x", " 1.1", "1e3.1", "9999999999999999999.1"} {
		if _, _, err := parsePosition(cursor); !errors.Is(err, ErrCursor) {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
}

// TestACursorOfItemsBelongsToOneList uses a cursor of each list in all others, and damages it.
func TestACursorOfItemsBelongsToOneList(t *testing.T) {
	type list struct {
		op string
		q  ItemQuery
	}
	lists := []list{
		{"a", ItemQuery{}}, {"b", ItemQuery{}}, {"a", ItemQuery{Result: OutcomeDone}}, {"a", ItemQuery{Result: OutcomeSkipped}},
		{"a", ItemQuery{Left: true}}, {"b", ItemQuery{Left: true}},
	}
	for _, from := range lists {
		cursor := from.q.cursorAt(from.op, 3, 17)
		for _, to := range lists {
			to.q.Cursor = cursor
			seq, index, err := to.q.start(to.op)
			if same := from.op == to.op && from.q.Result == to.q.Result && from.q.Left == to.q.Left; same != (err == nil) || same && (seq != 3 || index != 17) {
				t.Errorf("from %+v, used in %+v: %d.%d, %v", from, to, seq, index, err)
			}
		}
		for i := range cursor {
			damaged := []byte(cursor)
			damaged[i] ^= 1
			for _, d := range []string{string(damaged), cursor[:i] + cursor[i+1:], cursor[:i] + "=" + cursor[i:]} {
				if _, _, err := (ItemQuery{Result: from.q.Result, Left: from.q.Left, Cursor: d}).start(from.op); !errors.Is(err, ErrCursor) {
					t.Errorf("cursor %q of %q: %v", d, cursor, err)
				}
			}
		}
	}
}

// TestAPageOfItemsHasALimitInBytes reads all pages. Each has as many items as fit, at least one, and
// each item appears once.
func TestAPageOfItemsHasALimitInBytes(t *testing.T) {
	store, engine := newTestEngine(t, nil)
	store.chunk = NewChunk(0, []Subject{{ID: "aaaa"}, {ID: "bb"}, {ID: "cc"}, {ID: "dddddd"}, {ID: "e"}})
	for bytes, want := range map[int]string{0: "aaaa bb cc dddddd e", 1: "aaaa|bb|cc|dddddd|e", 4: "aaaa|bb cc|dddddd|e", 5: "aaaa bb|cc dddddd|e", 100: "aaaa bb cc dddddd e"} {
		var pages []string
		for q := (ItemQuery{Limit: 10, Bytes: bytes}); len(pages) == 0 || q.Cursor != ""; {
			page, err := engine.Items(t.Context(), store.op, q)
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, i := range page.Items {
				ids = append(ids, i.Subject)
			}
			pages, q.Cursor = append(pages, strings.Join(ids, " ")), page.Cursor
		}
		if got := strings.Join(pages, "|"); got != want {
			t.Errorf("%d bytes: %s, want %s", bytes, got, want)
		}
	}
}
