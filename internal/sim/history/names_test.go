package history

import (
	"slices"
	"strings"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// named is what customers are and were called.
type named struct {
	of  map[string][]string // by customer
	all []string            // in the order in which they came up
}

// nameOf is the name in a profile of the simulation.
func nameOf(p customer.Profile) string { return strings.TrimPrefix(p.Organisation, "Firm ") }

// christen notes a name.
func (n *named) christen(c *customer.Customer) {
	name := nameOf(c.Profile)
	if n.of == nil {
		n.of = map[string][]string{}
	}
	if !slices.Contains(n.of[c.ID], name) {
		n.of[c.ID], n.all = append(n.of[c.ID], name), append(n.all, name)
	}
}

// why is a reason that names those who were last given a name.
func (h *history) why() string {
	last := h.called.all[max(0, len(h.called.all)-6):]
	return strings.Join(append([]string{"asked for"}, last...), " ")
}

// told checks a reason that outlives a customer.
func (h *history) told(where, reason, id string) {
	for word := range strings.FieldsSeq(reason) {
		if slices.Contains(h.called.of[id], word) {
			h.broken("%s: tells that %s is or was called %s", where, id, word)
		}
	}
}

// logged checks what the consumer of the change stream logs of a change.
func (h *history) logged(before, after *customer.Customer) {
	if e, ok := customer.Describe(before, after, "", time.Now(), false); ok {
		h.told("the log of "+after.ID, e.Reason, after.ID)
	}
}

// reasoned checks the reason of an operation whose planning has ended.
func (h *history) reasoned(op bulk.Operation) {
	chunks, _ := h.model.ChunksOf(op.ID)
	for _, c := range chunks {
		for _, s := range c.Subjects {
			h.told(op.ID, op.Reason, s.ID)
		}
	}
	if op.Planned.IsZero() && op.Reason+op.Position != "" {
		h.broken("%s: has ended before it was planned, and keeps %q, %q", op.ID, op.Reason, op.Position)
	}
}
