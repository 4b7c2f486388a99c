package history

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"lethe/internal/customer"
	"lethe/internal/operations"
)

// oracle remembers what has happened, and knows the rules.
type oracle struct {
	changes     map[string][]event // by change
	events      map[string][]event // by customer
	generations []string           // of all deletions
	hidden      map[string][]string
	fenced      map[string]map[string]int64 // records by kind, of a customer and generation when it passed the fence
	expired     map[string]bool             // whose roots TTL has removed at some time
	dirty       map[string]bool             // to be checked
	byTTL       bool
	called      named

	selections  map[string]operations.Selection
	halfRetried map[string]bool      // operations, chunks of which may have been reopened
	cancelled   map[string]time.Time // operations, and when the first cancellation was answered
	touched     map[string][]event

	inForce  []ruling                       // all settings there were, in order
	asked    map[string]int                 // at which step for an operation, first
	approved map[string][]customer.Settings // that somebody may have seen who approved of an operation
}

// event is one change of a customer.
type event struct {
	step          int
	before, after *customer.Customer
}

func (e event) change() customer.Change { return e.after.Last }

func (h *history) init() {
	h.oracle = oracle{
		changes: map[string][]event{}, events: map[string][]event{}, hidden: map[string][]string{},
		fenced: map[string]map[string]int64{}, expired: map[string]bool{}, dirty: map[string]bool{},
		selections: map[string]operations.Selection{}, halfRetried: map[string]bool{}, cancelled: map[string]time.Time{}, touched: map[string][]event{},
		approved: map[string][]customer.Settings{}, asked: map[string]int{},
	}
	h.clients = clients{digests: map[string][]string{}, sends: map[string][]string{}, unchanged: map[string]bool{}}
}

func (h *history) watch() {
	h.model.WatchRoot = h.rootChanged
	h.model.WatchRecords = h.recordsChanged
	h.model.WatchCertificate = h.certified
	h.model.WatchOperation = h.operationChanged
	h.model.WatchSettings = func(s customer.Settings) { h.inForce = append(h.inForce, ruling{h.step, s}) }
}

// rootChanged checks a change of a root, as it is made.
func (h *history) rootChanged(ctx context.Context, before, after *customer.Customer) {
	switch {
	case after == nil:
		h.rootRemoved(before)
	case before == nil:
		h.rootAdded(after)
	default:
		h.rootMoved(before, after)
	}
	if after == nil {
		return
	}
	h.called.christen(after)
	h.logged(before, after)
	e := event{h.step, before, after}
	h.dirty[after.ID] = true
	h.events[after.ID] = append(h.events[after.ID], e)
	if putBack := before == nil && after.Last.Action != customer.ActionCreated; !putBack && (before == nil || before.Last.ID != after.Last.ID) {
		h.changes[after.Last.ID] = append(h.changes[after.Last.ID], e)
		h.touch(processOf(ctx), e)
	}
}

func (h *history) rootRemoved(before *customer.Customer) {
	id := before.ID
	h.dirty[id] = true
	if h.byTTL {
		h.expired[id] = true
		return
	}
	if before.State != customer.Purging {
		h.broken("%s: its root is removed while it is %s", id, before.State)
		return
	}
	if _, certified := h.model.CertificatesOf(id)[before.Deletion.ID]; !certified {
		h.broken("%s: its root is removed without a certificate", id)
	}
}

func (h *history) rootAdded(after *customer.Customer) {
	id := after.ID
	h.model.Log(customer.Entry{Customer: id, Seq: after.Last.ID, At: after.Last.At, Action: after.Last.Action})
	if after.Last.Action == customer.ActionCreated && after.Version == 1 && len(h.model.CertificatesOf(id)) > 0 {
		h.broken("%s: its id is used again", id)
	}
	if after.State == customer.Purging && h.fenced[of(id, after.Deletion.ID)] == nil {
		h.fenced[of(id, after.Deletion.ID)] = h.model.Count(id)
		h.mayPurge(nil, after)
	}
}

// of names a generation of a customer: an operation's is that of all it deleted.
func of(id, generation string) string { return id + " " + generation }

func (h *history) rootMoved(before, after *customer.Customer) {
	id := before.ID
	if after.Version < before.Version || after.Version > before.Version+1 {
		h.broken("%s: version %d after %d", id, after.Version, before.Version)
	}
	switch from, to := before.State, after.State; {
	case from == to:
		h.sameState(before, after)
	case from == customer.Active && to == customer.Deleted:
		h.wasDeleted(before, after)
	case from == customer.Deleted && to == customer.Active:
		h.wasRestored(before, after)
	case from == customer.Deleted && to == customer.Purging:
		h.fenced[of(id, after.Deletion.ID)] = h.model.Count(id)
		h.mayPurge(before, after)
	default:
		h.broken("%s: %s after %s", id, to, from)
	}
}

func (h *history) sameState(before, after *customer.Customer) {
	action, id := after.Last.Action, before.ID
	if before.Deletion != nil && before.Deletion.ID != after.Deletion.ID {
		h.broken("%s: another deletion takes the place of the first", id)
	}
	if before.Deletion != nil && !before.Deletion.PurgeTime.Equal(after.Deletion.PurgeTime) && action != customer.ActionRedated && action != customer.ActionHoldLifted {
		h.broken("%s: its purge time is moved by %s", id, action)
	}
	if action == customer.ActionHoldLifted {
		h.wasLifted(before, after)
	}
	if before.Blocked != after.Blocked && action != customer.ActionBlocked && action != customer.ActionUnblocked {
		h.broken("%s: its blocked flag is changed by %s", id, action)
	}
	if before.State == customer.Purging {
		h.broken("%s: past the fence it is changed by %s", id, action)
	}
}

// wasLifted checks that nobody becomes due without notice, and that nothing else is postponed.
func (h *history) wasLifted(before, after *customer.Customer) {
	if after.State != customer.Deleted {
		return
	}
	was, is, earliest := before.Deletion.PurgeTime, after.Deletion.PurgeTime, after.Last.At.Add(24*time.Hour)
	switch {
	case len(after.Holds) > 0 || was.IsZero() || !was.Before(earliest):
		if !is.Equal(was) {
			h.broken("%s: a lift moves its purge time from %v to %v", after.ID, was, is)
		}
	case !is.Equal(earliest):
		h.broken("%s: its last hold is lifted at %v, and it is due at %v", after.ID, after.Last.At, is)
	}
}

func (h *history) wasDeleted(before, after *customer.Customer) {
	id := before.ID
	if len(before.Holds) > 0 {
		h.broken("%s: deleted under legal hold", id)
	}
	if before.Counts["contract"] > 0 {
		h.broken("%s: deleted with records that restrict", id)
	}
	if after.Epoch <= before.Epoch {
		h.broken("%s: deleted, and its tokens live on", id)
	}
	h.hidden[id] = h.model.Keys(id)
	h.generations = append(h.generations, after.Deletion.ID)
}

func (h *history) wasRestored(before, after *customer.Customer) {
	id := before.ID
	if !slices.Equal(h.hidden[id], h.model.Keys(id)) {
		h.broken("%s: restored with %v, deleted with %v", id, h.model.Keys(id), h.hidden[id])
	}
	if before.StateAt(after.Last.At) == customer.Purging {
		h.broken("%s: restored though it was due", id)
	}
	if before.Blocked != after.Blocked {
		h.broken("%s: its blocked flag is changed by a restore", id)
	}
}

// mayPurge checks that what passes the fence is due, or that somebody asked for it.
func (h *history) mayPurge(before, after *customer.Customer) {
	id, by := after.ID, after.Last.By
	if before != nil && len(before.Holds) > 0 {
		h.broken("%s: purged under legal hold", id)
	}
	if by != "admin" && !after.Due(time.Now()) {
		h.broken("%s: purged by %s, which is not due before %v", id, by, after.Deletion.PurgeTime)
	}
}

// recordsChanged checks that what a deletion hid stays as it is.
func (h *history) recordsChanged(_ context.Context, id string) {
	h.dirty[id] = true
	switch c := h.model.Root(id); {
	case c == nil && !h.expired[id]:
		h.broken("%s: its records are changed, and it has no root", id)
	case c != nil && c.State == customer.Deleted:
		h.broken("%s: its records are changed in the trash", id)
	case c != nil && c.State == customer.Purging && !atMost(h.model.Count(id), h.fenced[of(id, c.Deletion.ID)]):
		h.broken("%s: records are added past the fence", id)
	}
}

func atMost(some, all map[string]int64) bool {
	for kind, n := range some {
		if n > all[kind] {
			return false
		}
	}
	return true
}

// certified checks a certificate, as it is written.
func (h *history) certified(_ context.Context, cert customer.Certificate) {
	id := cert.Customer
	if keys := h.model.Keys(id); len(keys) > 0 {
		h.broken("%s: certified, and has %v", id, keys)
	}
	if terms, claims := h.model.Terms(id), h.model.Claims(id); len(terms)+len(claims) > 0 {
		h.broken("%s: certified, and is found by %v, %v", id, terms, claims)
	}
	counts := maps.Clone(cert.Erased)
	for kind, n := range cert.Retained {
		counts[kind] += n
	}
	if there := h.fenced[of(id, cert.DeletionID)]; there == nil || !maps.Equal(counts, there) || cert.Residue != 0 {
		h.broken("%s: certifies %v, residue %d; there were %v", id, counts, cert.Residue, there)
	}
	if root := h.model.Root(id); root != nil { // else somebody else has removed it, with the same certificate
		for kind, policy := range cert.Policies {
			if frozen := root.Policies().Policy(kind); policy != string(frozen) {
				h.broken("%s: certifies %s of kind %s; %s when it passed the fence", id, policy, kind, frozen)
			}
		}
	}
	kept := map[string]int64{}
	for _, r := range h.model.Kept(id) {
		kept[r.Key.Kind()]++
		if r.By != "" || strings.Contains(string(r.Data), "Ann") {
			h.broken("%s: %s is kept unstripped", id, r.Key)
		}
	}
	if !maps.Equal(kept, cert.Retained) {
		h.broken("%s: certifies that %v are retained; there are %v", id, cert.Retained, kept)
	}
}

// check looks at all customers that were changed since it last did.
func (h *history) check() {
	for _, id := range slices.Sorted(maps.Keys(h.dirty)) {
		h.checkCustomer(id)
	}
	clear(h.dirty)
}

func (h *history) checkCustomer(id string) {
	c, certs := h.model.Root(id), h.model.CertificatesOf(id)
	if c == nil {
		h.checkGone(id)
		return
	}
	for generation := range certs {
		if c.State != customer.Purging || c.Deletion.ID != generation {
			h.broken("%s: is back, though generation %s was purged", id, generation)
		}
	}
	counted := maps.Clone(c.Counts)
	maps.DeleteFunc(counted, func(_ string, n int64) bool { return n == 0 })
	if c.State == customer.Purging {
		if !atMost(h.model.Count(id), counted) {
			h.broken("%s: counts %v, has %v", id, counted, h.model.Count(id))
		}
		return
	}
	if !maps.Equal(h.model.Count(id), counted) {
		h.broken("%s: %s, counts %v, has %v", id, c.State, counted, h.model.Count(id))
	}
	h.checkParents(id)
	if !slices.Equal(h.model.Terms(id), c.Terms) {
		h.broken("%s: its terms are %v, it is found by %v", id, c.Terms, h.model.Terms(id))
	}
	if want := []string{c.Claimed()}; !slices.Equal(h.model.Claims(id), want) {
		h.broken("%s: its root says that %v is claimed, it has claimed %v", id, want, h.model.Claims(id))
	}
}

func (h *history) checkParents(id string) {
	keys := h.model.Keys(id)
	there := map[string]bool{}
	for _, k := range keys {
		key, _, _ := strings.Cut(k, " ")
		there[key] = true
	}
	for key := range there {
		parts := strings.Split(key, "#")
		if parent := strings.Join(parts[:len(parts)-2], "#"); parent != "" && !there[parent] {
			h.broken("%s: the parent of %s is gone", id, key)
		}
	}
}

// checkGone checks that nothing hangs on a root that is gone; that TTL removes it first
// is why the stream tells of it.
func (h *history) checkGone(id string) {
	if slices.ContainsFunc(h.stream, func(c *customer.Customer) bool { return c.ID == id }) || h.byTTL {
		return
	}
	if left := slices.Concat(h.model.Keys(id), h.model.Terms(id), h.model.Claims(id)); len(left) > 0 {
		h.broken("%s: is gone, and has left %v", id, left)
	}
}
