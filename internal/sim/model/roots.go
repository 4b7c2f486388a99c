package model

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"lethe/internal/customer"
)

// Table is the model as a [customer.Store].
type Table struct{ *Model }

var _ customer.Store = Table{}

// root is a customer, its place in the lists and its TTL.
type root struct {
	customer.Customer

	sweepAt time.Time // when the sweep handles it; zero: never
	ttl     time.Time // zero: none
}

// clone returns a deep copy of a customer.
func clone(c customer.Customer) customer.Customer {
	c.Counts, c.Holds = maps.Clone(c.Counts), maps.Clone(c.Holds)
	c.Terms, c.Former = slices.Clone(c.Terms), slices.Clone(c.Former)
	if c.Deletion != nil {
		d := *c.Deletion
		c.Deletion = &d
	}
	return c
}

func (r *root) place(lease time.Time) {
	switch {
	case r.State == customer.Active, len(r.Holds) > 0:
		r.sweepAt = time.Time{}
	case r.State == customer.Purging:
		r.sweepAt = lease
	default:
		r.sweepAt = r.Deletion.PurgeTime
	}
	r.ttl = time.Time{}
	if !r.sweepAt.IsZero() {
		r.ttl = r.sweepAt.Add(r.grace())
	}
}

// grace is the time from the sweep to the TTL. A root past the fence outlives the stream records of the time before it.
func (r *root) grace() time.Duration {
	if r.State == customer.Purging {
		return max(Grace, customer.MinPurgeGrace)
	}
	return Grace
}

// setChange stores the last change, and the id that recognises a repeat of it.
func (r *root) setChange(ch customer.Change, id string) {
	r.Last, r.Recent = kept(ch), r.Recent.With(id)
}

// kept returns the part of a change that the table stores.
func kept(ch customer.Change) customer.Change {
	ch.Once, ch.IfVersion = nil, 0
	return ch
}

// put writes a root and calls WatchRoot.
func (m *Model) put(ctx context.Context, r root) {
	before := m.roots[r.ID]
	m.changed[r.ID]++
	r.Last = kept(r.Last)
	m.roots[r.ID] = &r
	m.list.update(r.ID, &r)
	if m.WatchRoot != nil {
		m.WatchRoot(ctx, customerOf(before), customerOf(&r))
	}
}

// drop removes a root and calls WatchRoot.
func (m *Model) drop(ctx context.Context, id string) {
	before := m.roots[id]
	delete(m.roots, id)
	m.list.update(id, nil)
	if m.WatchRoot != nil {
		m.WatchRoot(ctx, customerOf(before), nil)
	}
}

func customerOf(r *root) *customer.Customer {
	if r == nil {
		return nil
	}
	return &r.Customer
}

// transition is one conditional change of one customer.
type transition struct {
	id     string
	change customer.Change
	can    func(customer.Customer) error
	make   func(*root)
}

func (t Table) apply(ctx context.Context, method string, tr transition) (c customer.Customer, err error) {
	failed := t.request(ctx, method, tr.id, func(Verdict) { c, err = t.transit(ctx, tr) })
	if failed != nil {
		return customer.Customer{}, failed
	}
	return clone(c), err
}

func (t Table) transit(ctx context.Context, tr transition) (customer.Customer, error) {
	if err := t.replayed(tr.change); err != nil {
		return customer.Customer{}, err
	}
	old := t.roots[tr.id]
	switch {
	case old == nil:
		return customer.Customer{}, customer.ErrNotFound
	case old.Made(tr.change.ID):
		return old.Customer, nil
	}
	reason := tr.can(old.Customer)
	if v := tr.change.IfVersion; v != 0 && v != old.Version && reason != customer.ErrUnchanged { //nolint:errorlint // as the rules return it
		reason = customer.ErrVersion
	}
	if reason == customer.ErrUnchanged { //nolint:errorlint // as above
		t.remember(tr.change, tr.id, old.TraceAt(tr.change.At))
	}
	if reason != nil {
		return old.Customer, reason
	}
	next := root{Customer: clone(old.Customer), sweepAt: old.sweepAt, ttl: old.ttl}
	next.Version++
	next.setChange(tr.change, tr.change.ID)
	tr.make(&next)
	t.put(ctx, next)
	t.remember(tr.change, tr.id, next.Trace())
	return next.Customer, nil
}

// Customer reads one customer.
func (t Table) Customer(ctx context.Context, id string) (c customer.Customer, err error) {
	failed := t.request(ctx, "Customer", id, func(Verdict) {
		c, err = customer.Customer{}, customer.ErrNotFound
		if r := t.roots[id]; r != nil {
			c, err = clone(r.Customer), nil
		}
	})
	if failed != nil {
		return customer.Customer{}, failed
	}
	return c, err
}

// Roots reads many customers and leaves out those that do not exist.
func (t Table) Roots(ctx context.Context, ids []string) (found []customer.Customer, err error) {
	err = t.request(ctx, "Roots", strings.Join(ids, " "), func(Verdict) {
		found = nil
		for _, id := range ids {
			if r := t.roots[id]; r != nil {
				found = append(found, clone(r.Customer))
			}
		}
	})
	return found, err
}

// Units returns the units of a small customer: the model has no sizes.
func (t Table) Units(customer.Customer) customer.Units { return customer.Units{Root: 1, Entry: 1} }

// EmailOwner returns the id of the customer that claims an address.
func (t Table) EmailOwner(ctx context.Context, email string) (owner string, err error) {
	var ok bool
	if err := t.request(ctx, "EmailOwner", email, func(Verdict) { owner, ok = t.claims[t.identity(email)] }); err != nil {
		return "", err
	}
	if !ok {
		return "", customer.ErrNotFound
	}
	return owner, nil
}

// Replayed returns a [customer.ReplayError] if another change was made under the key of this one.
func (t Table) Replayed(ctx context.Context, ch customer.Change) (err error) {
	if ch.Once == nil {
		return nil
	}
	failed := t.request(ctx, "Replayed", ch.Once.Key, func(Verdict) { err = t.replayed(ch) })
	return cmp.Or(failed, err)
}

// Create adds a customer with its claim and terms.
func (t Table) Create(ctx context.Context, c customer.Customer) (err error) {
	failed := t.request(ctx, "Create", c.ID, func(Verdict) { err = t.create(ctx, c) })
	if failed != nil {
		return failed
	}
	return err
}

func (t Table) create(ctx context.Context, c customer.Customer) error {
	if err := t.replayed(c.Last); err != nil {
		return err
	}
	if old := t.roots[c.ID]; old != nil {
		if !old.Made(c.Last.ID) {
			return customer.ErrExists
		}
		return nil
	}
	c = clone(c).WithNames(t.NamesOf(c.Profile))
	if err := t.claimable(c.Claimed(), c.ID); err != nil {
		return err
	}
	c.Recent = c.Recent.With(c.Last.ID)
	t.claim(c)
	t.put(ctx, root{Customer: c})
	t.remember(c.Last, c.ID, c.Trace())
	return nil
}

// identity returns the form of an address that is claimed.
func (m *Model) identity(email string) string {
	p := customer.Profile{Email: email}
	return cmp.Or(m.NamesOf(p).Claim, email)
}

func (m *Model) claimable(identity, id string) error {
	if owner, ok := m.claims[identity]; identity != "" && ok && owner != id {
		return &customer.EmailTakenError{Owner: owner}
	}
	return nil
}

// claim writes a customer's claim and search terms.
func (m *Model) claim(c customer.Customer) {
	if identity := c.Claimed(); identity != "" {
		m.claims[identity] = c.ID
	}
	if m.terms[c.ID] == nil {
		m.terms[c.ID] = map[string]bool{}
	}
	for _, term := range c.Terms {
		m.terms[c.ID][term] = true
	}
}

// Revise replaces a profile, its claim and terms.
func (t Table) Revise(ctx context.Context, old, revised customer.Customer) (err error) {
	failed := t.request(ctx, "Revise", old.ID, func(Verdict) { err = t.revise(ctx, old, revised) })
	if failed != nil {
		return failed
	}
	return err
}

func (t Table) revise(ctx context.Context, old, revised customer.Customer) error {
	if err := t.replayed(revised.Last); err != nil {
		return err
	}
	now := t.roots[old.ID]
	switch {
	case now == nil:
		return customer.ErrNotFound
	case now.Made(revised.Last.ID):
		return nil
	}
	if err := now.CanChange(); err != nil {
		return err
	}
	if now.Version != old.Version {
		return customer.ErrVersion
	}
	revised = revised.WithNames(t.NamesOf(revised.Profile))
	if err := t.claimable(revised.Claimed(), old.ID); err != nil {
		return err
	}
	next := root{Customer: clone(now.Customer), sweepAt: now.sweepAt, ttl: now.ttl}
	next.Profile, next.Version, next.Terms = revised.Profile, revised.Version, revised.Terms
	next.Claim = revised.Claim
	next.Former = slices.Clone(revised.Former)
	next.setChange(revised.Last, revised.Last.ID)
	for _, term := range old.Terms {
		delete(t.terms[old.ID], term)
	}
	if old.Claimed() != revised.Claimed() {
		delete(t.claims, old.Claimed())
	}
	t.claim(next.Customer)
	t.put(ctx, next)
	t.remember(revised.Last, old.ID, next.Trace())
	return nil
}
