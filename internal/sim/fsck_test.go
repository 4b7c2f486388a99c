package sim

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"lethe/internal/customer"
	"lethe/internal/fsck"
)

// fsck checks the world's tables and, with repair, repairs them. The world need not be at rest.
func (w *World) fsck(t testing.TB, repair bool) ([]fsck.Finding, fsck.Report) {
	t.Helper()
	var found []fsck.Finding
	var repairer fsck.Repairer
	if repair {
		repairer = w.repairer(w.Config)
	}
	report, err := w.checker().Check(t.Context(), repairer, func(f fsck.Finding) { found = append(found, f) })
	if err != nil {
		t.Fatal(err)
	}
	if report.Unsettled > 0 {
		t.Errorf("%d customers changed during every check", report.Unsettled)
	}
	return found, report
}

// repairer returns the table as a repairer of findings.
func (w *World) repairer(cfg aws.Config) fsck.Repairer {
	table, _ := w.Open(cfg)
	return table
}

func (w *World) checker() fsck.Checker {
	c := checkerOf(w.Tables, w.Config)
	c.Slack, c.Clock, c.Personal = time.Hour, w.Clock.Now, w.personal.list()
	return c
}

func rulesOf(found []fsck.Finding) []fsck.Rule {
	rules := map[fsck.Rule]bool{}
	for _, f := range found {
		rules[f.Rule] = true
	}
	return slices.Sorted(maps.Keys(rules))
}

// TestFsckFindsAndRepairsDamageOfEveryKind inflicts each damage alone. Every rule must have one.
func TestFsckFindsAndRepairsDamageOfEveryKind(t *testing.T) {
	t.Parallel()
	w := NewWorld(t, damagedWorld())
	gone := populate(t, w)
	whole := w.snapshot(t)
	if found, _ := w.fsck(t, true); len(found) > 0 {
		t.Fatalf("findings before any damage: %v", found)
	}
	unchanged(t, "a repair of nothing", whole, w.snapshot(t))
	tested := map[fsck.Rule]bool{}
	for _, d := range damages(gone) {
		t.Run(d.name, func(t *testing.T) {
			defer w.reset(t, whole)
			d.test(t, w)
		})
		for _, rule := range d.rules {
			tested[rule] = true
		}
	}
	for _, rule := range fsck.Rules {
		if !tested[rule] {
			t.Errorf("no damage breaks %s", rule)
		}
	}
	w.finish(t)
}

// TestFsckFreezesPolicies checks that a repair which brings a customer past the fence freezes the
// policies, like every other way.
func TestFsckFreezesPolicies(t *testing.T) {
	t.Parallel()
	w := NewWorld(t, policies)
	service := w.Service(w.Config)
	for _, id := range []string{"forgotten", "headless"} {
		create(t, service, id, "ticket~1", "invoice~1")
		remove(t, service, id)
	}
	w.Clock.Move(32 * day)
	w.Expire(t, "headless")
	w.fsck(t, true)
	for _, id := range []string{"forgotten", "headless"} {
		c, err := service.Get(t.Context(), id)
		if err != nil || c.State != customer.Purging || !reflect.DeepEqual(c.Frozen, policies.Freeze()) {
			t.Errorf("%s: %s, %+v, %v", id, c.State, c.Frozen, err)
		}
	}
	w.Clock.Move(time.Second)
	if _, err := service.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	work(t, w, service)
	gone(t, service, "forgotten", 1, 1)
	gone(t, service, "headless", 1, 1)
}

// TestFsckMissesWhatIsNotFiled has a certificate only in its chain. That is correct while the purge is
// under way, and a finding after it.
func TestFsckMissesWhatIsNotFiled(t *testing.T) {
	t.Parallel()
	w := NewWorld(t, policies)
	service := w.Service(w.Config)
	create(t, service, "gone", "ticket~1")
	c := fence(t, service, "gone")
	fenced := w.snapshot(t)
	work(t, w, service)
	purged := w.snapshot(t)
	w.unfile(t, c)
	if found, _ := w.fsck(t, false); len(found) != 1 || !strings.Contains(found[0].Problem, "not filed") {
		t.Errorf("found %v", found)
	}
	delete(fenced, at{w.Name, "C#gone", "R#ticket#1"})
	w.putRoot(t, fenced, "gone")
	if found, _ := w.fsck(t, false); len(found) != 0 {
		t.Errorf("with the purge under way, found %v", found)
	}
	w.reset(t, purged)
}

// TestFsckBesideTheEndOfAPurge ends a purge after fsck has looked for the filed certificate, and before
// it reads the root.
func TestFsckBesideTheEndOfAPurge(t *testing.T) {
	t.Parallel()
	w := NewWorld(t, policies)
	service := w.Service(w.Config)
	create(t, service, "going", "ticket~1")
	c := fence(t, service, "going")
	fenced := w.snapshot(t)
	work(t, w, service)
	w.unfile(t, c)
	w.putRoot(t, fenced, "going")
	ends := 0
	ending := through(w.Config, func(next aws.HTTPClient) aws.HTTPClient {
		return doer(func(r *http.Request) (*http.Response, error) {
			request, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			r.Body = io.NopCloser(bytes.NewReader(request))
			if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".GetItem") && bytes.Contains(request, []byte("C#going")) {
				ends++
				if err := service.Purge(t.Context(), customer.Job{Customer: "going", Generation: c.Deletion.ID}); err != nil {
					t.Error(err)
				}
			}
			return next.Do(r)
		})
	})
	_, err := checkerOf(w.Tables, ending).Check(t.Context(), w.repairer(ending), func(f fsck.Finding) { t.Error(f) })
	if err != nil || ends == 0 {
		t.Errorf("the purge ended %d times, %v", ends, err)
	}
}

// unfile removes a purged customer's certificate from where it is filed. It stays in its chain.
func (w *World) unfile(t *testing.T, purged customer.Customer) {
	t.Helper()
	w.put(t, at{w.Ledger, "C#" + purged.ID, purged.Deletion.ID}, nil)
}

// putRoot puts a customer's root back as the snapshot has it.
func (w *World) putRoot(t *testing.T, from snapshot, id string) {
	t.Helper()
	root := at{w.Name, "C#" + id, "#"}
	w.put(t, root, from[root])
}

func (d damage) test(t *testing.T, w *World) {
	w.inflict(t, d.edits...)
	damaged := w.snapshot(t)
	found, _ := w.fsck(t, false)
	if got, want := rulesOf(found), slices.Sorted(slices.Values(d.rules)); !slices.Equal(got, want) {
		t.Fatalf("found %v, want %v: %v", got, want, found)
	}
	for _, f := range found {
		noPersonalValue(t, f)
		if f.Repairable == d.unrepairable || f.Repaired {
			t.Errorf("repairable: %t, repaired: %t: %v", f.Repairable, f.Repaired, f)
		}
	}
	unchanged(t, "a check", damaged, w.snapshot(t))
	repaired, report := w.fsck(t, true)
	if d.unrepairable {
		if len(repaired) != len(found) || report.Repaired > 0 {
			t.Errorf("a repair reports %v and repairs %d", repaired, report.Repaired)
		}
		unchanged(t, "a repair of unrepairable damage", damaged, w.snapshot(t))
		return
	}
	for _, f := range repaired {
		if !f.Repaired {
			t.Errorf("not repaired: %v", f)
		}
	}
	if len(repaired) == 0 {
		t.Error("nothing was repaired")
	}
	unchanged(t, "the repair", damaged, w.snapshot(t), d.mayChange()...)
	if found, _ := w.fsck(t, true); len(found) > 0 {
		t.Errorf("after the repair: %v", found)
	}
	d.purge(t, w)
}

// mayChange lists the keys that the repair may change: the damaged items and d.touches.
func (d damage) mayChange() []string {
	keys := d.touches
	for _, e := range d.edits {
		keys = append(keys, e.pk+" "+e.sk)
	}
	return keys
}

// purge sweeps and purges a root that the repair has put back.
func (d damage) purge(t *testing.T, w *World) {
	if d.purges == "" {
		return
	}
	before := w.snapshot(t)
	w.finish(t)
	certificates := 0
	for k := range w.snapshot(t) {
		if k.table == w.Ledger && k.pk == "C#"+d.purges && before[k] == nil {
			certificates++
		}
		if k.table == w.Name && (k.pk == "C#"+d.purges || strings.HasSuffix(k.sk, "#"+d.purges)) {
			t.Errorf("%s %s is left", k.pk, k.sk)
		}
	}
	if certificates != 1 {
		t.Errorf("%d certificates were added", certificates)
	}
	Check(t, w.Tables)
}

// finish sweeps and purges all customers that are due.
func (w *World) finish(t testing.TB) {
	t.Helper()
	service := w.Service(w.Config)
	if _, err := service.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	work(t, w, service)
}

// noPersonalValue fails the test if a finding contains a personal value.
func noPersonalValue(t *testing.T, f fsck.Finding) {
	t.Helper()
	for _, personal := range []string{"anders", "alfreds", "futterkiste", "änne", "zebra", "who@"} {
		if strings.Contains(strings.ToLower(fmt.Sprint(f)), personal) {
			t.Errorf("%v contains %q", f, personal)
		}
	}
}

// unchanged fails the test if items other than those in may differ.
func unchanged(t *testing.T, by string, before, after snapshot, may ...string) {
	t.Helper()
	for k := range maps.Keys(mergedKeys(before, after)) {
		if !slices.Contains(may, k.pk+" "+k.sk) && !cmp.Equal(plain(before[k]), plain(after[k])) {
			t.Errorf("%s changed %s %s:\n%s", by, k.pk, k.sk, cmp.Diff(plain(before[k]), plain(after[k])))
		}
	}
}

func mergedKeys(a, b snapshot) snapshot {
	both := maps.Clone(a)
	maps.Copy(both, b)
	return both
}

// TestFsckRepairsMuchAtOnce inflicts six damages at once and repairs them together.
func TestFsckRepairsMuchAtOnce(t *testing.T) {
	t.Parallel()
	seed := number64(t, "LETHE_SEED", uint64(time.Now().UnixNano()))
	w := NewWorld(t, damagedWorld())
	gone := populate(t, w)
	whole := w.snapshot(t)
	candidates := repairable(damages(gone))
	for i := range unlessShort(10, 2) {
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		chosen := choose(rng, candidates, 6)
		var names []string
		for _, d := range chosen {
			names = append(names, d.name)
			w.inflict(t, d.edits...)
		}
		found, _ := w.fsck(t, false)
		w.fsck(t, true)
		left, _ := w.fsck(t, true)
		for _, d := range chosen {
			for _, rule := range d.rules {
				if !slices.Contains(rulesOf(found), rule) {
					t.Errorf("%s of %q was not found", rule, d.name)
				}
			}
		}
		if len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		if t.Failed() {
			t.Fatalf("LETHE_SEED=%d, %d: %q: %v", seed, i, names, found)
		}
		w.finish(t)
		w.reset(t, whole)
	}
	w.finish(t)
}

// choose draws up to n damages that do not hide one another.
func choose(rng *rand.Rand, from []damage, n int) (chosen []damage) {
	used := map[string]bool{}
	for _, i := range rng.Perm(len(from)) {
		d := from[i]
		if d.removesRoot() || slices.ContainsFunc(d.exclusive(), func(key string) bool { return used[key] }) {
			continue
		}
		for _, key := range d.exclusive() {
			used[key] = true
		}
		if chosen = append(chosen, d); len(chosen) == n {
			break
		}
	}
	return chosen
}

// removesRoot reports whether d removes a root: fsck finds nothing else in its partition.
func (d damage) removesRoot() bool {
	return slices.ContainsFunc(d.edits, func(e edit) bool { return e.change == nil && e.sk == "#" && e.pk[0] != 'E' })
}

// exclusive lists what no other damage may share with d:
//   - the items that d edits,
//   - its first rule in their partitions, because two wrong counts may make a right one,
//   - the items that its repair changes too, because one of them may be what is wrong: a claim
//     that its customer no longer has is found only while the claim is there. The roots of
//     customers are shared: a repair counts there, and each damage changes another attribute,
//   - the customer that its repair purges.
func (d damage) exclusive() (keys []string) {
	for _, e := range d.edits {
		keys = append(keys, e.pk+" "+e.sk, e.pk+" "+string(d.rules[0]))
	}
	for _, touched := range d.touches {
		if !strings.HasPrefix(touched, "C#") || !strings.HasSuffix(touched, " #") {
			keys = append(keys, touched)
		}
	}
	if d.purges != "" {
		keys = append(keys, d.purges)
	}
	return keys
}

// TestDamagesThatHideOneAnotherAreKeptApart draws damages of which one removes the item that
// the other makes wrong. The seed once drew both.
func TestDamagesThatHideOneAnotherAreKeptApart(t *testing.T) {
	t.Parallel()
	apart := []string{"root with another claim", "claim gone"}
	drawn := map[string]int{}
	for i := range uint64(1000) {
		both := 0
		for _, d := range choose(rand.New(rand.NewPCG(1796057105768105216, i)), repairable(damages("gone")), 6) {
			drawn[d.name]++
			if slices.Contains(apart, d.name) {
				both++
			}
		}
		if both > 1 {
			t.Fatalf("draw %d has both of %q", i, apart)
		}
	}
	for _, d := range repairable(damages("gone")) {
		if drawn[d.name] == 0 && !d.removesRoot() {
			t.Errorf("%q is never drawn", d.name)
		}
	}
}

// repairable returns the damages that fsck repairs.
func repairable(all []damage) []damage {
	return slices.DeleteFunc(all, func(d damage) bool { return d.unrepairable })
}
