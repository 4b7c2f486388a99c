package main

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// deed is an action, with what the test needs to know about it.
type deed struct {
	action     string
	trash      bool           // for customers in the trash
	blocked    bool           // for blocked customers
	filter     map[string]any // in addition to the search
	generation bool           // bound to the deletion, not to the version
	harmless   bool           // applies itself
	retention  string         // to be set before it is planned
	done       func(op string, before, after portrait) bool
}

var deeds = []deed{
	{action: "delete", done: func(op string, _, after portrait) bool {
		return after.State == "deleted" && after.Deletion.ID == op
	}},
	{action: "restore", trash: true, generation: true, filter: map[string]any{"state": "deleted"}, done: isActive},
	{action: "purge", trash: true, filter: map[string]any{"state": "deleted"}, done: func(_ string, _, after portrait) bool {
		return after.status == http.StatusGone
	}},
	{action: "redate", trash: true, filter: map[string]any{"state": "deleted"}, retention: "P60D", done: func(_ string, before, after portrait) bool {
		return after.State == "deleted" && after.Deletion.PurgeTime.Equal(before.Deletion.PurgeTime.Add(30*24*time.Hour))
	}},
	{action: "block", harmless: true, filter: map[string]any{"blocked": false}, done: func(_ string, _, after portrait) bool { return after.Blocked }},
	{action: "unblock", blocked: true, harmless: true, filter: map[string]any{"blocked": true}, done: func(_ string, _, after portrait) bool { return !after.Blocked }},
	{action: "undo", trash: true, generation: true, harmless: true, done: isActive},
}

func isActive(_ string, _, after portrait) bool { return after.State == "active" }

// contest tests a plan of an action, for all customers that match a filter. Others change, delete, restore, block, hold, purge and
// add customers before the plan is applied and while it is. The action must be done to the customers of the plan that have not
// changed since it was made, and to no other customer.
type contest struct {
	*running
	deed

	random  *rand.Rand
	crowd   []string // all customers that may be in the plan
	deleted string   // the operation that put them into the trash
	spared  int      // others leave so many of the first alone before the plan is made
	guarded []string // later got a record that restricts their deletion
	late    []string // others changed them while the plan was applied
}

const (
	reason       = "as agreed"
	reasonCode   = "other" // of operations: no other change has it, and the log shows it even if it withholds the reason
	manySubjects = 40
	newcomers    = 5
)

func (m *contest) test(t *testing.T) {
	m.bring(t, m.action, manySubjects)
	excluded := m.crowd[:3]
	if m.action == "undo" { // undo is for everything that an operation did
		excluded = nil
	}
	if m.harmless { // the selection must exclude customers when the operation is created
		m.spared = len(excluded)
	}
	if m.harmless {
		m.disturb(t) // others act before the plan is made, which then takes that into account
	}
	if m.retention != "" {
		m.settle(t, m.retention, kind{"ticket", "cascade"}, kind{"invoice", "restrict"})
	}
	request := map[string]any{"action": m.action, "selection": m.selection(excluded), "reason": reason, "reasonCode": reasonCode}

	var planned, before map[string]portrait
	var frozen []item
	var op operationView
	if m.harmless {
		planned = m.portraits(t)
		before = planned
		op = m.whileDisturbed(t, func() operationView { return m.create(t, request) })
		frozen = m.items(t, op.ID)
	} else {
		op = m.create(t, request)
		planned, frozen = m.portraits(t), m.items(t, op.ID)
		m.bring(t, m.action+"-new", newcomers)
		m.disturb(t)
		before = m.portraits(t)
		op = m.whileDisturbed(t, func() operationView { m.apply(t, op); return m.ended(t, op) })
	}
	op = m.ended(t, op)
	after, items := m.portraits(t), m.items(t, op.ID)
	m.compare(t, op, excluded, frozen, items, planned, before, after)
	m.wantTouched(t, op, items, before)
}

func (m *contest) selection(excluded []string) map[string]any {
	if m.action == "undo" {
		return map[string]any{"operation": m.deleted}
	}
	filter := map[string]any{"search": m.action + "folk"}
	maps.Copy(filter, m.filter)
	return map[string]any{"filter": filter, "exclude": excluded}
}

// create creates the operation, and returns when it is planned; see plan.
func (m *contest) create(t *testing.T, request map[string]any) operationView {
	t.Helper()
	op := decode[operationView](t, m.do(t, http.MethodPost, "/v1/operations", request).want(t, http.StatusAccepted, ""))
	eventually(t, m.action+" is planned", func() bool { op = m.operation(t, op.ID); return op.State != "PLANNING" })
	return op
}

// bring adds customers that match, in the state that the action requires.
func (m *contest) bring(t *testing.T, prefix string, n int) {
	t.Helper()
	var lines, records bytes.Buffer
	var ids []string
	for i := range n {
		id := fmt.Sprintf("%s-%02d", prefix, i)
		ids = append(ids, id)
		fmt.Fprintf(&lines, `{"id":%q,"organisation":"%sfolk","email":"%s@example.com"}`+"\n", id, m.action, id)
		fmt.Fprintf(&records, `{"customer":%q,"key":"ticket~1","data":{}}`+"\n", id)
	}
	m.send(t, http.MethodPost, "/v1/imports/customers", typeNDJSON, lines.Bytes()).want(t, http.StatusOK, "")
	m.send(t, http.MethodPost, "/v1/imports/records", typeNDJSON, records.Bytes()).want(t, http.StatusOK, "")
	if m.blocked {
		m.operate(t, n, "block", map[string]any{"ids": ids})
	}
	if m.trash {
		m.deleted = m.operate(t, n, "delete", map[string]any{"ids": ids}).ID
	}
	m.crowd = append(m.crowd, ids...)
}

// disturb lets others change half of the crowd.
func (m *contest) disturb(t *testing.T) {
	t.Helper()
	for _, id := range m.crowd[m.spared:] {
		if m.random.IntN(2) == 0 {
			m.meddle(t, id, m.random)
		}
	}
}

// whileDisturbed calls do while others change a quarter of the crowd, and new customers arrive. The others are subtests, so that
// each may fail.
func (m *contest) whileDisturbed(t *testing.T, do func() operationView) operationView {
	t.Helper()
	var others sync.WaitGroup
	for _, id := range m.crowd[m.spared:] {
		if m.random.IntN(4) != 0 {
			continue
		}
		m.late = append(m.late, id)
		random := rand.New(rand.NewPCG(m.random.Uint64(), 0))
		others.Go(func() {
			t.Run("others change "+id, func(t *testing.T) { (&contest{running: m.running}).meddle(t, id, random) })
		})
	}
	for i := range newcomers {
		id := fmt.Sprintf("%s-late-%02d", m.action, i)
		m.late = append(m.late, id)
		m.crowd = append(m.crowd, id)
		others.Go(func() {
			t.Run(id, func(t *testing.T) {
				m.do(t, http.MethodPost, "/v1/customers", map[string]any{"id": id, "organisation": m.action + "folk"}).want(t, http.StatusCreated, "")
			})
		})
	}
	defer others.Wait()
	return do()
}

// meddle makes a random change to a customer. A refusal is a valid answer.
func (m *contest) meddle(t *testing.T, id string, random *rand.Rand) {
	t.Helper()
	p, path := m.portrait(t, id), customerPath(id)
	post := func(what string, body any) { m.do(t, http.MethodPost, path+"/"+what, body) }
	switch random.IntN(8) {
	case 0:
		m.do(t, http.MethodPatch, path, map[string]any{"phone": "030 1"}, "If-Match", fmt.Sprintf("%q", fmt.Sprint(p.Version)))
	case 1:
		post(map[bool]string{false: "block", true: "unblock"}[p.Blocked], nil)
	case 2:
		m.do(t, http.MethodDelete, path, nil)
	case 3:
		post("restore", nil)
	case 4:
		m.do(t, http.MethodDelete, path, nil)
		post("restore", nil)
	case 5:
		post("restore", nil)
		m.do(t, http.MethodDelete, path, nil)
	case 6:
		m.do(t, http.MethodPut, path+"/holds/case-1", map[string]any{"reason": "lawsuit"})
	case 7:
		if random.IntN(2) == 0 {
			post("purge", map[string]any{"confirm": id})
		} else if m.do(t, http.MethodPost, path+"/records", map[string]any{"kind": "invoice", "id": "1", "data": map[string]any{}}).status == http.StatusCreated {
			m.guarded = append(m.guarded, id)
		}
	}
}

// compare checks the result for every customer.
func (m *contest) compare(t *testing.T, op operationView, excluded []string, frozen, items []item, planned, before, after map[string]portrait) {
	t.Helper()
	if diff := cmp.Diff(subjects(frozen), subjects(items)); diff != "" {
		t.Fatalf("who was frozen has changed (-planned +ended):\n%s", diff)
	}
	counts := map[string]int{}
	for i, it := range items {
		counts[it.Outcome]++
		if slices.Contains(excluded, it.Customer) {
			t.Errorf("%s was excluded", it.Customer)
		}
		if slices.Contains(m.late, it.Customer) {
			continue
		}
		m.judge(t, op, frozen[i], it, planned[it.Customer], before[it.Customer], after[it.Customer])
	}
	t.Logf("%s: %v of %d, codes %v, others changed %d during it", op.State, counts, len(items), op.Progress.Codes, len(m.late))
	if len(items) < manySubjects/4 || counts["done"] == 0 || counts["failed"]+counts["left"] > 0 {
		t.Errorf("of %d customers the outcomes are %v", len(items), counts)
	}
	for _, id := range m.crowd {
		if !slices.Contains(m.late, id) && !slices.Contains(subjects(items), id) && after[id].text != before[id].text {
			t.Errorf("%s is not in the plan; it was\n%s\nand is\n%s", id, before[id].text, after[id].text)
		}
	}
}

// judge checks a subject that no other request changed while the plan was applied.
func (m *contest) judge(t *testing.T, op operationView, frozen, it item, planned, before, after portrait) {
	t.Helper()
	refused := frozen.Outcome == "skipped" && !m.harmless
	same := before.status == http.StatusOK && before.Version == planned.Version
	if m.generation {
		same = before.State == "deleted" && before.Deletion.ID == planned.Deletion.ID
	}
	if m.action == "undo" {
		same = same && before.Deletion.ID == m.deleted
	}
	guarded := m.action == "delete" && slices.Contains(m.guarded, it.Customer)
	othersPurge := m.action == "purge" && before.status != http.StatusOK
	switch {
	case othersPurge && it.Outcome == "done": // the customer is purged, by this operation or another
	case (same && !refused && !guarded) != (it.Outcome == "done"):
		t.Errorf("%+v: planned as %s\nbefore it was applied\n%s", it, planned.text, before.text)
	case it.Outcome == "done" && !m.done(op.ID, before, after):
		t.Errorf("%+v: after it\n%s", it, after.text)
	case it.Outcome == "skipped" && (it.Code == "" || !othersPurge && after.text != before.text):
		t.Errorf("%+v: it was\n%s\nand is\n%s", it, before.text, after.text)
	}
}

// wantTouched compares the outcomes with the audit logs: the operation must have changed the customers with the outcome done, and
// no other customer. A purge that others began is in the log as theirs.
func (m *contest) wantTouched(t *testing.T, op operationView, items []item, before map[string]portrait) {
	t.Helper()
	othersMayPurge := func(id string) bool {
		return m.action == "purge" && (slices.Contains(m.late, id) || before[id].status != http.StatusOK)
	}
	var done []string
	for _, it := range items {
		if it.Outcome == "done" && !othersMayPurge(it.Customer) {
			done = append(done, it.Customer)
		}
	}
	var diff string
	defer func() {
		if diff != "" {
			t.Errorf("what %s says it has done, and what it did (-says +did):\n%s", op.ID, diff)
		}
	}()
	eventually(t, "the audit log of "+m.action, func() bool {
		var touched []string
		for _, id := range m.crowd {
			if !othersMayPurge(id) && m.touched(t, id) {
				touched = append(touched, id)
			}
		}
		slices.Sort(done)
		slices.Sort(touched)
		diff = cmp.Diff(done, touched)
		return diff == ""
	})
}

func (m *contest) touched(t *testing.T, id string) bool {
	t.Helper()
	log := decode[struct{ Entries []struct{ ReasonCode string } }](t, m.get(t, customerPath(id)+"/audit?limit=100").want(t, http.StatusOK, ""))
	for _, e := range log.Entries {
		if e.ReasonCode == reasonCode {
			return true
		}
	}
	return false
}

func (m *contest) portraits(t *testing.T) map[string]portrait {
	t.Helper()
	all := map[string]portrait{}
	for _, id := range m.crowd {
		all[id] = m.portrait(t, id)
	}
	return all
}

func subjects(items []item) []string {
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = it.Customer
	}
	return ids
}
