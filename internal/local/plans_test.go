package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lethe/internal/local/lambda"
)

// TestPlans tests plans that are refused, cancelled, retried, sent twice, and made of ticked customers; then, for each
// action, a plan while others make changes.
func TestPlans(t *testing.T) {
	t.Parallel()
	r := launch(t, func(o *options) {
		o.Timeout, o.Visibility, o.Tick = shortLimit, 2*shortLimit, 500*time.Millisecond
	})
	r.settle(t, "P30D", kind{"ticket", "cascade"}, kind{"invoice", "restrict"})
	for _, test := range []struct {
		name string
		run  func(*testing.T, planned)
	}{
		{"refused selections", refusedSelections},
		{"refused approvals", refusedApprovals},
		{"blocked", blockedOnes},
		{"ticked and filtered", tickedOnes},
		{"applied again", appliedAgain},
		{"sent again", planSentAgain},
		{"retried", retried},
		{"cancelled plan", cancelledPlan},
		{"cancelled midway", cancelledMidway},
		{"redated to the same", redatedToTheSame},
	} {
		if testing.Short() && test.name == "cancelled midway" {
			continue // it waits for a lease to run out, and for the sweep after it
		}
		t.Run(test.name, func(t *testing.T) { test.run(t, bringFew(t, r, strings.ReplaceAll(test.name, " ", "-"))) })
	}
	random := seed(t)
	for _, d := range deeds {
		if testing.Short() && d.action != "purge" {
			continue
		}
		m := &contest{running: r, deed: d, random: rand.New(rand.NewPCG(random.Uint64(), 0))}
		t.Run(d.action+" among others", m.test)
	}
	r.check(t, templateGrace)
}

// planned has a few customers of one test. Its search finds all of them.
type planned struct {
	*running

	word string
	ids  []string
}

const few = 6

func bringFew(t *testing.T, r *running, name string) planned {
	t.Helper()
	p := planned{r, strings.ReplaceAll(name, "-", "") + "folk", nil}
	for i := range few {
		id := fmt.Sprintf("%s-%d", name, i)
		r.do(t, http.MethodPost, "/v1/customers", map[string]any{"id": id, "organisation": p.word}).want(t, http.StatusCreated, "")
		p.ids = append(p.ids, id)
	}
	return p
}

func (p planned) filter() map[string]any {
	return map[string]any{"filter": map[string]any{"search": p.word}}
}

func (p planned) states(t *testing.T) (states []string) {
	t.Helper()
	for _, id := range p.ids {
		states = append(states, p.portrait(t, id).State)
	}
	return states
}

// wantStates checks that the given customers are in the trash and the others active.
func (p planned) wantStates(t *testing.T, deleted ...int) {
	t.Helper()
	want := slices.Repeat([]string{"active"}, few)
	for _, i := range deleted {
		want[i] = "deleted"
	}
	if diff := cmp.Diff(want, p.states(t)); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

func (p planned) bill(t *testing.T, id string) {
	t.Helper()
	p.do(t, http.MethodPost, customerPath(id)+"/records", map[string]any{"kind": "invoice", "id": "1", "data": map[string]any{}}).want(t, http.StatusCreated, "")
}

func (p planned) applyBy(t *testing.T, id string, approval map[string]any) answer {
	t.Helper()
	return p.do(t, http.MethodPost, "/v1/operations/"+id+"/apply", approval)
}

func refusedSelections(t *testing.T, p planned) {
	for _, selection := range []map[string]any{
		{},
		{"filter": map[string]any{}},
		{"exclude": p.ids},
		{"ids": p.ids, "trash": true},
		{"ids": p.ids, "filter": map[string]any{"search": p.word}},
		{"ids": p.ids, "exclude": p.ids[:1]},
		{"ids": []string{"no id/"}},
		{"operation": "lmreyr7rzpjn6ucbwap7mh6s2d", "trash": true},
	} {
		p.do(t, http.MethodPost, "/v1/operations", map[string]any{"action": "delete", "selection": selection}).want(t, http.StatusUnprocessableEntity, "INVALID")
	}
	for name, selection := range map[string]map[string]any{
		"no ids": {"ids": []string{}}, "nobody matches": {"filter": map[string]any{"search": "nobodyofthisname"}},
	} {
		if op := p.operate(t, 0, "delete", selection); op.Impact.Customers != 0 {
			t.Errorf("%s: %+v", name, op)
		}
	}
	p.wantStates(t)
}

func refusedApprovals(t *testing.T, p planned) {
	op, other := p.plan(t, "delete", p.filter()), p.plan(t, "delete", map[string]any{"ids": p.ids})
	for _, test := range []struct {
		approval map[string]any
		status   int
		code     string
	}{
		{map[string]any{"digest": other.Digest, "acknowledged": true}, http.StatusConflict, "PLAN_STALE"},
		{map[string]any{"digest": strings.Repeat("0", 64), "acknowledged": true}, http.StatusConflict, "PLAN_STALE"},
		{map[string]any{"digest": "", "acknowledged": true}, http.StatusConflict, "PLAN_STALE"},
		{map[string]any{"digest": op.Digest, "acknowledged": false}, http.StatusUnprocessableEntity, "ACKNOWLEDGEMENT_REQUIRED"},
		{map[string]any{"acknowledged": true}, http.StatusUnprocessableEntity, "INVALID"},
		{map[string]any{"digest": op.Digest}, http.StatusUnprocessableEntity, "INVALID"},
	} {
		p.applyBy(t, op.ID, test.approval).want(t, test.status, test.code)
	}
	if op = p.operation(t, op.ID); op.State != "READY" {
		t.Errorf("after refusals it is %s", op.State)
	}
	p.wantStates(t)
}

func blockedOnes(t *testing.T, p planned) {
	p.bill(t, p.ids[2])
	p.do(t, http.MethodPut, customerPath(p.ids[4])+"/holds/case-1", map[string]any{"reason": "lawsuit"}).want(t, http.StatusOK, "")
	op := p.plan(t, "delete", p.filter())
	if diff := cmp.Diff(map[string]int{"HAS_DEPENDENTS": 1, "ON_HOLD": 1}, op.Impact.Blocked); diff != "" || op.Impact.Eligible != few-2 {
		t.Errorf("impact %+v", op.Impact)
	}
	// The plan shows which customers are blocked, and why.
	seen := slices.DeleteFunc(p.items(t, op.ID), func(i item) bool { return i.Outcome != "skipped" })
	slices.SortFunc(seen, func(a, b item) int { return strings.Compare(a.Customer, b.Customer) })
	if diff := cmp.Diff([]item{{p.ids[2], "skipped", "HAS_DEPENDENTS"}, {p.ids[4], "skipped", "ON_HOLD"}}, seen); diff != "" {
		t.Errorf("blocked (-want +got):\n%s", diff)
	}
	p.applyBy(t, op.ID, map[string]any{"digest": op.Digest, "acknowledged": true, "onBlocked": "fail"}).want(t, http.StatusConflict, "PLAN_BLOCKED")
	p.wantStates(t)
	p.apply(t, op)
	if op = p.ended(t, op); op.State != "SUCCEEDED" || op.Progress.Done != few-2 || op.Progress.Skipped != 2 {
		t.Errorf("applied without the blocked ones, it ended as %+v", op)
	}
	p.wantStates(t, 0, 1, 3, 5)
}

// tickedOnes plans for ticked customers that another filter hides: the ids count, whatever the filter.
func tickedOnes(t *testing.T, p planned) {
	ticked := []string{p.ids[0], p.ids[3]}
	p.do(t, http.MethodPatch, customerPath(ticked[0]), map[string]any{"organisation": "Somebody Else"}, "If-Match", `"1"`).want(t, http.StatusOK, "")
	op := p.operate(t, 2, "delete", map[string]any{"ids": append(ticked, ticked...)})
	if op.Impact.Customers != 2 {
		t.Errorf("two ticked twice are %d", op.Impact.Customers)
	}
	p.wantStates(t, 0, 3)
	ghost := p.plan(t, "delete", map[string]any{"ids": []string{"nobody-of-this-id"}})
	if diff := cmp.Diff(map[string]int{"NOT_FOUND": 1}, ghost.Impact.Blocked); diff != "" {
		t.Errorf("blocked (-want +got):\n%s", diff)
	}
}

func appliedAgain(t *testing.T, p planned) {
	op := p.operate(t, few, "delete", p.filter())
	p.do(t, http.MethodPost, customerPath(p.ids[1])+"/restore", nil).want(t, http.StatusOK, "")
	before := p.portrait(t, p.ids[1])
	p.applyBy(t, op.ID, map[string]any{"digest": op.Digest, "acknowledged": true}).want(t, http.StatusAccepted, "")
	p.do(t, http.MethodPost, "/v1/operations/"+op.ID+"/cancel", nil).want(t, http.StatusConflict, "OPERATION_ENDED")
	p.do(t, http.MethodPost, "/v1/operations/"+op.ID+"/retry", nil).want(t, http.StatusAccepted, "")
	if again := p.operation(t, op.ID); again.State != op.State || again.Progress.Done != few {
		t.Errorf("it was %+v and is %+v", op, again)
	}
	if after := p.portrait(t, p.ids[1]); after.text != before.text {
		t.Errorf("restored, it was\n%s\nand is\n%s", before.text, after.text)
	}
}

func planSentAgain(t *testing.T, p planned) {
	request := map[string]any{"action": "block", "selection": p.filter()}
	send := func(body any) answer {
		return p.do(t, http.MethodPost, "/v1/operations", body, "Idempotency-Key", p.word)
	}
	first, second := send(request).want(t, http.StatusAccepted, ""), send(request).want(t, http.StatusAccepted, "")
	op := decode[operationView](t, first)
	if again := decode[operationView](t, second); again.ID != op.ID {
		t.Errorf("sent twice, it made %s and %s", op.ID, again.ID)
	}
	if first.header.Get("Idempotency-Replayed") != "" || second.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("replayed: %q and %q, want only the second", first.header.Get("Idempotency-Replayed"), second.header.Get("Idempotency-Replayed"))
	}
	send(map[string]any{"action": "unblock", "selection": p.filter()}).want(t, http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_REUSED")
	if op = p.ended(t, op); op.Progress.Done != few {
		t.Errorf("%+v", op)
	}
	for _, id := range p.ids {
		if c := p.portrait(t, id); !c.Blocked || c.Version != 2 {
			t.Errorf("%s is at version %d, blocked: %t", id, c.Version, c.Blocked)
		}
	}
}

// retried makes two customers fail by invoices added after the plan was made, and retries after one invoice is removed.
func retried(t *testing.T, p planned) {
	op := p.plan(t, "delete", p.filter())
	p.bill(t, p.ids[1])
	p.bill(t, p.ids[2])
	p.applyBy(t, op.ID, map[string]any{"digest": op.Digest, "acknowledged": true, "onBlocked": "fail"}).want(t, http.StatusAccepted, "")
	if op = p.ended(t, op); op.State != "PARTIAL" || op.Progress.Failed != 2 || op.Progress.Codes["HAS_DEPENDENTS"] != 2 {
		t.Errorf("%+v", op)
	}
	p.wantStates(t, 0, 3, 4, 5)
	before := p.portrait(t, p.ids[0])
	p.do(t, http.MethodPost, customerPath(p.ids[3])+"/restore", nil).want(t, http.StatusOK, "")
	p.do(t, http.MethodDelete, customerPath(p.ids[1])+"/records/invoice~1", nil).want(t, http.StatusNoContent, "")
	p.do(t, http.MethodPost, "/v1/operations/"+op.ID+"/retry", nil).want(t, http.StatusAccepted, "")
	if op = p.ended(t, op); op.State != "PARTIAL" || op.Progress.Done != few-1 || op.Progress.Failed != 1 {
		t.Errorf("tried again: %+v", op)
	}
	p.wantStates(t, 0, 1, 4, 5) // 3 was done, and restored since
	if after := p.portrait(t, p.ids[0]); after.text != before.text {
		t.Errorf("done before, it was\n%s\nand is\n%s", before.text, after.text)
	}
}

func cancelledPlan(t *testing.T, p planned) {
	op := p.plan(t, "delete", p.filter())
	for range 2 {
		p.do(t, http.MethodPost, "/v1/operations/"+op.ID+"/cancel", nil).want(t, http.StatusOK, "")
	}
	p.applyBy(t, op.ID, map[string]any{"digest": op.Digest, "acknowledged": true}).want(t, http.StatusConflict, "OPERATION_ENDED")
	p.do(t, http.MethodPost, "/v1/operations/"+op.ID+"/retry", nil).want(t, http.StatusConflict, "OPERATION_ENDED")
	if op = p.operation(t, op.ID); op.State != "CANCELLED" || op.Progress.Left != few {
		t.Errorf("%+v", op)
	}
	for outcome, want := range map[string]int{"left": few, "done": 0} {
		path := "/v1/operations/" + op.ID + "/items?outcome=" + outcome
		page := decode[struct{ Items []item }](t, p.get(t, path).want(t, http.StatusOK, ""))
		if len(page.Items) != want {
			t.Errorf("%d are %s, want %d", len(page.Items), outcome, want)
		}
	}
	p.wantStates(t)
}

// redatedToTheSame sets the purge times by a retention that does not change them: the plan says so, and nothing changes.
func redatedToTheSame(t *testing.T, p planned) {
	p.operate(t, few, "delete", p.filter())
	op := p.plan(t, "redate", map[string]any{"ids": p.ids})
	if diff := cmp.Diff(map[string]int{"UNCHANGED": few}, op.Impact.Blocked); diff != "" {
		t.Errorf("blocked (-want +got):\n%s", diff)
	}
}

// cancelledMidway cancels after the only worker has died. No worker continues its chunk, and the operation is cancelled once the
// lease ends. What is done stays done; the outcomes say that the rest may be done, and undo includes it.
func cancelledMidway(t *testing.T, p planned) {
	op := p.plan(t, "delete", p.filter())
	killed := p.killed()
	if err := p.host.Inject("work", lambda.Fault{}); err != nil {
		t.Fatal(err)
	}
	p.apply(t, op)
	eventually(t, "the death of a worker", func() bool { return p.killed() > killed })
	p.do(t, http.MethodPost, "/v1/operations/"+op.ID+"/cancel", nil).want(t, http.StatusOK, "")
	states := p.states(t)
	begun := p.operation(t, op.ID).State == "CANCELLING" // else the worker died before it took the chunk
	time.Sleep(3 * shortLimit)                           // its lease ends, its message comes again, and the sweep runs
	if op = p.ended(t, op); op.State != "CANCELLED" || op.Progress.Left != few || (op.Progress.Codes["INTERRUPTED"] == few) != begun {
		t.Errorf("it has ended as %+v", op)
	}
	if diff := cmp.Diff(states, p.states(t)); diff != "" {
		t.Errorf("a worker continued the chunk (-then +now):\n%s", diff)
	}
	for _, it := range p.items(t, op.ID) {
		deleted := states[slices.Index(p.ids, it.Customer)] == "deleted"
		if it.Outcome != "left" || deleted && it.Code != "INTERRUPTED" {
			t.Errorf("%+v; deleted: %t", it, deleted)
		}
	}
	p.ended(t, p.plan(t, "undo", map[string]any{"operation": op.ID}))
	p.wantStates(t)
}
