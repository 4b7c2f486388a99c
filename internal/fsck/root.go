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

// checkRoot looks for what a root contradicts itself in.
func (e *examination) checkRoot() {
	r := e.root
	if r.Version < 1 {
		e.rooted(BadState, e.fixRoot(repair.SetVersion), "version %d", r.Version)
	}
	e.checkFormer()
	e.checkFrozen()
	e.checkRecent()
	placed := e.checkCreated()
	switch r.State {
	case active:
		if r.Deletion != nil {
			e.rooted(BadState, e.fixRoot(repair.DropDeletion), "active with a deletion")
		}
	case deleted, purging:
		if r.Deletion == nil {
			e.rooted(BadState, e.fixRoot(repair.SetDeletion), "%s without a deletion", r.State)
			return
		}
		if r.State == purging && len(r.Holds) > 0 {
			e.rooted(BadState, nil, "purging under legal hold: somebody has to decide which it is")
		}
		if _, err := parseDue(r.Deletion.PurgeTime); err != nil {
			e.rooted(BadState, nil, "due at no time")
			return
		}
	default:
		e.rooted(BadState, nil, "in no known state")
		return
	}
	if placed && e.checkNotice() && e.checkPlace() {
		e.checkForgotten()
	}
}

// checkNotice says whether a customer whose last change was the lift of its last legal hold
// was given the time to be restored.
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
	e.rooted(BadState, e.fixRoot(repair.GiveNotice), "due at %s, though its last legal hold was lifted at %s", r.Deletion.PurgeTime, r.Last.At)
	return false
}

// checkCreated says whether the creation is fit to place one that is active.
func (e *examination) checkCreated() bool {
	at, owner, _ := strings.Cut(e.root.Created, "#")
	if _, err := time.Parse(timeLayout, at); err == nil && owner == e.customer {
		return true
	}
	e.rooted(BadState, e.fixRoot(repair.SetCreated), "created at no place among the living")
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

// place is where the root's state says that it should stand. One that is being purged
// may look for help at any time: at that which it has, if it has one.
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

// list is a list's name with the root's shard: what it has, unless that is none.
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
	e.rooted(WrongPlace, e.fixRoot(repair.Relist), "%s, but in list %s at %s with ttl %d instead of list %s at %s with ttl %d", r.State, r.List, r.Sort, r.TTL, want.list, want.sort, want.ttl)
	return false
}

// checkForgotten finds whom no sweep has come for.
func (e *examination) checkForgotten() {
	if e.check.Slack == 0 || len(e.root.Holds) > 0 || e.root.State == active {
		return
	}
	at, _, _ := strings.Cut(e.root.Sort, "#")
	since, err := time.Parse(timeLayout, at)
	if err != nil || !e.now().After(since.Add(e.check.Slack)) {
		return
	}
	if e.root.State == deleted {
		e.rooted(Overdue, e.fixRoot(repair.StartPurge), "due since %s, and nobody has come", at)
		return
	}
	e.rooted(Stuck, e.fixRoot(repair.ReleasePurge), "its purge has stood still since %s", at)
}

// checkResurrection finds who is back. One past the fence is on its way out again.
func (e *examination) checkResurrection() {
	for _, cert := range e.certs {
		if e.root.State == purging && !e.check.Finished {
			continue
		}
		e.rooted(Resurrected, nil, "is there, %s, though the ledger says that generation %s was purged; the operation replay purges it again", e.root.State, cert.SK)
	}
}
