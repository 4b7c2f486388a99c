package sim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/dynamo/dynamotest"
	"lethe/internal/fsck"
	"lethe/internal/repair"
)

// TestFsckInPartsFindsTheSame stops and continues a check at every possible position.
func TestFsckInPartsFindsTheSame(t *testing.T) {
	t.Parallel()
	w := NewWorld(t, damagedWorld())
	gone := populate(t, w)
	whole := w.snapshot(t)
	for _, d := range choose(rand.New(rand.NewPCG(1, 1)), damages(gone), 50) {
		w.inflict(t, d.edits...)
	}
	want, _ := w.fsck(t, false)
	var got []fsck.Finding
	parts, position := 0, ""
	for more := true; more; more = position != "" {
		found, next, err := w.checker().Part(t.Context(), position, 0)
		if err != nil {
			t.Fatal(err)
		}
		if next == position {
			t.Fatalf("part %d makes no progress: %s", parts, next)
		}
		for _, personal := range []string{"anders", "alfreds", "@"} {
			if strings.Contains(next, personal) {
				t.Fatalf("the position %s contains %q", next, personal)
			}
		}
		got, position = append(got, found...), next
		parts++
	}
	if parts < 5 {
		t.Errorf("it took only %d parts", parts)
	}
	if diff := cmp.Diff(texts(want), texts(got)); diff != "" {
		t.Errorf("findings at once and in %d parts differ:\n%s", parts, diff)
	}
	mended, err := w.checker().Repair(t.Context(), w.repairer(w.Config), "admin", slices.DeleteFunc(got, func(f fsck.Finding) bool { return !f.Repairable }))
	if err != nil || slices.Contains(mended, fsck.NotRepaired) {
		t.Errorf("%v, %v", mended, err)
	}
	if left, _ := w.fsck(t, false); slices.ContainsFunc(left, func(f fsck.Finding) bool { return f.Repairable }) {
		t.Errorf("left: %v", left)
	}
	w.reset(t, whole)
	w.finish(t)
}

// TestRepairOfWhatACheckFoundLeavesNothing repairs only what a check found, of each damage alone: a repair must not lead to a
// finding that nobody has asked to repair.
func TestRepairOfWhatACheckFoundLeavesNothing(t *testing.T) {
	t.Parallel()
	w := NewWorld(t, damagedWorld())
	gone := populate(t, w)
	whole := w.snapshot(t)
	for _, d := range repairable(damages(gone)) {
		t.Run(d.name, func(t *testing.T) {
			defer w.reset(t, whole)
			w.inflict(t, d.edits...)
			found, _ := w.fsck(t, false)
			outcomes, err := w.checker().Repair(t.Context(), w.repairer(w.Config), "admin", found)
			if err != nil || slices.Contains(outcomes, fsck.NotRepaired) {
				t.Errorf("%v, %v of %v", outcomes, err, found)
			}
			if left, _ := w.fsck(t, false); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
	w.finish(t)
}

func texts(found []fsck.Finding) []string {
	var all []string
	for _, f := range found {
		all = append(all, f.String())
	}
	slices.Sort(all)
	return all
}

// TestFsckStoppedInTheMiddle stops a repair at each of its writes, undone or done, and repeats it.
func TestFsckStoppedInTheMiddle(t *testing.T) {
	t.Parallel()
	w := NewWorld(t, damagedWorld())
	gone := populate(t, w)
	whole := w.snapshot(t)
	for _, d := range damages(gone) {
		if !d.unrepairable && slices.Contains([]string{
			"record without root", "term of an unknown customer", "parent gone", "more records than at the fence", "claim by another customer", "without a version",
			"held with a ttl", "an operation gone", "a note without ttl",
		}, d.name) {
			w.inflict(t, d.edits...)
		}
	}
	damaged := w.snapshot(t)
	faults := &Faults{}
	repair := func() error {
		cfg := faults.Attach(w.Config)
		checker := checkerOf(w.Tables, cfg)
		checker.Clock = w.Clock.Now
		_, err := checker.Check(t.Context(), w.repairer(cfg), nil)
		return err
	}
	if err := repair(); err != nil {
		t.Fatal(err)
	}
	want := essence(w.snapshot(t))
	writes := count(faults.Plan(nil), "TransactWriteItems")
	if writes < 9 {
		t.Fatalf("only %d writes", writes)
	}
	for _, fault := range []Fault{Undone, Done} {
		for n := 0; n < writes; n += unlessShort(1, 4) {
			w.reset(t, damaged)
			faults.Plan(dieAtWrite(n, fault))
			err := repair()
			if calls := faults.Plan(nil); err == nil && count(calls, "TransactWriteItems") > n { // conflicting writes are retried: a run may have fewer
				t.Errorf("write %d fails (%v), but the repair returns no error", n, fault)
			}
			if err := repair(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, essence(w.snapshot(t))); diff != "" {
				t.Errorf("after a stop at write %d (%v):\n%s", n, fault, diff)
			}
		}
	}
	if found, _ := w.fsck(t, false); len(found) > 0 {
		t.Errorf("left: %v", found)
	}
	w.reset(t, whole)
	w.finish(t)
}

func count(calls []Call, operation string) (n int) {
	for _, c := range calls {
		if c.Operation == operation {
			n++
		}
	}
	return n
}

func dieAtWrite(n int, fault Fault) func(Call) Fault {
	writes := 0
	return func(c Call) Fault {
		if c.Operation == "TransactWriteItems" {
			writes++
		}
		switch {
		case writes == n+1 && c.Operation == "TransactWriteItems":
			return fault
		case writes > n:
			return Undone
		}
		return None
	}
}

// essence returns a snapshot without the ids and times that each repair generates.
func essence(all snapshot) map[string]map[string]any {
	out := map[string]map[string]any{}
	for k, it := range all {
		values := plain(it)
		if last, ok := values["last"].(map[string]any); ok {
			values["last"] = last["action"]
		}
		if d, ok := values["deletion"].(map[string]any); ok && d["b"] == "fsck" {
			values["deletion"] = "fsck"
		}
		out[k.pk+" "+k.sk] = values
	}
	return out
}

// TestTheMemoryOfFsckDoesNotGrowWithTheDamage measures the memory of a check with few and with many
// damaged items.
func TestTheMemoryOfFsckDoesNotGrowWithTheDamage(t *testing.T) { //nolint:paralleltest // it measures the memory of the process
	if testing.Short() {
		t.Skip("it collects garbage before each of many requests")
	}
	few, many := weighCheck(t, 3200), weighCheck(t, 12_800)
	t.Logf("memory of a check: %d KB with few damaged items, %d KB with many", few>>10, many>>10)
	if more := many - few; more > 3<<20 { // measured: 0.4 MB, and 6 MB without maxSuspects
		t.Errorf("a check of four times as many damaged items takes %d KB more memory", more>>10)
	}
}

// weighCheck returns the peak memory, in bytes, of a check of n records and n damaged items.
func weighCheck(t *testing.T, n int) int64 {
	t.Helper()
	w := &World{Tables: dynamotest.New(t), Clock: NewClock(), Queue: &Jobs{}, personal: &values{}} // no final check: it stays damaged
	create(t, w.Service(w.Config), "large")
	w.Fill(t, "large", "ticket", n)
	if found, report := w.fsck(t, false); len(found) > 0 || report.Items < int64(n) {
		t.Errorf("%d records of one customer: %d findings, %d items", n, len(found), report.Items)
	}
	w.Insert(t, damagedItems(n))
	scales := newScales()
	checker := checkerOf(w.Tables, scales.attach(w.Config))
	checker.Segments = 1
	findings := 0
	report, err := checker.Check(t.Context(), nil, func(fsck.Finding) { findings++ })
	if least := n/4 + min(3*n/4, 1000); err != nil || findings < least || findings > least+1000 { // up to a thousand findings of one customer are listed, at each reading
		t.Errorf("%d damaged items: %d findings, %v", n, findings, err)
	}
	t.Logf("%d damaged: %d findings, %d KB, %.0f read units in %d requests", n, findings, scales.most>>10, report.Cost.ReadUnits, report.Cost.Requests)
	return scales.most
}

// damagedItems yields n items with long keys: records without parents, terms of an unknown customer,
// and terms that their customer does not list.
func damagedItems(n int) func(yield func(map[string]types.AttributeValue) bool) {
	long := strings.Repeat("z", 700)
	return func(yield func(map[string]types.AttributeValue) bool) {
		for i := range n {
			odd := item{"pk": text("C#large"), "sk": text(fmt.Sprintf("R#ticket#f%d", i)), "kind": text("ticket"), "children": number("3")}
			switch i % 4 {
			case 0:
				odd = item{"pk": text("S#ze"), "sk": text(fmt.Sprintf("ze%s#n%d", long, i))}
			case 1:
				odd = item{"pk": text("S#ze"), "sk": text(fmt.Sprintf("ze%s%d#large", long, i))}
			}
			if !yield(odd) {
				return
			}
		}
	}
}

// scales measures the memory in use before each page of a scan, when the page before is no longer
// needed, and before every 40th request.
type scales struct {
	mu          sync.Mutex
	empty, most int64
	requests    int
}

func newScales() *scales {
	s := &scales{}
	s.empty = inUse()
	return s
}

func (s *scales) attach(cfg aws.Config) aws.Config {
	return through(cfg, func(next aws.HTTPClient) aws.HTTPClient {
		return doer(func(r *http.Request) (*http.Response, error) {
			s.weigh(strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".Scan"))
			return next.Do(r)
		})
	})
}

func (s *scales) weigh(scan bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.requests++; scan || s.requests%40 == 0 {
		s.most = max(s.most, inUse()-s.empty)
	}
}

func inUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestFsckCountsNothingItHasNotSeen adds a record between two repairs of one customer. The second repair
// must not set the counts to old values.
func TestFsckCountsNothingItHasNotSeen(t *testing.T) {
	t.Parallel()
	w := NewWorld(t, policies)
	service := w.Service(w.Config)
	create(t, service, "busy", "ticket~1", "ticket~2")
	w.inflict(t, put("C#busy", "#", all(drops("version"), within("counts", set("ticket", number("7"))))))
	repairs := 0
	repairer := &watched{w.repairer(w.Config), func() {
		if repairs++; repairs == 1 {
			add(t, service, "busy", "ticket~3")
			return
		}
		if c, err := service.Get(t.Context(), "busy"); err != nil || c.Counts["ticket"] != 3 {
			t.Errorf("after repair %d the customer counts %d tickets and has 3; %v", repairs, c.Counts["ticket"], err)
		}
	}}
	report, err := w.checker().Check(t.Context(), repairer, nil)
	if err != nil || report.Findings != 2 || report.Repaired != 2 || repairs != 2 {
		t.Errorf("%+v, %d repairs, %v", report, repairs, err)
	}
}

// watched is a repairer that calls made after each repair of a customer.
type watched struct {
	fsck.Repairer

	made func()
}

func (w *watched) RepairCustomer(ctx context.Context, seen repair.Seen, r repair.OfCustomer, ch customer.Change) (float64, error) {
	units, err := w.Repairer.RepairCustomer(ctx, seen, r, ch)
	if err == nil {
		w.made()
	}
	return units, err
}

// TestFsckReportsNothingThatMoves changes a customer before each request of a check. The check suspects
// it, never reads a stable state, and neither reports nor repairs it.
func TestFsckReportsNothingThatMoves(t *testing.T) {
	t.Parallel()
	w := NewWorld(t, policies)
	service := w.Service(w.Config)
	create(t, service, "restless")
	var mu sync.Mutex
	requests := 0
	moving := through(w.Config, func(next aws.HTTPClient) aws.HTTPClient {
		return doer(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			requests++
			add(t, service, "restless", fmt.Sprintf("ticket~%d", requests))
			_, err := service.Update(t.Context(), "restless", func(p customer.Profile) customer.Profile {
				p.LastName, p.Email = fmt.Sprintf("Berglund%d", requests), fmt.Sprintf("restless-%d@alfreds.example", requests)
				return p
			}, byAdmin)
			if err != nil {
				t.Error(err)
			}
			return next.Do(r)
		})
	})
	report, err := checkerOf(w.Tables, moving).Check(t.Context(), w.repairer(moving), func(f fsck.Finding) { t.Error(f) })
	if err != nil || report.Unsettled != 1 || report.Cost.WriteUnits > 0 {
		t.Errorf("%+v, %v", report, err)
	}
}

// TestFsckDoesNotTouchAHealthySystem checks and repairs continuously while customers and operations are
// created, changed and purged. It must find nothing.
func TestFsckDoesNotTouchAHealthySystem(t *testing.T) {
	t.Parallel()
	seed := number64(t, "LETHE_SEED", uint64(time.Now().UnixNano()))
	w := NewWorld(t, policies)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var actors sync.WaitGroup
	for actor := range 4 {
		actors.Go(func() {
			a := &busyActor{World: w, t: t, service: w.Service(w.Config), rng: rand.New(rand.NewPCG(seed, uint64(actor))), id: fmt.Sprintf("c%d-0", actor)}
			for step := 0; ctx.Err() == nil; step++ {
				a.step(fmt.Sprintf("c%d-%d", actor, step))
			}
		})
	}
	actors.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			w.operate(t, fmt.Sprintf("op%d", i))
		}
	})
	items := int64(0)
	slow := delayed(w.Config)
	checker := checkerOf(w.Tables, slow)
	checker.Slack, checker.Clock = time.Hour, w.Clock.Now
	for range unlessShort(15, 5) {
		var found []fsck.Finding
		report, err := checker.Check(t.Context(), w.repairer(slow), func(f fsck.Finding) { found = append(found, f) })
		if err != nil {
			t.Error(err)
		}
		if len(found) > 0 || report.Cost.WriteUnits > 0 {
			t.Errorf("LETHE_SEED=%d: found %v, consumed %v write units", seed, found, report.Cost.WriteUnits)
		}
		items += report.Items
	}
	t.Logf("%d items read", items)
	cancel()
	actors.Wait()
	w.Clock.Move(10 * time.Minute)
	w.finish(t)
}

// delayed returns a configuration that delays each request by up to 7 ms, so that much changes between two.
func delayed(cfg aws.Config) aws.Config {
	return through(cfg, func(next aws.HTTPClient) aws.HTTPClient {
		return doer(func(r *http.Request) (*http.Response, error) {
			time.Sleep(time.Duration(rand.IntN(8)) * time.Millisecond)
			return next.Do(r)
		})
	})
}

// busyActor is an actor that changes one customer at a time.
type busyActor struct {
	*World

	t       *testing.T
	service *customer.Service
	rng     *rand.Rand
	id      string
	records int
}

// step makes a random change of the customer, or creates the next one if it is gone.
func (b *busyActor) step(next string) {
	ctx := context.Background()
	c, err := b.service.Get(ctx, b.id)
	if err != nil {
		b.id, b.records = next, 0
		b.must(b.service.Create(ctx, b.id, ann(b.id), byAdmin))
		return
	}
	switch b.rng.IntN(8) {
	case 0, 1, 2:
		b.records++
		parent := fmt.Sprintf("ticket~%d", b.records)
		_, err = b.service.AddRecords(ctx, b.id, records(parent, parent+"~line~1", fmt.Sprintf("invoice~%d", b.records)), byAdmin)
	case 3:
		err = b.service.RemoveRecord(ctx, b.id, key(fmt.Sprintf("ticket~%d", max(b.records, 1))), byAdmin)
	case 4:
		_, err = b.service.Update(ctx, b.id, func(p customer.Profile) customer.Profile {
			n, domains := b.rng.IntN(9), []string{"alfreds.example", "ålfreds.example"} // the second is claimed in another form
			p.LastName, p.Email = fmt.Sprintf("Berg%d", b.rng.IntN(9)), fmt.Sprintf("%s-%d@%s", b.id, n, domains[n%2])
			return p
		}, byAdmin)
	case 5:
		_, err = b.service.Delete(ctx, b.id, byAdmin)
	case 6:
		_, err = b.service.Restore(ctx, b.id, "", byAdmin)
	case 7:
		if c.State == customer.Deleted {
			if c, err = b.service.StartPurge(ctx, b.id, customer.Fence{}, byAdmin); err == nil {
				err = b.service.Purge(ctx, customer.Job{Customer: b.id, Generation: c.Deletion.ID})
			}
		}
	}
	if err != nil && !refused(err) {
		b.t.Error(err)
	}
}

func (b *busyActor) must(_ customer.Customer, err error) {
	if err != nil {
		b.t.Error(err)
	}
}

// refused reports whether a rule refused the change.
func refused(err error) bool {
	for _, rule := range []error{customer.ErrInTrash, customer.ErrNoRecord, customer.ErrNotDeleted, customer.ErrExists, customer.ErrUnchanged} {
		if errors.Is(err, rule) {
			return true
		}
	}
	return false
}

// operate runs an operation of two chunks from planning to its end.
func (w *World) operate(t *testing.T, id string) {
	ctx := context.Background()
	table, _ := w.Open(w.Config)
	store, now := table.Operations(), w.Clock.Now()
	op := bulk.Operation{ID: id, Action: "delete", State: bulk.Planning, Version: 1, Created: now}
	err := store.Create(ctx, op, []byte(`{}`))
	chunks := make([]bulk.Chunk, 2)
	for i := range chunks {
		chunks[i] = bulk.Chunk{Seq: i, Subjects: []bulk.Subject{{ID: "nobody"}}, Outcomes: make([]bulk.Outcome, 1)}
	}
	op.State, op.Version, op.Chunks = bulk.Running, 2, 2
	err = errors.Join(err, store.Freeze(ctx, op, chunks))
	for i := range chunks {
		c, taken := store.Take(ctx, op, i, now, now.Add(time.Minute))
		c.Outcomes = []bulk.Outcome{{Result: bulk.OutcomeDone}}
		err = errors.Join(err, taken, store.Finish(ctx, op, c))
	}
	op.State, op.Version = bulk.Succeeded, 3
	if err = errors.Join(err, store.Save(ctx, op)); err != nil {
		t.Error(err)
	}
}
