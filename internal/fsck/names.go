package fsck

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
)

// lists says whether a root lists the search term with a key, at its right place.
func (r row) lists(k key) bool {
	term, id, _ := strings.Cut(k.sk, "#")
	return k == termKey(term, id) && slices.Contains(r.Terms, term)
}

// claims says whether a root has the e-mail address with a claim's key.
func (r row) claims(k key) bool { return r.claimed() != "" && k == claimKey(r.claimed()) }

// visitTerm asks the root that a search term points to.
func (s *segment) visitTerm(ctx context.Context, r row) error {
	term, id, ok := strings.Cut(r.SK, "#")
	if !ok || term == "" || id == "" {
		s.tellUnknown(r.key(), "no search term has such a key")
		return nil
	}
	return s.ask(ctx, id, stray{r.key(), s.where()}, row.lists)
}

// visitClaim asks the root that has claimed an e-mail address.
func (s *segment) visitClaim(ctx context.Context, r row) error {
	if r.Customer == "" {
		s.tellUnknown(r.key(), "a claim of nobody")
		return nil
	}
	return s.ask(ctx, r.Customer, stray{r.key(), s.where()}, row.claims)
}

// ask suspects an item that its customer doesn't know of.
func (s *segment) ask(ctx context.Context, id string, points stray, knows func(row, key) bool) error {
	return s.look(ctx, lookup{rootKey(id), func(ctx context.Context, root row, there bool) error {
		if there && knows(root, points.key) {
			return nil
		}
		return s.suspect(ctx, suspect{customer: id, about: strays, strays: []stray{points}})
	}})
}

// readNames looks whether the root's terms and claim are there. A purge erases them first.
func (e *examination) readNames(ctx context.Context) error {
	if e.root.State == purging {
		return nil
	}
	var keys []key
	for _, term := range slices.Compact(slices.Sorted(slices.Values(e.root.Terms))) {
		keys = append(keys, termKey(term, e.customer))
	}
	if identity := e.root.claimed(); identity != "" {
		keys = append(keys, claimKey(identity))
	}
	found, err := e.run.client.batchGet(ctx, e.run.Table, keys, true)
	if err != nil {
		return err
	}
	for _, k := range keys {
		claim, there := found[k]
		switch {
		case strings.HasPrefix(k.pk, "E#"):
			if claim.Customer == e.customer {
				continue
			}
			if err := e.unclaimed(ctx, k, claim.Customer); err != nil {
				return err
			}
		case !there:
			e.problem(TermMissing, k, "a search term of the customer is gone", func(ctx context.Context) error { return e.put(ctx, k, nil) })
		}
	}
	return nil
}

// unclaimed is the problem of an e-mail address that is not claimed, or for somebody
// else: who has it too, unless that claim is a stray.
func (e *examination) unclaimed(ctx context.Context, k key, owner string) error {
	if owner == "" {
		e.problem(ClaimMissing, k, "its e-mail address is not claimed for it", func(ctx context.Context) error {
			return e.put(ctx, k, item{"customer": text(e.customer)})
		})
		return nil
	}
	other := e.run.newExamination(suspect{customer: owner})
	it, err := e.run.client.get(ctx, e.run.Table, rootKey(owner))
	if err != nil {
		return err
	}
	if it != nil {
		root, ok := readable(it)
		if !ok || root.claims(k) {
			e.problem(ClaimMissing, k, "its e-mail address is claimed for customer "+owner+", who has it too: one of them has to give it up", nil)
			return nil
		}
		other.root = &root
	}
	e.problem(ClaimMissing, k, "its e-mail address is claimed for customer "+owner+", who doesn't have it", func(ctx context.Context) error {
		return e.takeOver(ctx, k, other)
	})
	return nil
}

// takeOver claims an e-mail address that is claimed for somebody who doesn't have it.
func (e *examination) takeOver(ctx context.Context, k key, other *examination) error {
	it := k.item()
	it["customer"] = text(e.customer)
	write, err := e.run.putting(it, expression.Name("customer").Equal(expression.Value(other.customer)))
	if err != nil {
		return fmt.Errorf("fsck: repair: %w", err)
	}
	check, err := other.check()
	if err != nil {
		return fmt.Errorf("fsck: repair: %w", err)
	}
	return e.commit(ctx, write, check)
}

// put puts an item that the root wants to be there.
func (e *examination) put(ctx context.Context, k key, more item) error {
	it := k.item()
	maps.Copy(it, more)
	write, err := e.run.putting(it, expression.Name("pk").AttributeNotExists())
	if err != nil {
		return fmt.Errorf("fsck: repair: %w", err)
	}
	return e.commit(ctx, write)
}

// unknown are the strays that are there, and that the root doesn't know of.
func (e *examination) unknown(ctx context.Context) (terms, claims []stray, err error) {
	keys := make([]key, len(e.strays))
	for i, s := range e.strays {
		keys[i] = s.key
	}
	found, err := e.run.client.batchGet(ctx, e.run.Table, keys, true)
	for _, s := range e.strays {
		r, there := found[s.key]
		switch {
		case !there:
		case strings.HasPrefix(s.pk, "S#") && (e.root == nil || !e.root.lists(s.key)):
			terms = append(terms, s)
		case strings.HasPrefix(s.pk, "E#") && r.Customer == e.customer && (e.root == nil || !e.root.claims(s.key)):
			claims = append(claims, s)
		}
	}
	return terms, claims, err
}

// readStrays finds terms and claims that a root doesn't know of.
func (e *examination) readStrays(ctx context.Context) error {
	terms, claims, err := e.unknown(ctx)
	if err != nil {
		return err
	}
	for _, s := range terms {
		e.stray(OrphanTerm, s, "a search term that its customer doesn't list", func(ctx context.Context) error {
			return e.remove(ctx, s.key, expression.Name("pk").AttributeExists())
		})
	}
	for _, s := range claims {
		e.stray(OrphanClaim, s, "an e-mail address claimed for a customer who doesn't have it", func(ctx context.Context) error {
			return e.remove(ctx, s.key, expression.Name("customer").Equal(expression.Value(e.customer)))
		})
	}
	return nil
}

func (e *examination) stray(rule Rule, s stray, what string, f fix) {
	e.problem(rule, s.key, what, f)
	if last := &e.problems[len(e.problems)-1]; last.Key == s.shown() {
		last.At = s.where
	}
}

func (e *examination) remove(ctx context.Context, k key, when expression.ConditionBuilder) error {
	write, err := e.run.deleting(k, when)
	if err != nil {
		return fmt.Errorf("fsck: repair: %w", err)
	}
	return e.commit(ctx, write)
}
