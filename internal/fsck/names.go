package fsck

import (
	"context"
	"slices"
	"strings"

	"lethe/internal/repair"
)

// lists reports whether the root lists the search term with the key, and the key is the right one.
func (r row) lists(k key) bool {
	_, id, _ := strings.Cut(k.SK, "#")
	return k == termKey(termOf(k), id) && slices.Contains(r.Terms, termOf(k))
}

// termOf returns the search term of a key.
func termOf(k key) string {
	term, _, _ := strings.Cut(k.SK, "#")
	return term
}

// claims reports whether the key belongs to the claim for the root's e-mail address.
func (r row) claims(k key) bool { return r.claimed() != "" && k == claimKey(r.claimed()) }

// visitTerm checks that the customer of a search term lists it.
func (s *segment) visitTerm(ctx context.Context, r row) error {
	term, id, ok := strings.Cut(r.SK, "#")
	if !ok || term == "" || id == "" {
		s.check.addUnknown(r.key(), "no search term has such a key")
		return nil
	}
	return s.checkOwner(ctx, id, stray{r.key(), s.where()}, row.lists)
}

// visitClaim checks that the customer of a claim has its e-mail address.
func (s *segment) visitClaim(ctx context.Context, r row) error {
	if r.Customer == "" {
		s.check.addUnknown(r.key(), "a claim that names no customer")
		return nil
	}
	return s.checkOwner(ctx, r.Customer, stray{r.key(), s.where()}, row.claims)
}

// checkOwner makes the customer that an item points to a suspect, unless its root knows the item.
func (s *segment) checkOwner(ctx context.Context, id string, points stray, knows func(row, key) bool) error {
	return s.addLookups(ctx, lookup{rootKey(id), func(ctx context.Context, root row, there bool) error {
		if there && knows(root, points.key) {
			return nil
		}
		return s.check.suspect(ctx, suspect{customer: id, about: strays, strays: []stray{points}})
	}})
}

// readNames checks that the root's terms and claim exist, unless a purge is running: it erases them
// first.
func (e *examination) readNames(ctx context.Context) error {
	if e.root.State == purging {
		return nil
	}
	terms := slices.Compact(slices.Sorted(slices.Values(e.root.Terms)))
	var keys []key
	for _, term := range terms {
		keys = append(keys, termKey(term, e.customer))
	}
	claim := claimKey(e.root.claimed())
	if e.root.claimed() != "" {
		keys = append(keys, claim)
	}
	found, err := e.check.client.batchGet(ctx, e.check.Table, keys, true)
	if err != nil {
		return err
	}
	for i, term := range terms {
		if _, there := found[keys[i]]; !there {
			e.problem(TermMissing, keys[i], "a search term of the customer is gone", e.fix(repair.PutTerm{Term: term}))
		}
	}
	if owner := found[claim].Customer; e.root.claimed() != "" && owner != e.customer {
		return e.unclaimed(ctx, claim, owner)
	}
	return nil
}

// unclaimed adds the problem of an e-mail address that is not claimed for the customer. It may be claimed
// for another customer, who may have the address, too.
func (e *examination) unclaimed(ctx context.Context, k key, owner string) error {
	if owner == "" {
		e.problem(ClaimMissing, k, "its e-mail address is not claimed for it", e.fix(repair.PutClaim{Identity: e.root.claimed()}))
		return nil
	}
	other := repair.Seen{ID: owner}
	it, err := e.check.client.get(ctx, e.check.Table, rootKey(owner))
	if err != nil {
		return err
	}
	if it != nil {
		root, ok := readable(it)
		if !ok || root.claims(k) {
			e.problem(ClaimMissing, k, "its e-mail address is claimed for customer "+owner+", who has it too: change the e-mail address of one of them", nil)
			return nil
		}
		other.Root = it
	}
	e.problem(ClaimMissing, k, "its e-mail address is claimed for customer "+owner+", who doesn't have it", e.fix(repair.TakeClaim{Identity: e.root.claimed(), From: other}))
	return nil
}

// strayNames returns the suspected terms and claims that exist and that the root doesn't have.
func (e *examination) strayNames(ctx context.Context) (terms, claims []stray, err error) {
	keys := make([]key, len(e.strays))
	for i, s := range e.strays {
		keys[i] = s.key
	}
	found, err := e.check.client.batchGet(ctx, e.check.Table, keys, true)
	for _, s := range e.strays {
		r, there := found[s.key]
		switch {
		case !there:
		case strings.HasPrefix(s.PK, "S#") && (e.root == nil || !e.root.lists(s.key)):
			terms = append(terms, s)
		case strings.HasPrefix(s.PK, "E#") && r.Customer == e.customer && (e.root == nil || !e.root.claims(s.key)):
			claims = append(claims, s)
		}
	}
	return terms, claims, err
}

// readStrays finds terms and claims of the customer that its root doesn't have.
func (e *examination) readStrays(ctx context.Context) error {
	terms, claims, err := e.strayNames(ctx)
	if err != nil {
		return err
	}
	for _, s := range terms {
		e.stray(OrphanTerm, s, "a search term that its customer doesn't list", e.fix(repair.RemoveTerm{Key: repair.Key(s.key)}))
	}
	for _, s := range claims {
		e.stray(OrphanClaim, s, "an e-mail address claimed for a customer who doesn't have it", e.fix(repair.RemoveClaim{Key: repair.Key(s.key)}))
	}
	return nil
}

func (e *examination) stray(rule Rule, s stray, text string, f fix) {
	e.problem(rule, s.key, text, f)
	if last := &e.problems[len(e.problems)-1]; last.Key == s.shown() {
		last.At = s.where
	}
}
