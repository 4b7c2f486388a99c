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

// oracle stores what has happened and checks the rules.
type oracle struct {
	changes     map[string][]event // by change
	events      map[string][]event // by customer
	generations []string           // of all deletions
	hidden      map[string][]string
	fenced      map[string]map[string]int64 // records by kind at the fence, by customer and generation
	expired     map[string]bool             // customers with a root that TTL has removed
	dirty       map[string]bool             // customers to check
	byTTL       bool
	called      pastNames

	selections  map[string]operations.Selection
	halfRetried map[string]bool      // operations with an unfinished retry
	cancelled   map[string]time.Time // first answer to a cancellation, by operation
	touched     map[string][]event
	secondBy    map[string]string // second person who approved an operation

	inForce  []ruling                       // all settings in order
	asked    map[string]int                 // step of the first request, by operation
	approved map[string][]customer.Settings // settings that the plan may be based on, by operation
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
		approved: map[string][]customer.Settings{}, asked: map[string]int{}, secondBy: map[string]string{},
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

// rootChanged checks each change of a root.
func (h *history) rootChanged(ctx context.Context, before, after *customer.Customer) {
	h.follower.add(before, after, h.byTTL)
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
	h.called.add(after)
	h.logged(before, after)
	e := event{h.step, before, after}
	h.dirty[after.ID] = true
	h.events[after.ID] = append(h.events[after.ID], e)
	if putBack := before == nil && after.Last.Action != customer.ActionCreated; !putBack && (before == nil || before.Last.ID != after.Last.ID) {
		h.changes[after.Last.ID] = append(h.changes[after.Last.ID], e)
		h.checkTouch(processOf(ctx), e)
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
		h.broken("%s: root removed in state %s", id, before.State)
		return
	}
	if _, certified := h.model.CertificatesOf(id)[before.Deletion.ID]; !certified {
		h.broken("%s: root removed without a certificate", id)
	}
}

func (h *history) rootAdded(after *customer.Customer) {
	id := after.ID
	h.model.Log(customer.Entry{Customer: id, Seq: after.Last.ID, At: after.Last.At, Action: after.Last.Action})
	if after.Last.Action == customer.ActionCreated && after.Version == 1 && len(h.model.CertificatesOf(id)) > 0 {
		h.broken("%s: the id of a purged customer is used again", id)
	}
	if after.State == customer.Purging && h.fenced[purgeKey(id, after.Deletion.ID)] == nil {
		h.fenced[purgeKey(id, after.Deletion.ID)] = h.model.Count(id)
		h.checkFence(nil, after)
	}
}

// purgeKey is the key of a customer's purge. All customers that one operation deletes have the same
// generation.
func purgeKey(id, generation string) string { return id + " " + generation }

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
		h.fenced[purgeKey(id, after.Deletion.ID)] = h.model.Count(id)
		h.checkFence(before, after)
	default:
		h.broken("%s: %s after %s", id, to, from)
	}
}

func (h *history) sameState(before, after *customer.Customer) {
	action, id := after.Last.Action, before.ID
	if before.Deletion != nil && before.Deletion.ID != after.Deletion.ID {
		h.broken("%s: its deletion is replaced by another", id)
	}
	if before.Deletion != nil && !before.Deletion.PurgeTime.Equal(after.Deletion.PurgeTime) && action != customer.ActionRedated && action != customer.ActionHoldLifted {
		h.broken("%s: %s changes its purge time", id, action)
	}
	if action == customer.ActionHoldLifted {
		h.checkLifted(before, after)
	}
	if before.Blocked != after.Blocked && action != customer.ActionBlocked && action != customer.ActionUnblocked {
		h.broken("%s: %s changes its blocked flag", id, action)
	}
	if before.State == customer.Purging {
		h.broken("%s: %s changes it past the fence", id, action)
	}
}

// checkLifted checks that lifting the last hold leaves the notice period, and that no other lift changes
// the purge time.
func (h *history) checkLifted(before, after *customer.Customer) {
	if after.State != customer.Deleted {
		return
	}
	was, is, earliest := before.Deletion.PurgeTime, after.Deletion.PurgeTime, after.Last.At.Add(24*time.Hour)
	switch {
	case len(after.Holds) > 0 || was.IsZero() || !was.Before(earliest):
		if !is.Equal(was) {
			h.broken("%s: a lift changes its purge time from %v to %v", after.ID, was, is)
		}
	case !is.Equal(earliest):
		h.broken("%s: its last hold is lifted at %v, but it is due at %v", after.ID, after.Last.At, is)
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
		h.broken("%s: deleted, but its tokens stay valid", id)
	}
	h.hidden[id] = h.model.Keys(id)
	h.generations = append(h.generations, after.Deletion.ID)
}

func (h *history) wasRestored(before, after *customer.Customer) {
	id := before.ID
	if !slices.Equal(h.hidden[id], h.model.Keys(id)) {
		h.broken("%s: restored with the records %v, deleted with %v", id, h.model.Keys(id), h.hidden[id])
	}
	if before.StateAt(after.Last.At) == customer.Purging {
		h.broken("%s: restored after its purge time", id)
	}
	if before.Blocked != after.Blocked {
		h.broken("%s: a restore changes its blocked flag", id)
	}
}

// checkFence checks that a customer that passes the fence is due, or that a client asked for the purge.
func (h *history) checkFence(before, after *customer.Customer) {
	id, by := after.ID, after.Last.By
	if before != nil && len(before.Holds) > 0 {
		h.broken("%s: purged under legal hold", id)
	}
	if !slices.Contains(people, by) && !after.Due(time.Now()) {
		h.broken("%s: purged by %s before its purge time %v", id, by, after.Deletion.PurgeTime)
	}
}

// recordsChanged checks that the records of a deleted customer do not change.
func (h *history) recordsChanged(_ context.Context, id string) {
	h.dirty[id] = true
	switch c := h.model.Root(id); {
	case c == nil && !h.expired[id]:
		h.broken("%s: records changed without a root", id)
	case c != nil && c.State == customer.Deleted:
		h.broken("%s: records changed in the trash", id)
	case c != nil && c.State == customer.Purging && !atMost(h.model.Count(id), h.fenced[purgeKey(id, c.Deletion.ID)]):
		h.broken("%s: records added past the fence", id)
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

// certified checks each certificate.
func (h *history) certified(_ context.Context, cert customer.Certificate) {
	id := cert.Customer
	if keys := h.model.Keys(id); len(keys) > 0 {
		h.broken("%s: certified, but has the records %v", id, keys)
	}
	if terms, claims := h.model.Terms(id), h.model.Claims(id); len(terms)+len(claims) > 0 {
		h.broken("%s: certified, but has the terms %v and claims %v", id, terms, claims)
	}
	counts := maps.Clone(cert.Erased)
	for kind, n := range cert.Retained {
		counts[kind] += n
	}
	if there := h.fenced[purgeKey(id, cert.DeletionID)]; there == nil || !maps.Equal(counts, there) || cert.Residue != 0 {
		h.broken("%s: the certificate counts %v, residue %d; at the fence there were %v", id, counts, cert.Residue, there)
	}
	if root := h.model.Root(id); root != nil { // nil: another worker removed it, with the same certificate
		h.checkCertified(cert, root)
		for kind, policy := range cert.Policies {
			if frozen := root.Policies().Policy(kind); policy != string(frozen) {
				h.broken("%s: the certificate says %s of kind %s; frozen at the fence was %s", id, policy, kind, frozen)
			}
		}
	}
	kept := map[string]int64{}
	for _, r := range h.model.Kept(id) {
		kept[r.Key.Kind()]++
		if r.By != "" || strings.Contains(string(r.Data), "Ann") {
			h.broken("%s: the copy of %s is not stripped", id, r.Key)
		}
	}
	if !maps.Equal(kept, cert.Retained) {
		h.broken("%s: the certificate says %v retained, there are %v", id, cert.Retained, kept)
	}
}

// check checks all customers that changed since the last check.
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
			h.broken("%s: has a root, although generation %s was purged", id, generation)
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
		h.broken("%s: its root has the terms %v, the table has %v", id, c.Terms, h.model.Terms(id))
	}
	if want := []string{c.Claimed()}; !slices.Equal(h.model.Claims(id), want) {
		h.broken("%s: its root claims %v, the table has the claims %v", id, want, h.model.Claims(id))
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
			h.broken("%s: %s has no parent", id, key)
		}
	}
}

// checkGone checks that a customer without a root has no items. While a stream record says that TTL
// removed the root, items may be left.
func (h *history) checkGone(id string) {
	if slices.ContainsFunc(h.stream, func(r *streamed) bool { return r.root.ID == id }) || h.byTTL {
		return
	}
	if left := slices.Concat(h.model.Keys(id), h.model.Terms(id), h.model.Claims(id)); len(left) > 0 {
		h.broken("%s: has no root, but %v", id, left)
	}
}
