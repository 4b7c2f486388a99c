package fsck

import (
	"context"
	"maps"
	"slices"
	"strings"

	"lethe/internal/customer"
	"lethe/internal/repair"
)

// readLeftovers finds items of a customer who is gone. One repair is for all of them: it puts the root
// back in the state purging, and a purge then erases and certifies them.
func (e *examination) readLeftovers(ctx context.Context) error {
	terms, claims, err := e.strayNames(ctx)
	if err != nil {
		return err
	}
	if err := e.readRetained(ctx); err != nil {
		return err
	}
	why, err := e.keepReason(ctx)
	if err != nil {
		return err
	}
	f := together(func(ctx context.Context) error { return e.restore(ctx, terms, claims) })
	if why != "" {
		f = nil
	}
	before := len(e.problems)
	e.checkOrphans(f)
	for _, s := range terms {
		e.stray(OrphanTerm, s, "a search term of a customer who is gone", f)
	}
	for _, s := range claims {
		e.stray(OrphanClaim, s, "an e-mail address claimed for a customer who is gone", f)
	}
	if len(e.certs) == 0 && len(e.retained) > 0 {
		e.problem(RetainedWrong, key{"X#" + e.customer, recordPrefix}, "retained records without a certificate", f)
	}
	for i := range e.problems[min(before, len(e.problems)):] {
		e.problems[before+i].Problem += why
	}
	return nil
}

// keepReason says why the items must not be purged; it is empty if they may be. They must not be if the
// audit log shows that the customer was not deleted before its root was lost.
func (e *examination) keepReason(ctx context.Context) (string, error) {
	n := 0
	for it, err := range e.check.client.query(ctx, e.check.Table, "A#"+e.customer, true, "action") {
		if err != nil {
			return "", err
		}
		switch customer.Action(stringOf(it, "action")) {
		case customer.ActionDeleted, customer.ActionRedated, customer.ActionExpired, customer.ActionPurged, customer.ActionPurgeStarted:
			return "", nil
		case customer.ActionCreated, customer.ActionRestored, customer.ActionUpdated, customer.ActionRecordsAdded, customer.ActionHoldPlaced:
			return "; by the audit log the customer was not deleted, or was under legal hold: restore its root from a backup", nil
		case customer.ActionBlocked, customer.ActionUnblocked, customer.ActionHoldLifted, customer.ActionRecordsRemoved, customer.ActionRepaired:
			// these happen to active and to deleted customers: an earlier entry decides
		}
		if n++; n == pageItems {
			break
		}
	}
	return "", nil
}

// restore puts back a root for the items that were found.
func (e *examination) restore(ctx context.Context, terms, claims []stray) error {
	counts, err := e.leftCounts(ctx)
	if err != nil {
		return err
	}
	var words []string
	for _, s := range terms {
		if term, id, _ := strings.Cut(s.SK, "#"); s.key == termKey(term, id) {
			words = append(words, term)
		}
	}
	slices.Sort(words)
	email := ""
	if len(claims) > 0 { // the next check finds the others as strays of the new root
		email = strings.TrimPrefix(claims[0].PK, "E#")
	}
	return e.repair(ctx, repair.PutBack{Counts: counts, Terms: slices.Compact(words), Email: email}, e.change())
}

// leftCounts counts the records, including those that a purge copied to be retained but has not
// certified.
func (e *examination) leftCounts(ctx context.Context) (map[string]int64, error) {
	counts := maps.Clone(e.tree.counts)
	if len(e.certs) > 0 || len(e.retained) == 0 {
		return counts, nil
	}
	var copied []key
	flush := func() error {
		left, err := e.check.client.batchGet(ctx, e.check.Table, copied, true)
		for _, k := range copied {
			if kind, _, ok := splitRecord(k.SK); ok && left[k].SK == "" {
				counts[kind]++
			}
		}
		copied = copied[:0]
		return err
	}
	for it, err := range e.check.client.query(ctx, e.check.Table, "X#"+e.customer, false, "sk") {
		if err != nil {
			return nil, err
		}
		copied = append(copied, key{customerPK(e.customer), stringOf(it, "sk")})
		if len(copied) == maxBatchGet {
			if err := flush(); err != nil {
				return nil, err
			}
		}
	}
	return counts, flush()
}
