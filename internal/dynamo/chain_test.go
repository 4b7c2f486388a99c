package dynamo_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"lethe/internal/customer"
	"lethe/internal/dynamo"
	"lethe/internal/dynamo/dynamotest"
	"lethe/internal/ledger"
	"lethe/internal/sim"
)

// chronicle is a ledger under test. Its tables are checked at the end.
type chronicle struct{ dynamotest.Tables }

func newChronicle(t *testing.T) chronicle {
	t.Helper()
	c := chronicle{dynamotest.New(t)}
	t.Cleanup(func() { sim.Check(t, c.Tables) })
	return c
}

// open returns the ledger as a process of its own has it.
func (c chronicle) open(cfg aws.Config) *dynamo.Ledger {
	_, l := c.Open(cfg)
	return l
}

// certified makes certificates of customers that an actor purged.
func certified(by string, ids ...string) []customer.Certificate {
	at := time.Date(2026, 1, 2, 3, 4, 5, 600_000_000, time.UTC)
	certs := make([]customer.Certificate, len(ids))
	for i, id := range ids {
		certs[i] = customer.Certificate{
			Customer: id, DeletionID: "g-" + id, DeletedAt: at, DeletedBy: "admin", PurgedAt: at.Add(time.Hour), PurgedBy: by,
			Policies: map[string]string{"ticket": "cascade"}, Erased: map[string]int64{"ticket": 3},
		}
	}
	return certs
}

// chained returns n ids with certificates in one chain.
func chained(n int) (ids []string) {
	for i := 0; len(ids) < n; i++ {
		if id := fmt.Sprintf("c%d", i); ledger.ChainOf(id) == 3 {
			ids = append(ids, id)
		}
	}
	return ids
}

// read reads all pages, and verifies the history as an auditor does.
func (c chronicle) read(t *testing.T, limit int) (ids []string) {
	t.Helper()
	l, verifier := c.open(c.Config), ledger.NewVerifier()
	for cursor := ""; ; {
		page, err := l.Certificates(t.Context(), customer.CertificateQuery{Limit: limit, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Certificates) > limit {
			t.Errorf("a page of %d, want at most %d", len(page.Certificates), limit)
		}
		for _, cert := range page.Certificates {
			ids = append(ids, cert.Customer)
			for _, found := range verifier.Add(shown(t, cert)) {
				t.Error(found)
			}
		}
		if cursor = page.Cursor; cursor == "" {
			break
		}
	}
	heads, err := l.Heads(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range verifier.Heads() {
		same(t, "head", heads[i], h)
	}
	return ids
}

// shown is a certificate as the API shows it.
func shown(t *testing.T, c customer.Certificate) []byte {
	t.Helper()
	document, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func TestManyCertificatesAreAppendedTogether(t *testing.T) {
	t.Parallel()
	c, m := newChronicle(t), &dynamo.Meter{}
	ids := numbered("customer-", 100)
	ids = append(ids, chained(90)...) // more than a block holds
	l := c.open(m.Attach(c.Config))
	if err := l.Certify(t.Context(), certified("one", ids...)...); err != nil {
		t.Fatal(err)
	}
	// All are appended at once, except those that a block has no room for: the requests read the end of each
	// chain and what is filed, insert the blocks in one request, and file the certificates in eight.
	if cost := m.Reset(); cost.Total() > 2*(ledger.Chains+3)+ceil(190, 25) || cost.Write > 2*190 {
		t.Errorf("certifying 190 took %d requests and %g write units", cost.Total(), cost.Write)
	}
	again := append(certified("another", ids...), certified("another", "x", "x")...)
	if err := l.Certify(t.Context(), again...); err != nil {
		t.Fatal(err)
	}
	want := slices.Sorted(slices.Values(append(ids, "x")))
	for _, limit := range []int{1, 7, 50, 1000} {
		same(t, fmt.Sprintf("certified, in pages of %d", limit), slices.Sorted(slices.Values(c.read(t, limit))), want)
	}
	if got, err := l.Certificate(t.Context(), ids[0]); err != nil || got.PurgedBy != "one" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestACrashLeavesNeitherGapNorDouble makes each request of an append fail, before or after it takes effect, in a chain with a
// last block that is filed or not. Another process may append before the append is repeated.
func TestACrashLeavesNeitherGapNorDouble(t *testing.T) {
	t.Parallel()
	ids := chained(4)
	for _, fault := range []sim.Fault{sim.Undone, sim.Done, sim.Throttle} {
		for n := 1; n <= 4; n++ {
			for _, others := range [][]string{nil, ids[2:], {ids[1], ids[3]}} {
				t.Run(fmt.Sprintf("request %d %v, then %v", n, fault, others), func(t *testing.T) {
					c, f := newChronicle(t), &sim.Faults{}
					certify(t, c.open(c.Config), "before", "nobody", ids[0])
					f.Fail(n, fault, true)
					_ = c.open(f.Attach(c.Config)).Certify(t.Context(), certified("crashed", ids[0], ids[1])...)
					want := []string{ids[0], "nobody"}
					if len(others) > 0 {
						certify(t, c.open(c.Config), "another", others...)
					}
					certify(t, c.open(c.Config), "again", ids[0], ids[1])
					want = append(want, ids[1])
					for _, id := range others {
						if !slices.Contains(want, id) {
							want = append(want, id)
						}
					}
					same(t, "certified", slices.Sorted(slices.Values(c.read(t, 10))), slices.Sorted(slices.Values(want)))
				})
			}
		}
	}
}

func certify(t testing.TB, l *dynamo.Ledger, by string, ids ...string) {
	t.Helper()
	if err := l.Certify(t.Context(), certified(by, ids...)...); err != nil {
		t.Fatal(err)
	}
}

// TestProcessesAppendByTurns stops one process between an append and its filing.
func TestProcessesAppendByTurns(t *testing.T) {
	t.Parallel()
	c, f := newChronicle(t), &sim.Faults{}
	ids := chained(9)
	one, two, dying := c.open(c.Config), c.open(c.Config), c.open(f.Attach(c.Config))
	certify(t, one, "one", ids[0])
	certify(t, dying, "dying", ids[1])
	certify(t, two, "two", ids[2], ids[0])
	certify(t, one, "one", ids[3], ids[2])
	certify(t, one, "one", ids[4])
	certify(t, dying, "dying", ids[5])
	f.Fail(4, sim.Undone, true) // it looks twice, appends, and does not file
	if err := dying.Certify(t.Context(), certified("dying", ids[6])...); err == nil {
		t.Fatal("nothing failed")
	}
	f.Plan(nil)
	certify(t, one, "one", ids[6], ids[7])
	certify(t, dying, "dying", ids[6], ids[8])
	same(t, "certified", slices.Sorted(slices.Values(c.read(t, 10))), slices.Sorted(slices.Values(ids)))
	if got, err := one.Certificate(t.Context(), ids[6]); err != nil || got.PurgedBy != "dying" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestAppendsAtOnceMakeOneChain runs processes at once that certify the same purges and
// others of the same chain, with their requests in random order.
func TestAppendsAtOnceMakeOneChain(t *testing.T) {
	t.Parallel()
	ids := chained(5)
	rng := rand.New(rand.NewPCG(seed(t), 0))
	for range 30 {
		c := newChronicle(t)
		var actors []func(aws.Config)
		for i, some := range [][]string{{ids[0], ids[1]}, {ids[1], ids[2]}, {ids[0]}, {ids[3], ids[4]}} {
			actors = append(actors, func(cfg aws.Config) {
				if err := c.open(cfg).Certify(t.Context(), certified(fmt.Sprint("process ", i), some...)...); err != nil {
					t.Error(err)
				}
			})
		}
		order := sim.Interleave(t, c.Config, rng, actors...)
		same(t, "certified", slices.Sorted(slices.Values(c.read(t, 10))), slices.Sorted(slices.Values(ids)))
		if t.Failed() {
			t.Fatal(order)
		}
	}
}
