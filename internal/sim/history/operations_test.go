package history

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/operations"
)

func (h *history) operation(id string) bulk.Operation {
	for _, op := range h.model.All() {
		if op.ID == id {
			return *op
		}
	}
	return bulk.Operation{}
}

// operationChanged checks each change of an operation.
func (h *history) operationChanged(ctx context.Context, before, after *bulk.Operation) {
	h.tracef("%s is %s, version %d", after.ID, after.State, after.Version)
	id, p := after.ID, processOf(ctx)
	if digests := h.clients.digests[id]; !slices.Contains(digests, after.Digest) {
		h.clients.digests[id] = append(digests, after.Digest)
	}
	if before == nil {
		h.rememberSettings(*after)
		return
	}
	if after.Version != before.Version+1 {
		h.broken("%s: version %d after %d", id, after.Version, before.Version)
	}
	if before.State == bulk.Planning && after.State != bulk.Planning {
		h.checkPlanned(*after)
	}
	now := time.Now()
	switch from, to := before.State, after.State; {
	case from == bulk.Planning && (to == bulk.Planning || to == bulk.Failed || to == bulk.Cancelled):
	case from == bulk.Planning && to == bulk.Ready:
		h.planned(*after)
	case from == bulk.Ready && to == bulk.Running:
		h.started(p, *before, *after)
	case from == bulk.Ready && to == bulk.Waiting:
		h.requested(p, *before, *after)
	case from == bulk.Waiting && to == bulk.Running:
		h.secondApproved(p, *before, *after)
	case (from == bulk.Ready || from == bulk.Waiting) && (to == bulk.Expired && !now.Before(before.Expires) || to == bulk.Cancelled):
	case from == bulk.Running && to == bulk.Cancelling:
	case from == bulk.Cancelling && to == bulk.Cancelled:
		h.ended(*after)
	case from == bulk.Running && to.Ended() && to != bulk.Expired && to != bulk.Cancelled:
		h.ended(*after)
	case from.Ended() && from != bulk.Cancelled && to == bulk.Running && p != nil && p.retry == id:
		delete(h.halfRetried, id)
		h.mayRunAlone(p, *after)
	default:
		h.broken("%s: %s after %s", id, to, from)
	}
}

// planned checks that the frozen subjects are the selected ones.
func (h *history) planned(op bulk.Operation) {
	var ids []string
	chunks, _ := h.model.ChunksOf(op.ID)
	for _, c := range chunks {
		for _, s := range c.Subjects {
			ids = append(ids, s.ID)
		}
	}
	if len(ids) != op.Impact.Subjects || len(chunks) != op.Chunks {
		h.broken("%s: reports %d subjects in %d chunks, has %d in %d", op.ID, op.Impact.Subjects, op.Chunks, len(ids), len(chunks))
	}
	selection := h.selections[op.ID]
	if selection.IDs != nil {
		want := slices.Sorted(slices.Values(selection.IDs))
		if slices.Sort(ids); !slices.Equal(ids, slices.Compact(want)) {
			h.broken("%s: froze %v, selected were %v", op.ID, ids, selection.IDs)
		}
	}
	for _, excluded := range selection.Exclude {
		if slices.Contains(ids, excluded) {
			h.broken("%s: froze %s, which is excluded", op.ID, excluded)
		}
	}
}

func harmless(op bulk.Operation) bool {
	return slices.Contains([]string{operations.Block, operations.Unblock, operations.Undo}, op.Action)
}

// started checks that a client with the plan's digest approved it before it expired.
func (h *history) started(p *process, before, after bulk.Operation) {
	if harmless(after) {
		return
	}
	if p == nil || p.second || p.digest != before.Digest {
		h.broken("%s: started without approval of its plan", after.ID)
		return
	}
	h.checkApproval(p, after)
	h.mayRunAlone(p, after)
	if !after.Applied.Before(before.Expires) {
		h.broken("%s: applied after its plan expired", after.ID)
	}
}

// begun checks that no worker starts a request more than two seconds after a cancellation is answered.
func (h *history) begun(r *request) {
	asked, cancelled := h.cancelled[r.process.at]
	if cancelled && r.call.Method == "Advance" && r.began.Sub(asked) > 2*time.Second {
		h.broken("%s: starts a change of %s %v after its cancellation was answered", r.process.at, r.call.Of, r.began.Sub(asked))
	}
}

// ended checks the tally of an operation that has ended.
func (h *history) ended(op bulk.Operation) {
	var sum bulk.Tally
	chunks, ended := h.model.ChunksOf(op.ID)
	for i, c := range chunks {
		if !ended[i] && op.State != bulk.Cancelled {
			h.broken("%s: ended as %s, but its chunk %d has not ended", op.ID, op.State, i)
		}
		sum = sum.Plus(c.Tally())
	}
	t := op.Tally
	if t.Done != sum.Done || t.Skipped != sum.Skipped || t.Failed != sum.Failed || t.Left != sum.Left || sum.Left > 0 && op.State != bulk.Cancelled ||
		t.Done+t.Skipped+t.Failed+t.Left != op.Impact.Subjects {
		h.broken("%s: its tally is %+v of %d subjects, the outcomes sum to %+v", op.ID, t, op.Impact.Subjects, sum)
	}
}

// bound is the version and generation that a frozen subject requires.
type bound struct {
	version    int64
	generation string
}

func bindOf(s bulk.Subject) (b bound) {
	parts := strings.Split(s.Bind, " ")
	if len(parts) == 4 {
		_, _ = fmt.Sscan(parts[0], &b.version)
		b.generation = parts[3]
	}
	return b
}

// touches reports whether the event is the action on the subject as planned.
func touches(op bulk.Operation, s bulk.Subject, e event) bool {
	if e.before == nil || e.before.ID != s.ID || s.Refused != "" {
		return false
	}
	b := bindOf(s)
	if op.Action == operations.Restore || op.Action == operations.Undo {
		return e.before.Deletion != nil && e.before.Deletion.ID == b.generation
	}
	return e.before.Version == b.version
}

// checkTouch checks that an operation changes only frozen subjects, in the planned version, once, and
// while it runs.
func (h *history) checkTouch(p *process, e event) {
	op := h.operation(e.change().ID)
	if op.ID == "" {
		return
	}
	id := e.after.ID
	if p != nil && p.states[op.ID] != bulk.Running {
		h.broken("%s: a worker changes %s, although it last read the operation as %s", op.ID, id, p.states[op.ID])
	}
	if op.State.Ended() {
		h.broken("%s: changes %s after it ended as %s", op.ID, id, op.State)
	}
	var of []bulk.Subject
	chunks, _ := h.model.ChunksOf(op.ID)
	for _, c := range chunks {
		for _, s := range c.Subjects {
			if touches(op, s, e) {
				of = append(of, s)
			}
		}
	}
	if len(of) == 0 {
		h.broken("%s: changes %s, which it has not frozen in this version", op.ID, id)
	}
	for _, before := range h.touched[op.ID] {
		if before.after.ID == id && before.before.Version == e.before.Version {
			h.broken("%s: changes %s twice", op.ID, id)
		}
	}
	h.touched[op.ID] = append(h.touched[op.ID], e)
	h.checkSettings(op, e.after)
	h.checkSecond(op, e.change())
	if op.Action == operations.Undo {
		h.checkUndo(op, e)
	}
}

// checkUndo checks that an undo restores only deletions of its operation.
func (h *history) checkUndo(op bulk.Operation, e event) {
	var p operations.UndoParams
	if err := json.Unmarshal(op.Params, &p); err != nil || e.before.Deletion == nil || e.before.Deletion.ID != p.Operation {
		h.broken("%s: undoes a deletion of %s that %s did not make", op.ID, e.after.ID, p.Operation)
	}
}

// checkEnd checks everything when no work is left.
func (h *history) checkEnd() {
	h.checkFollowed()
	for _, id := range h.model.IDs() {
		h.checkCustomer(id)
		h.checkNotDue(id)
	}
	for _, op := range h.model.All() {
		if !op.Applied.IsZero() && !h.halfRetried[op.ID] {
			h.ended(*op)
		}
		chunks, ended := h.model.ChunksOf(op.ID)
		for i, c := range chunks {
			if !ended[i] && op.State != bulk.Cancelled && op.State != bulk.Expired && !h.halfRetried[op.ID] {
				h.broken("%s: is %s at the end, but its chunk %d has not ended", op.ID, op.State, i)
			}
			for j, s := range c.Subjects {
				h.checkOutcome(*op, s, c.Outcomes[j])
			}
		}
	}
}

func (h *history) checkNotDue(id string) {
	c := h.model.Root(id)
	if c == nil {
		return
	}
	if c.State == customer.Purging || c.StateAt(time.Now()) == customer.Purging {
		h.broken("%s: is due, but not purged", id)
	}
}

// checkOutcome compares the outcome of a subject with its changes.
func (h *history) checkOutcome(op bulk.Operation, s bulk.Subject, o bulk.Outcome) {
	i := slices.IndexFunc(h.touched[op.ID], func(e event) bool { return touches(op, s, e) })
	switch o.Result {
	case bulk.OutcomeUndecided:
		if i >= 0 && op.State == bulk.Cancelled && o.Code != bulk.Interrupted {
			h.broken("%s: the outcome of %s is undecided, but the operation changed it", op.ID, s.ID)
		}
	case bulk.OutcomeDone:
		_, purged := h.model.CertificatesOf(s.ID)[bindOf(s).generation]
		if i < 0 && (op.Action != operations.Purge || !purged) {
			h.broken("%s: the outcome of %s is done, but the operation did not change it", op.ID, s.ID)
		}
		if op.Action == operations.Purge && !purged {
			h.broken("%s: the outcome of %s is done, but it has no certificate", op.ID, s.ID)
		}
	case bulk.OutcomeSkipped, bulk.OutcomeFailed:
		if i >= 0 && o.Code != bulk.GaveUp && !h.changedAfter(s.ID, h.touched[op.ID][i]) {
			h.broken("%s: the operation changed %s, but the outcome is %s", op.ID, s.ID, o.Code)
		}
		if i < 0 && s.Refused == "" && o.Code != bulk.GaveUp && !h.excused(s, o) {
			h.broken("%s: the operation did not change %s for no valid reason: %s", op.ID, s.ID, o.Code)
		}
	}
	if o.Result == bulk.OutcomeFailed && o.Code != bulk.GaveUp && op.OnRefused != bulk.Fail {
		h.broken("%s: %s failed with %s, but refusals are skipped", op.ID, s.ID, o.Code)
	}
}

// changedAfter reports whether the customer changed after the operation changed it. A repeat of the
// operation, if it could not store its outcome, then finds it changed.
func (h *history) changedAfter(id string, touch event) bool {
	events := h.events[id]
	at := slices.IndexFunc(events, func(e event) bool { return e.after == touch.after })
	return at < len(events)-1 || h.expired[id]
}

// excused reports whether a customer has changed or become due since it was planned.
func (h *history) excused(s bulk.Subject, o bulk.Outcome) bool {
	for _, e := range h.events[s.ID] {
		if e.after.Version > bindOf(s).version || e.before != nil && e.after.Version == e.before.Version {
			return true
		}
	}
	return o.Code == "PURGE_STARTED" || h.expired[s.ID]
}
