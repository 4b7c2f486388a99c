package customer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lethe/internal/ledger"
)

// gang is a store with many fenced customers, some of which can't be read or erased.
type gang struct {
	scripted

	mu        sync.Mutex
	roots     map[string]Customer
	damaged   map[string]error // reading it fails, alone or with others
	stubborn  map[string]error // erasing it fails, alone or with others
	certified []string
	blocks    []int // certificates of each call
	erased    []string
	released  []string
	wrong     []string
}

// newGang returns fenced customers. Those with a name in capitals have too many records to be purged with others.
func newGang(ids ...string) *gang {
	g := &gang{roots: map[string]Customer{}, damaged: map[string]error{}, stubborn: map[string]error{}}
	for _, id := range ids {
		c := purging(noon.Add(time.Minute))
		if c.ID = id; strings.ToUpper(id) == id {
			c.Counts = map[string]int64{"chat": largePurge, "ticket": 1}
		}
		if id == "bad" {
			c.Deletion = nil
		}
		g.roots[id] = c
	}
	return g
}

func (g *gang) Roots(_ context.Context, ids []string) (found []Customer, err error) {
	if len(slices.Compact(slices.Sorted(slices.Values(ids)))) < len(ids) {
		return nil, errors.New("DynamoDB refuses a key twice in a batch")
	}
	for _, id := range ids {
		if err := g.damaged[id]; err != nil {
			return nil, err
		}
		if c, there := g.roots[id]; there {
			found = append(found, c)
		}
	}
	return found, nil
}

func (g *gang) Customer(_ context.Context, id string) (Customer, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c, there := g.roots[id]
	switch {
	case g.damaged[id] != nil:
		return Customer{}, g.damaged[id]
	case !there:
		return Customer{}, ErrNotFound
	}
	return c, nil
}

func (g *gang) Erase(ctx context.Context, customers ...Customer) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, c := range customers {
		if len(customers) > 1 && c.Records() > largePurge {
			g.wrong = append(g.wrong, c.ID+" is large, and erased with others")
		}
		if err := g.stubborn[c.ID]; err != nil {
			return err
		}
		g.erased = append(g.erased, c.ID)
	}
	return nil
}

func (*gang) Residue(context.Context, ...Customer) (int, error) { return 0, nil }

func (g *gang) Certify(_ context.Context, certs ...Certificate) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range certs {
		if g.certified = append(g.certified, c.Customer); ledger.ChainOf(c.Customer) != ledger.ChainOf(certs[0].Customer) {
			g.wrong = append(g.wrong, "certificates of several chains are written together")
		}
	}
	g.blocks = append(g.blocks, len(certs))
	return nil
}

func (g *gang) Remove(_ context.Context, customers ...Customer) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range customers {
		if !slices.Contains(g.certified, c.ID) {
			g.wrong = append(g.wrong, c.ID+" is removed before its certificate is written")
		}
		delete(g.roots, c.ID)
	}
	return nil
}

func (g *gang) Lease(_ context.Context, id, _ string, until time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if until.Equal(noon) {
		g.released = append(g.released, id)
	}
	return g.refusals[id]
}

func (g *gang) service(t *testing.T) *Service {
	t.Helper()
	service := New(g, g, g, slog.New(slog.DiscardHandler))
	service.Clock = func() time.Time { return noon }
	return service
}

// left lists the customers that are not purged.
func (g *gang) left() string {
	var ids []string
	for id := range g.roots {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

// message returns the message of the customers' purges.
func message(ids ...string) (jobs []Job) {
	for _, id := range ids {
		jobs = append(jobs, Job{Customer: id, Generation: "d1"})
	}
	return jobs
}

func TestABadCustomerFailsNoOtherOfItsMessage(t *testing.T) {
	broken, full := errors.New("broken"), errors.New("the queue takes nothing")
	for _, test := range []struct {
		name              string
		customers         string
		damaged, stubborn string
		enqueue           error
		messages          [][]Job
		left, apart       string
		want              string // the errors
	}{
		{name: "all are well", customers: "a b c", messages: [][]Job{message("a", "b", "c")}, want: "[<nil>]"},
		{name: "one is gone", customers: "a b", messages: [][]Job{message("a", "gone", "b")}, want: "[<nil>]"},
		{name: "one is of another generation", customers: "a b", messages: [][]Job{append(message("a"), Job{"b", "d0"})}, left: "b", want: "[<nil>]"},
		{name: "one can't be erased", customers: "a b c", stubborn: "b", messages: [][]Job{message("a", "b", "c")}, left: "b", apart: "b", want: "[<nil>]"},
		{name: "one can't be read", customers: "a b c", damaged: "b", messages: [][]Job{message("a", "b", "c", "gone")}, left: "b", apart: "b", want: "[<nil>]"},
		{name: "one has no deletion", customers: "a bad", messages: [][]Job{message("a", "bad")}, left: "bad", apart: "bad", want: "[<nil>]"},
		{name: "the only one has no deletion", customers: "bad", messages: [][]Job{message("bad")}, left: "bad", want: "[purge of customer bad: its root has no deletion: run fsck]"},
		{name: "none can be erased", customers: "a b", stubborn: "a b", messages: [][]Job{message("a", "b")}, left: "a b",
			want: "[purge of customer a: erase: broken\npurge of customer b: erase: broken]"},
		{name: "the only one can't be erased", customers: "a", stubborn: "a", messages: [][]Job{message("a")}, left: "a", want: "[purge of customer a: erase: broken]"},
		{name: "the only one can't be read", customers: "a", damaged: "a", messages: [][]Job{message("a")}, left: "a", want: "[purge of customer a: broken]"},
		{name: "one is large", customers: "a BIG c", messages: [][]Job{message("BIG", "a", "c")}, left: "BIG", apart: "BIG", want: "[<nil>]"},
		{name: "one is large, another can't be erased", customers: "a BIG", stubborn: "a", messages: [][]Job{message("BIG", "a")}, left: "BIG a", apart: "BIG a", want: "[<nil>]"},
		{name: "all are large", customers: "BIG HUGE", messages: [][]Job{message("BIG", "HUGE")}, left: "BIG HUGE", apart: "BIG HUGE", want: "[<nil>]"},
		{name: "the only one is large", customers: "BIG", messages: [][]Job{message("BIG")}, want: "[<nil>]"},
		{name: "a large one is also alone", customers: "BIG a", messages: [][]Job{message("BIG", "a"), message("BIG")}, want: "[<nil> <nil>]"},
		{name: "twice", customers: "a b", messages: [][]Job{message("a", "a", "b"), message("b")}, want: "[<nil> <nil>]"},
		{name: "each message has its own result", customers: "a b c", stubborn: "a", messages: [][]Job{message("a"), message("a", "b"), message("c")}, left: "a", apart: "a",
			want: "[purge of customer a: erase: broken <nil> <nil>]"},
		{name: "it can't be sent on", customers: "a b", stubborn: "b", enqueue: full, messages: [][]Job{message("a", "b")}, left: "b", apart: "b",
			want: "[purge of customer b: erase: broken\nsend on: the queue takes nothing]"},
	} {
		g := newGang(strings.Fields(test.customers)...)
		g.enqueue = test.enqueue
		for id := range strings.FieldsSeq(test.damaged) {
			g.damaged[id] = broken
		}
		for id := range strings.FieldsSeq(test.stubborn) {
			g.stubborn[id] = broken
		}
		errs := g.service(t).PurgeMessages(t.Context(), test.messages...)
		if got := fmt.Sprint(errs); got != test.want || len(g.wrong) > 0 {
			t.Errorf("%s: %s %v, want %s", test.name, got, g.wrong, test.want)
		}
		if apart := strings.ReplaceAll(strings.Join(g.queued, " "), "apart:", ""); g.left() != test.left || apart != test.apart {
			t.Errorf("%s: left are %q, want %q; sent on are %q, want %q", test.name, g.left(), test.left, apart, test.apart)
		}
		if len(strings.Fields(apartOnly(g.queued))) != len(g.queued) {
			t.Errorf("%s: %v are not sent in messages of their own", test.name, g.queued)
		}
	}
}

// apartOnly keeps what was sent in messages of their own.
func apartOnly(queued []string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(queued), func(s string) bool { return !strings.HasPrefix(s, "apart:") }), " ")
}

// TestCertificatesOfAMessageFillBlocks purges customers of two chains, more than one block of each.
func TestCertificatesOfAMessageFillBlocks(t *testing.T) {
	var ids []string
	for i := 0; len(ids) < MaxJobs; i++ {
		if id := fmt.Sprint("c", i); ledger.ChainOf(id) < 2 {
			ids = append(ids, id)
		}
	}
	g := newGang(ids...)
	if errs := g.service(t).PurgeMessages(t.Context(), message(ids...)); errs[0] != nil || g.left() != "" || len(g.wrong) > 0 {
		t.Fatal(errs, g.left(), g.wrong)
	}
	if slices.Max(g.blocks) != purgeGroup || len(g.blocks) > MaxJobs/purgeGroup+1 {
		t.Errorf("the blocks have %v certificates", g.blocks)
	}
}

// TestWhatAMessageHasNoTimeForIsLeftToTheSweep has a worker that has no time left when it begins, and one
// that runs out of it while it erases.
func TestWhatAMessageHasNoTimeForIsLeftToTheSweep(t *testing.T) {
	ended, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	g := newGang("a", "b", "c")
	errs := g.service(t).PurgeMessages(ended, message("a", "b"), message("c"))
	if !errors.Is(errs[0], ErrUnfinished) || !errors.Is(errs[1], ErrUnfinished) || g.left() != "a b c" || len(g.queued) > 0 {
		t.Errorf("%v, left %s, queued %v", errs, g.left(), g.queued)
	}
	if slices.Sort(g.released); !slices.Equal(g.released, []string{"a", "b", "c"}) {
		t.Errorf("released %v", g.released)
	}
	g = newGang("a", "b")
	g.stubborn["a"] = context.DeadlineExceeded
	errs = g.service(t).PurgeMessages(t.Context(), message("a", "b"))
	if !errors.Is(errs[0], ErrUnfinished) || g.left() != "a" || !slices.Contains(g.released, "a") || slices.Contains(g.released, "b") {
		t.Errorf("%v, left %s, released %v", errs, g.left(), g.released)
	}
}
