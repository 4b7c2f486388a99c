package history

import (
	"slices"
	"strings"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// pastNames are the names that customers have or had.
type pastNames struct {
	of  map[string][]string // by customer
	all []string            // in the order of their first use
}

// nameOf returns the name in a profile of the simulation.
func nameOf(p customer.Profile) string { return strings.TrimPrefix(p.Organisation, "Firm ") }

// add adds the name of a customer.
func (n *pastNames) add(c *customer.Customer) {
	name := nameOf(c.Profile)
	if n.of == nil {
		n.of = map[string][]string{}
	}
	if !slices.Contains(n.of[c.ID], name) {
		n.of[c.ID], n.all = append(n.of[c.ID], name), append(n.all, name)
	}
}

// reason returns a reason that contains the latest names.
func (h *history) reason() string {
	last := h.called.all[max(0, len(h.called.all)-6):]
	return strings.Join(append([]string{"asked for"}, last...), " ")
}

// checkReason checks that a reason that outlives a customer does not name it.
func (h *history) checkReason(where, reason, id string) {
	for word := range strings.FieldsSeq(reason) {
		if slices.Contains(h.called.of[id], word) {
			h.broken("%s: the reason contains a name of %s: %s", where, id, word)
		}
	}
}

// logged checks the audit entry that the consumer of the change stream writes for a change.
func (h *history) logged(before, after *customer.Customer) {
	if e, ok := customer.Describe(before, after, "", time.Now(), false); ok {
		h.checkReason("the log of "+after.ID, e.Reason, after.ID)
	}
}

// checkPlanned checks the reason of an operation after its planning.
func (h *history) checkPlanned(op bulk.Operation) {
	chunks, _ := h.model.ChunksOf(op.ID)
	for _, c := range chunks {
		for _, s := range c.Subjects {
			h.checkReason(op.ID, op.Reason, s.ID)
		}
	}
	if op.Planned.IsZero() && op.Reason+op.Position != "" {
		h.broken("%s: ended without a plan, but keeps the reason %q and the position %q", op.ID, op.Reason, op.Position)
	}
}
