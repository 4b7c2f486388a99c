package fsck

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"lethe/internal/customer"
	"lethe/internal/repair"
)

// checkRoot finds contradictions within a root.
func (e *examination) checkRoot() {
	r := e.root
	if r.Version < 1 {
		e.rootProblem(BadState, e.fixRoot(repair.SetVersion), "version %d", r.Version)
	}
	if len(r.Holds) != r.NHolds {
		e.rootProblem(BadState, e.fixRoot(repair.CountHolds), "counts %d legal holds, but has %d", r.NHolds, len(r.Holds))
	}
	e.checkFormer()
	e.checkFrozen()
	e.checkRecent()
	created, state := e.checkCreated(), e.checkState()
	if created && state && e.checkNotice() && e.checkPlace() {
		e.checkOverdue()
	}
}

// checkState reports whether the state and the deletion can be used to compute the root's place.
func (e *examination) checkState() bool {
	r := e.root
	switch r.State {
	case active:
		if r.Deletion != nil || r.Reason != "" || r.Approver != "" {
			e.rootProblem(BadState, e.fixRoot(repair.DropDeletion), "active with a deletion, or the reason or the approval of one")
		}
		return true
	case deleted, purging:
		return e.checkDeletion()
	}
	e.rootProblem(BadState, nil, "its state is not active, deleted or purging")
	return false
}

func (e *examination) checkDeletion() bool {
	r := e.root
	if r.Deletion == nil {
		e.rootProblem(BadState, e.fixRoot(repair.SetDeletion), "%s without a deletion", r.State)
		return false
	}
	if r.State == purging && len(r.Holds) > 0 {
		e.rootProblem(BadState, nil, "purging under legal hold; decide whether the purge or the hold is right")
	}
	if r.Deletion.PurgeTime.unreadable {
		e.rootProblem(BadState, nil, "its purge time can't be read")
		return false
	}
	return true
}

// checkNotice checks a customer if its last change lifted its last legal hold: there must be time left
// to restore it.
func (e *examination) checkNotice() bool {
	r := e.root
	if r.State != deleted || len(r.Holds) > 0 || r.Last.Action != string(customer.ActionHoldLifted) {
		return true
	}
	lifted, err := time.Parse(timeLayout, r.Last.At)
	due := r.Deletion.PurgeTime
	if err != nil || due.IsZero() || !due.Before(lifted.Add(customer.LiftNotice)) {
		return true
	}
	e.rootProblem(BadState, e.fixRoot(repair.GiveNotice), "due at %s, though its last legal hold was lifted at %s", formatTime(due.Time), r.Last.At)
	return false
}

// checkCreated reports whether the creation time can be used to compute the place of an active root.
func (e *examination) checkCreated() bool {
	at, owner, _ := strings.Cut(e.root.Created, "#")
	if _, err := time.Parse(timeLayout, at); err == nil && owner == e.customer {
		return true
	}
	e.rootProblem(BadState, e.fixRoot(repair.SetCreated), "its place in the list of active customers can't be read")
	return e.root.State != active
}

// place is the place of a root in the lists, and its TTL.
type place struct {
	list, sort string
	ttl        int64 // with the grace of the checker; 0: none
	earliest   int64 // with the shortest grace
}

// expiring is a place in the trash with a TTL: the grace, which is at least shortest, after the time at which the sweep looks.
func (e *examination) expiring(look time.Time, shortest time.Duration) place {
	return place{
		list: e.list("trash"), sort: formatTime(look) + "#" + e.customer,
		ttl: look.Add(max(e.check.Grace, shortest)).Unix(), earliest: look.Add(shortest).Unix(),
	}
}

// place returns the correct place of the root. A purge may be listed at any time, so its present time is
// correct.
func (e *examination) place() place {
	r := e.root
	if r.State == active {
		return place{list: e.list("live"), sort: r.Created}
	}
	if r.State == purging {
		at, owner, _ := strings.Cut(r.Sort, "#")
		look, err := time.Parse(timeLayout, at)
		if err != nil || owner != e.customer {
			look = e.now()
		}
		return e.expiring(look, customer.MinPurgeGrace)
	}
	due := r.Deletion.PurgeTime.Time
	switch {
	case len(r.Holds) > 0:
		return place{list: e.list("trash"), sort: held + "#" + e.customer}
	case due.IsZero():
		return place{list: e.list("trash"), sort: neverDue + "#" + e.customer}
	}
	return e.expiring(due, 0)
}

// list returns a list's name with the root's shard. The shard that the root is in is correct if it
// exists.
func (e *examination) list(name string) string {
	_, text, _ := strings.Cut(e.root.List, "#")
	shard, err := strconv.Atoi(text)
	if err != nil || shard < 0 || e.check.Shards > 0 && shard >= e.check.Shards {
		h := fnv.New32a()
		h.Write([]byte(e.customer))
		shard = int(h.Sum32() % uint32(max(e.check.Shards, 1)))
	}
	return fmt.Sprintf("%s#%d", name, shard)
}

func (e *examination) checkPlace() bool {
	r, want := e.root, e.place()
	ttl := r.TTL == want.ttl
	if e.check.AnyGrace && want.ttl > 0 {
		ttl = r.TTL >= want.earliest
	}
	if r.List == want.list && r.Sort == want.sort && ttl {
		return true
	}
	e.rootProblem(WrongPlace, e.fixRoot(repair.Relist), "%s, but in list %s at %s with ttl %d instead of list %s at %s with ttl %d", r.State, r.List, r.Sort, r.TTL, want.list, want.sort, want.ttl)
	return false
}

// checkOverdue finds customers that were not purged in time.
func (e *examination) checkOverdue() {
	if e.check.Slack == 0 || len(e.root.Holds) > 0 || e.root.State == active {
		return
	}
	at, _, _ := strings.Cut(e.root.Sort, "#")
	since, err := time.Parse(timeLayout, at)
	if err != nil || !e.now().After(since.Add(e.check.Slack)) {
		return
	}
	if e.root.State == deleted {
		e.rootProblem(Overdue, e.fixRoot(repair.StartPurge), "due since %s, and not purged", at)
		return
	}
	e.rootProblem(Stuck, e.fixRoot(repair.ReleasePurge), "its purge stopped at %s", at)
}

// checkResurrection finds a customer that exists although the ledger certifies its purge. It is correct
// if another purge of it is running.
func (e *examination) checkResurrection() {
	for _, cert := range e.certs {
		if e.root.State == purging && !e.check.Finished {
			continue
		}
		e.rootProblem(Resurrected, nil, "exists (%s) although the ledger certifies the purge of generation %s; use the operation replay to purge it again", e.root.State, cert.SK)
	}
}
