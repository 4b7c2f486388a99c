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
	e.checkFormer()
	e.checkFrozen()
	e.checkRecent()
	created, state := e.checkCreated(), e.checkState()
	if created && state && e.checkNotice() && e.checkPlace() {
		e.checkOverdue()
	}
}

// checkState says whether the state and the deletion are fit to say where the root should be.
func (e *examination) checkState() bool {
	r := e.root
	switch r.State {
	case active:
		if r.Deletion != nil {
			e.rootProblem(BadState, e.fixRoot(repair.DropDeletion), "active with a deletion")
		}
		return true
	case deleted, purging:
		return e.checkDeletion()
	}
	e.rootProblem(BadState, nil, "in no known state")
	return false
}

func (e *examination) checkDeletion() bool {
	r := e.root
	if r.Deletion == nil {
		e.rootProblem(BadState, e.fixRoot(repair.SetDeletion), "%s without a deletion", r.State)
		return false
	}
	if r.State == purging && len(r.Holds) > 0 {
		e.rootProblem(BadState, nil, "purging under legal hold; decide which of them is right")
	}
	if _, err := parseDue(r.Deletion.PurgeTime); err != nil {
		e.rootProblem(BadState, nil, "its purge time can't be read")
		return false
	}
	return true
}

// checkNotice judges a customer whose last change was the lift of its last legal hold: there must be time to restore it.
func (e *examination) checkNotice() bool {
	r := e.root
	if r.State != deleted || len(r.Holds) > 0 || r.Last.Action != string(customer.ActionHoldLifted) {
		return true
	}
	lifted, err := time.Parse(timeLayout, r.Last.At)
	due, _ := parseDue(r.Deletion.PurgeTime)
	if err != nil || due.IsZero() || !due.Before(lifted.Add(customer.LiftNotice)) {
		return true
	}
	e.rootProblem(BadState, e.fixRoot(repair.GiveNotice), "due at %s, though its last legal hold was lifted at %s", r.Deletion.PurgeTime, r.Last.At)
	return false
}

// checkCreated says whether the creation is fit to place one that is active.
func (e *examination) checkCreated() bool {
	at, owner, _ := strings.Cut(e.root.Created, "#")
	if _, err := time.Parse(timeLayout, at); err == nil && owner == e.customer {
		return true
	}
	e.rootProblem(BadState, e.fixRoot(repair.SetCreated), "its place in the list of active customers can't be read")
	return e.root.State != active
}

func parseDue(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.Parse(timeLayout, s)
}

// place is where a root stands in the lists, and when TTL takes it.
type place struct {
	list, sort string
	ttl        int64
}

// place is where the root's state says that it should be. A purge may be listed at any time: at the one that it has.
func (e *examination) place() place {
	r := e.root
	if r.State == active {
		return place{list: e.list("live"), sort: r.Created}
	}
	trash := e.list("trash")
	if r.State == purging {
		at, owner, _ := strings.Cut(r.Sort, "#")
		look, err := time.Parse(timeLayout, at)
		if err != nil || owner != e.customer {
			look = e.now()
		}
		return place{trash, formatTime(look) + "#" + e.customer, look.Add(e.check.Grace).Unix()}
	}
	due, _ := parseDue(r.Deletion.PurgeTime)
	switch {
	case len(r.Holds) > 0:
		return place{list: trash, sort: held + "#" + e.customer}
	case due.IsZero():
		return place{list: trash, sort: neverDue + "#" + e.customer}
	}
	return place{trash, formatTime(due) + "#" + e.customer, due.Add(e.check.Grace).Unix()}
}

// list is a list's name with the root's shard: the one where the root is, if there is such a shard.
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
		ttl = r.TTL >= want.ttl-int64(e.check.Grace.Seconds())
	}
	if r.List == want.list && r.Sort == want.sort && ttl {
		return true
	}
	e.rootProblem(WrongPlace, e.fixRoot(repair.Relist), "%s, but in list %s at %s with ttl %d instead of list %s at %s with ttl %d", r.State, r.List, r.Sort, r.TTL, want.list, want.sort, want.ttl)
	return false
}

// checkOverdue finds customers that no sweep has purged in time.
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

// checkResurrection finds a customer that the ledger says was purged. One that is being purged again is right.
func (e *examination) checkResurrection() {
	for _, cert := range e.certs {
		if e.root.State == purging && !e.check.Finished {
			continue
		}
		e.rootProblem(Resurrected, nil, "is there (%s), though the ledger says that generation %s was purged; the operation replay purges it again", e.root.State, cert.SK)
	}
}
