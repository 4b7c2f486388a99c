package history

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"lethe/internal/admin"
	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/operations"
	"lethe/internal/sim/model"
)

// fourEyes are the rules of what needs a second person. Only some histories have any, and they have draws of their own, so
// that the others don't depend on them.
type fourEyes struct {
	rng     *rand.Rand
	on      bool
	inForce []fourEyesRuling // in order
}

// fourEyesRuling is the rules in force from a step on.
type fourEyesRuling struct {
	step  int
	rules admin.FourEyes
}

// people are the administrators of a history with four eyes.
var people = []string{"admin", "ann", "bob"}

func newFourEyes(seed uint64) fourEyes {
	f := fourEyes{rng: rand.New(rand.NewPCG(seed, 9)), on: seed%4 == 1, inForce: []fourEyesRuling{{}}}
	if f.on {
		f.change(0)
	}
	return f
}

// change draws other rules.
func (f *fourEyes) change(step int) {
	rules := admin.FourEyes{Purges: f.rng.IntN(3) > 0}
	if n := f.rng.IntN(5); n < 3 {
		rules.DeleteAbove = new(n)
	}
	if f.rng.IntN(4) == 0 {
		rules = admin.FourEyes{}
	}
	f.inForce = append(f.inForce, fourEyesRuling{step, rules})
}

// ask makes rules that ask for a second person wherever they can.
func (f *fourEyes) ask(step int) {
	f.inForce = append(f.inForce, fourEyesRuling{step, admin.FourEyes{Purges: true, DeleteAbove: new(0)}})
}

// somebody draws a person.
func (f *fourEyes) somebody() string {
	if !f.on {
		return people[0]
	}
	return people[f.rng.IntN(len(people))]
}

// since returns the rules that were in force at a step or later.
func (f *fourEyes) since(step int) (some []admin.FourEyes) {
	for i, r := range f.inForce {
		if i+1 == len(f.inForce) || f.inForce[i+1].step >= step {
			some = append(some, r.rules)
		}
	}
	return some
}

// rules is what an engine asks. The answer can be lost, like any other.
func (h *history) rules(ctx context.Context) (admin.FourEyes, error) {
	v, err := h.gate(ctx, model.Call{Method: "FourEyes"})
	switch {
	case err != nil:
		return admin.FourEyes{}, err
	case v == model.Undone, v == model.Lost:
		return admin.FourEyes{}, model.ErrFault
	}
	return h.fourEyes.inForce[len(h.fourEyes.inForce)-1].rules, nil
}

// fourEyesCommand gives a command about four eyes, sometimes.
func (h *history) fourEyesCommand() bool {
	f := &h.fourEyes
	if !f.on || f.rng.IntN(5) > 1 {
		return false
	}
	waiting := h.waiting()
	switch n := f.rng.IntN(6); {
	case waiting != "" && n < 4:
		h.approveSecond(waiting)
	case waiting != "" && n < 5:
		h.changeSettings()
	case waiting != "":
		h.cancelOne(waiting)
	case n < 4 && h.failedAlone():
		f.ask(h.step)
	case n < 2:
		f.change(h.step)
		now := f.inForce[len(f.inForce)-1].rules
		h.tracef("purges wait: %t, and deletions of more than: %s", now.Purges, above(now))
	case n < 3 && len(h.clients.operations) > 0:
		h.approveSecond(h.clients.operations[f.rng.IntN(len(h.clients.operations))])
	default:
		return false
	}
	return true
}

// above writes how many customers one person may delete.
func above(rules admin.FourEyes) string {
	if rules.DeleteAbove == nil {
		return "any number"
	}
	return strconv.Itoa(*rules.DeleteAbove)
}

// failedAlone reports whether an operation that could need a second person failed in part without one.
func (h *history) failedAlone() bool {
	return slices.ContainsFunc(h.model.All(), func(op *bulk.Operation) bool {
		return op.Tally.Failed > 0 && op.ApprovedBy == "" && needsSecond(admin.FourEyes{Purges: true, DeleteAbove: new(0)}, *op)
	})
}

// waiting draws an operation that waits for a second person.
func (h *history) waiting() string {
	var all []string
	for _, op := range h.model.All() {
		if op.State == bulk.Waiting {
			all = append(all, op.ID)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return all[h.fourEyes.rng.IntN(len(all))]
}

// approveSecond approves an operation as anybody, mostly by its last digest, and sometimes by an older one or by the digest of
// another operation. Sometimes two processes send it.
func (h *history) approveSecond(id string) {
	f := &h.fourEyes
	of := id
	if f.rng.IntN(6) == 0 {
		of = h.clients.operations[f.rng.IntN(len(h.clients.operations))]
	}
	digests := h.clients.digests[of]
	if len(digests) == 0 {
		return
	}
	digest := digests[len(digests)-1]
	if f.rng.IntN(4) == 0 {
		digest = digests[f.rng.IntN(len(digests))]
	}
	by := f.somebody()
	for range 1 + f.rng.IntN(2) {
		p := &process{name: "approve " + id + " as " + by, digest: digest, by: by, second: true}
		var err error
		p.finish = func() {
			h.tracef("%s answers %v", p.name, err)
			if op := h.operation(id); err == nil && (op.Digest != digest || op.By == by || op.RequestedBy == by || op.ApprovedBy == "") {
				h.broken("%s: is told that it approved %+v", p.name, op)
			}
		}
		h.start(p, maxRequest, func(ctx context.Context) { _, err = h.engine(h.service()).Approve(ctx, id, digest, by) })
	}
}

// needsSecond reports whether an operation needs a second person under the rules: it purges, or brings a purge within a day,
// or deletes too many.
func needsSecond(rules admin.FourEyes, op bulk.Operation) bool {
	switch op.Action {
	case operations.Purge, operations.Redate:
		return rules.Purges
	case operations.Delete:
		var by struct{ Retention customer.Period }
		if err := json.Unmarshal(op.Basis, &by); err != nil {
			panic(err)
		}
		length, ends := by.Retention.Length()
		return rules.Purges && ends && length < 24*time.Hour || rules.DeleteAbove != nil && op.Impact.Eligible > *rules.DeleteAbove
	}
	return false
}

// mayRunAlone checks that an operation that runs without a second person needed none, by some rules in force since the
// request for it began.
func (h *history) mayRunAlone(p *process, op bulk.Operation) {
	if op.ApprovedBy == "" && !slices.ContainsFunc(h.fourEyes.since(p.begun), func(r admin.FourEyes) bool { return !needsSecond(r, op) }) {
		h.broken("%s: started without a second person, but the rules ask for one", op.ID)
	}
}

// requested checks that an operation waits because a client applied its plan, and the rules ask for a second person.
func (h *history) requested(p *process, before, after bulk.Operation) {
	switch {
	case p == nil || p.second || p.digest != before.Digest || after.RequestedBy != p.by || after.Digest != before.Digest:
		h.broken("%s: waits for a second person, but nobody has applied its plan", after.ID)
	case !slices.ContainsFunc(h.fourEyes.since(p.begun), func(r admin.FourEyes) bool { return needsSecond(r, after) }):
		h.broken("%s: waits for a second person, but needs none", after.ID)
	case !after.Applied.IsZero() || !after.Requested.Before(before.Expires):
		h.broken("%s: waits, but has started, or its plan has expired", after.ID)
	}
	h.checkApproval(p, after)
}

// secondApproved checks that another person than those who created and applied the operation has approved exactly its digest,
// before its plan expired and under its settings.
func (h *history) secondApproved(p *process, before, after bulk.Operation) {
	switch {
	case p == nil || !p.second || after.ApprovedBy != p.by:
		h.broken("%s: started without the approval for which it waits", after.ID)
		return
	case p.digest != before.Digest || after.Digest != before.Digest:
		h.broken("%s: approved by the digest of another plan", after.ID)
	case p.by == before.By || p.by == before.RequestedBy:
		h.broken("%s: approved by %s, who created or applied it", after.ID, p.by)
	case after.AppliedBy != before.RequestedBy || after.OnRefused != before.OnRefused:
		h.broken("%s: the approval changed who applied it, or what to do with those that are refused", after.ID)
	case !after.Applied.Before(before.Expires):
		h.broken("%s: approved after its plan expired", after.ID)
	}
	h.checkApproval(p, after)
	h.secondBy[after.ID] = p.by
}

// checkSecond checks a change of a customer by an operation: it names the second person, and none is made by an operation
// that waited and that nobody approved.
func (h *history) checkSecond(op bulk.Operation, ch customer.Change) {
	if op.RequestedBy != "" && h.secondBy[op.ID] == "" {
		h.broken("%s: changes customers without the approval for which it waited", op.ID)
	}
	if ch.ApprovedBy != h.secondBy[op.ID] {
		h.broken("%s: its change is approved by %q, want %q", op.ID, ch.ApprovedBy, h.secondBy[op.ID])
	}
}

// checkCertified checks that a certificate names the second persons of the operations that deleted and purged.
func (h *history) checkCertified(cert customer.Certificate, root *customer.Customer) {
	if cert.DeletionApprovedBy != h.secondBy[cert.DeletionID] || cert.ApprovedBy != h.secondBy[root.Last.ID] {
		h.broken("%s: the certificate says that %q approved the deletion and %q the purge; it was %q and %q",
			cert.Customer, cert.DeletionApprovedBy, cert.ApprovedBy, h.secondBy[cert.DeletionID], h.secondBy[root.Last.ID])
	}
}
