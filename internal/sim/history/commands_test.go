package history

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/ledger"
	"lethe/internal/operations"
	"lethe/internal/sim/conform"
)

// clients is what clients remember. It may be out of date.
type clients struct {
	operations []string
	digests    map[string][]string // of operations
	onces      []once
	sends      map[string][]string // changes sent under an idempotency key
	unchanged  map[string]bool     // keys under which nothing was changed
	given      int                 // number of commands so far
}

type once struct {
	key     string
	command string
	id      string
}

const maxCommands = 16

// command is a request that a client can make.
type command struct {
	name   string
	weight int
	give   func(h *history)
}

var commands []command

func init() { //nolint:gochecknoinits // the table and what it calls name each other
	commands = []command{
		{"create", 2, (*history).create},
		{"add records", 4, (*history).addRecords},
		{"remove record", 3, (*history).removeRecord},
		{"update", 2, (*history).update},
		{"delete", 5, func(h *history) {
			h.change("delete", func(ctx context.Context, s *customer.Service, id string, ch customer.Change) (customer.Customer, error) {
				return s.Delete(ctx, id, ch)
			})
		}},
		{"restore", 3, func(h *history) {
			generation := h.generation()
			h.bound("restore", customer.Fence{Generation: generation}, func(ctx context.Context, s *customer.Service, id string, ch customer.Change) (customer.Customer, error) {
				return s.Restore(ctx, id, generation, ch)
			})
		}},
		{"block", 2, func(h *history) {
			h.change("block", func(ctx context.Context, s *customer.Service, id string, ch customer.Change) (customer.Customer, error) {
				return s.Block(ctx, id, ch)
			})
		}},
		{"unblock", 2, func(h *history) {
			h.change("unblock", func(ctx context.Context, s *customer.Service, id string, ch customer.Change) (customer.Customer, error) {
				return s.Unblock(ctx, id, ch)
			})
		}},
		{"hold", 2, func(h *history) {
			name := []string{"case-1", "case-2"}[h.rng.IntN(2)]
			h.change("hold", func(ctx context.Context, s *customer.Service, id string, ch customer.Change) (customer.Customer, error) {
				return s.Hold(ctx, id, name, ch)
			})
		}},
		{"lift", 2, func(h *history) {
			name := []string{"case-1", "case-2"}[h.rng.IntN(2)]
			h.change("lift", func(ctx context.Context, s *customer.Service, id string, ch customer.Change) (customer.Customer, error) {
				return s.Lift(ctx, id, name, ch)
			})
		}},
		{"purge", 2, func(h *history) {
			fence := customer.Fence{Generation: h.generation(), OnlyDue: h.chance(1, 3)}
			h.bound("purge", fence, func(ctx context.Context, s *customer.Service, id string, ch customer.Change) (customer.Customer, error) {
				return s.StartPurge(ctx, id, fence, ch)
			})
		}},
		{"change settings", 1, (*history).changeSettings},
		{"operate: delete", 3, func(h *history) { h.operate(operations.Delete) }},
		{"operate: restore", 2, func(h *history) { h.operate(operations.Restore) }},
		{"operate: purge", 3, func(h *history) { h.operate(operations.Purge) }},
		{"operate: block", 2, func(h *history) { h.operate(operations.Block) }},
		{"operate: unblock", 1, func(h *history) { h.operate(operations.Unblock) }},
		{"operate: redate", 2, func(h *history) { h.operate(operations.Redate) }},
		{"undo", 3, func(h *history) { h.operate(operations.Undo) }},
		{"apply", 3, (*history).apply},
		{"cancel", 2, (*history).cancel},
		{"retry", 3, (*history).retryFailed},
	}
}

// command gives one of the commands, drawn by the weights of this history. It returns false after
// maxCommands.
func (h *history) command() bool {
	if h.clients.given >= maxCommands {
		return false
	}
	h.clients.given++
	if h.fourEyesCommand() || h.followUp() {
		return true
	}
	sum := 0
	for _, w := range h.weights {
		sum += w
	}
	at := h.rng.IntN(sum)
	for i, w := range h.weights {
		if at -= w; at < 0 {
			commands[i].give(h)
			return true
		}
	}
	return false
}

// followUp gives a command that makes sense only after certain events, if there were some.
func (h *history) followUp() bool {
	some := func(is func(*bulk.Operation) bool) bool { return slices.ContainsFunc(h.model.All(), is) }
	switch {
	case h.chance(1, 4) && some(func(op *bulk.Operation) bool { return op.Tally.Failed > 0 }):
		h.retryFailed()
	case h.chance(1, 3) && some(func(op *bulk.Operation) bool { return op.State == bulk.Ready && !harmless(*op) }):
		h.apply()
	case h.chance(1, 3) && h.underWay() != "":
		h.cancelOne(h.underWay())
	case h.chance(1, 6) && some(func(op *bulk.Operation) bool { return op.Action == operations.Delete && op.Tally.Done > 0 }):
		h.operate(operations.Undo)
	default:
		return false
	}
	return true
}

// maxRequest is the time limit of a client's request.
const maxRequest = 40 * time.Second

// customer returns the id of a customer. The certificates of each two go into one chain: a worker purges them together.
func (h *history) customer(i int) string {
	for suffix := 'a'; ; suffix++ {
		if id := fmt.Sprintf("c%d%c", i, suffix); ledger.ChainOf(id) == i/2 {
			return id
		}
	}
}

// anyID draws a customer's id, sometimes one that does not exist.
func (h *history) anyID() string {
	if h.chance(1, 8) {
		return h.customer(h.rng.IntN(5))
	}
	return h.anyCustomer()
}

// anyCustomer draws one of the first customers, in some histories mostly the same one.
func (h *history) anyCustomer() string {
	if h.chance(h.focus, 100) {
		return h.customer(0)
	}
	return h.customer(h.rng.IntN(h.customers))
}

// generation draws a generation that a client remembers, or none.
func (h *history) generation() string {
	if len(h.generations) == 0 || h.chance(1, 3) {
		return ""
	}
	return h.generations[h.rng.IntN(len(h.generations))]
}

func profile(name, mailbox string) customer.Profile {
	return customer.Profile{Organisation: "Firm " + name, FirstName: "Ann", Email: mailbox + "@x.example"}
}

// doing makes a change of one customer.
type doing func(ctx context.Context, s *customer.Service, id string, ch customer.Change) (customer.Customer, error)

// change starts a process that changes one customer.
func (h *history) change(name string, do doing) { h.bound(name, customer.Fence{}, do) }

// bound is change, restricted to a generation or to a customer that is due.
func (h *history) bound(name string, to customer.Fence, do doing) {
	id := h.anyID()
	ch := h.newChange(name, &id)
	if c := h.model.Root(id); c != nil && h.chance(1, 6) {
		ch.IfVersion = c.Version
	}
	var err error
	p := &process{name: fmt.Sprint(name, " ", id, " ", to.Generation, " by ", ch.ID)}
	p.finish = func() {
		h.answered(p, ch, err)
		h.checkUnchanged(p, ch, err)
		h.checkBound(p, ch, to)
	}
	h.start(p, maxRequest, func(ctx context.Context) { _, err = do(ctx, h.service(), id, ch) })
}

// checkUnchanged checks that a key under which nothing changed changes nothing when it is sent again.
func (h *history) checkUnchanged(p *process, ch customer.Change, err error) {
	if ch.Once == nil {
		return
	}
	made := len(h.changes[ch.ID]) > 0
	if err == nil && !made {
		h.clients.unchanged[ch.Once.Key] = true
	}
	if made && h.clients.unchanged[ch.Once.Key] {
		h.broken("%s: made a change, although it changed nothing under its key before", p.name)
	}
}

// checkBound checks that a change was made only within its restrictions.
func (h *history) checkBound(p *process, ch customer.Change, to customer.Fence) {
	for _, e := range h.changes[ch.ID] {
		before := e.before
		if to.Generation != "" && before.Deletion.ID != to.Generation {
			h.broken("%s: changed %s, which has generation %s", p.name, before.ID, before.Deletion.ID)
		}
		if to.OnlyDue && !before.Due(time.Now()) {
			h.broken("%s: changed %s, which is not due", p.name, before.ID)
		}
		if ch.IfVersion != 0 && before.Version != ch.IfVersion {
			h.broken("%s: changed %s, which has version %d", p.name, before.ID, before.Version)
		}
	}
}

// newChange returns a client's change, sometimes a repeat under the same key.
func (h *history) newChange(name string, id *string) customer.Change {
	ch := customer.Change{ID: h.name("h"), By: "admin", Reason: h.reason()}
	if !h.chance(1, 4) {
		return ch
	}
	o := once{h.name("key"), name, *id}
	for _, sent := range h.clients.onces {
		if sent.command == name && h.chance(1, 2) {
			o = sent
		}
	}
	*id = o.id
	h.clients.onces = append(h.clients.onces, o)
	h.clients.sends[o.key] = append(h.clients.sends[o.key], ch.ID)
	ch.Once = &customer.Once{Key: o.key, Fingerprint: o.key}
	return ch
}

func (h *history) create() {
	id := h.anyID()
	ch := h.newChange("create", &id)
	p := &process{name: fmt.Sprint("create ", id, " by ", ch.ID)}
	of := profile(h.name("n"), h.anyID())
	var err error
	p.finish = func() { h.answered(p, ch, err) }
	h.start(p, maxRequest, func(ctx context.Context) { _, err = h.service().Create(ctx, id, of, ch) })
}

func (h *history) update() {
	id := h.anyID()
	ch := h.newChange("update", &id)
	ch.IfVersion = 0
	p := &process{name: fmt.Sprint("update ", id, " by ", ch.ID)}
	of := profile(h.name("n"), h.anyID())
	var err error
	p.finish = func() { h.answered(p, ch, err) }
	h.start(p, maxRequest, func(ctx context.Context) {
		_, err = h.service().Update(ctx, id, func(customer.Profile) customer.Profile { return of }, ch)
	})
}

var keys = []string{"ticket~1", "ticket~2", "ticket~1~line~1", "ticket~1~line~2", "invoice~1", "invoice~2", "invoice~1~line~1", "contract~1"}

func (h *history) someKeys(n int) []string {
	var some []string
	for range n {
		some = append(some, keys[h.rng.IntN(len(keys)-1)]) // not the last: it restricts
	}
	slices.Sort(some)
	return slices.Compact(some)
}

func recordsOf(keys []string) []customer.Record {
	records := make([]customer.Record, len(keys))
	for i, text := range keys {
		records[i] = customer.Record{Key: conform.Key(text), Data: json.RawMessage(`{"buyer":"Ann","number":"R-1"}`)}
	}
	return records
}

func (h *history) addRecords() {
	id := h.anyID()
	ch := h.newChange("add records", &id)
	some := h.someKeys(h.pick(1, 1, 3))
	if h.chance(1, 5) {
		some = append(some, keys[len(keys)-1])
	}
	p := &process{name: fmt.Sprint("add ", some, " to ", id, " by ", ch.ID)}
	var err error
	p.finish = func() { h.answered(p, ch, err) }
	h.start(p, maxRequest, func(ctx context.Context) { _, err = h.service().AddRecords(ctx, id, recordsOf(some), ch) })
}

func (h *history) removeRecord() {
	id, key := h.anyID(), keys[h.rng.IntN(len(keys))]
	ch := customer.Change{ID: h.name("h"), By: "admin"}
	p := &process{name: fmt.Sprint("remove ", key, " of ", id, " by ", ch.ID), finish: func() {}}
	h.start(p, maxRequest, func(ctx context.Context) {
		_ = h.service().RemoveRecord(ctx, id, recordsOf([]string{key})[0].Key, ch)
	})
}

func (h *history) changeSettings() {
	wanted := h.settings()
	p := &process{name: fmt.Sprint("change settings to ", wanted), finish: func() {}}
	h.start(p, maxRequest, func(ctx context.Context) {
		s := h.service()
		settings, err := s.Settings(ctx)
		if err == nil {
			wanted.Version = settings.Version
			_, _ = s.UpdateSettings(ctx, wanted, true, "admin")
		}
	})
}

// operate creates an operation. Sometimes two processes send the same request, as after a lost answer.
func (h *history) operate(action string) {
	id := h.name("o")
	request := operations.Request{Action: action, Selection: h.selection(action), Notice: customer.PeriodOf(time.Duration(h.pick(0, 1, 30)) * time.Hour)}
	if request.Selection.Validate() != nil {
		return
	}
	h.clients.operations = append(h.clients.operations, id)
	h.selections[id] = request.Selection
	reason := h.reason()
	h.asked[id] = h.step
	for range h.pick(1, 1, 1, 2) {
		p := &process{name: fmt.Sprint(action, " ", describe(request.Selection), " as ", id), finish: func() {
			if h.operation(id).State == bulk.Ready && h.chance(9, 10) {
				h.approve(id)
			}
		}}
		h.start(p, maxRequest, func(ctx context.Context) {
			s := h.service()
			e := h.engine(s)
			op := bulk.Operation{ID: id, By: "admin", Reason: reason, Fingerprint: id}
			mine := request
			mine.Selection.IDs = slices.Clone(request.Selection.IDs) // Prepare sorts them
			selection, err := mine.Prepare(ctx, s, e, &op)
			if err == nil {
				_, _ = e.Create(ctx, op, selection)
			}
		})
	}
}

func describe(s operations.Selection) string {
	s.IDs = slices.Clone(s.IDs)
	text, err := s.Encode()
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (h *history) selection(action string) operations.Selection {
	if action == operations.Undo {
		id, _ := h.anOperation(operations.Delete)
		return operations.Selection{Operation: id}
	}
	var some []string
	for range h.pick(1, 2, 4) {
		some = append(some, h.anyCustomer())
	}
	inTrash := slices.Contains([]string{operations.Restore, operations.Purge, operations.Redate}, action)
	switch h.rng.IntN(5) {
	case 0:
		return operations.Selection{Filter: &operations.Filter{State: customer.Active}, Exclude: some[:1]}
	case 1, 2:
		if inTrash {
			return operations.Selection{Trash: true, Exclude: some[:1]}
		}
		blocked := h.chance(1, 2)
		return operations.Selection{Filter: &operations.Filter{Blocked: &blocked}}
	}
	return operations.Selection{IDs: some}
}

// anOperation draws one of the last operations that clients know, with one of the given actions if
// there are any.
func (h *history) anOperation(actions ...string) (string, bool) {
	var known []string
	for _, id := range h.clients.operations {
		if len(actions) == 0 || slices.Contains(actions, h.operation(id).Action) {
			known = append(known, id)
		}
	}
	if len(known) == 0 {
		return "", false
	}
	return known[max(0, len(known)-1-h.rng.IntN(3))], true
}

// apply approves the last plan that is ready, or any.
func (h *history) apply() {
	id, ok := h.anOperation()
	for _, op := range h.model.All() {
		if op.State == bulk.Ready && h.chance(3, 4) {
			id = op.ID
		}
	}
	if ok && len(h.clients.digests[id]) > 0 {
		h.approve(id)
	}
}

// approve approves a plan by its last digest, or sometimes by an older one.
func (h *history) approve(id string) {
	digests := h.clients.digests[id]
	digest := digests[len(digests)-1]
	if h.chance(1, 5) {
		digest = digests[h.rng.IntN(len(digests))]
	}
	a := bulk.Approval{Digest: digest, Acknowledged: true, By: h.fourEyes.somebody(), OnRefused: []bulk.OnRefused{"", bulk.Skip, bulk.Fail}[h.rng.IntN(3)]}
	p := &process{name: fmt.Sprint("apply ", id), digest: digest, by: a.By}
	var err error
	p.finish = func() {
		if op := h.operation(id); err == nil && op.Digest != digest {
			h.broken("%s: applied with a digest that is not the plan's", id)
		}
	}
	h.start(p, maxRequest, func(ctx context.Context) { _, err = h.engine(h.service()).Apply(ctx, id, a) })
}

func (h *history) cancel() {
	if id, ok := h.anOperation(); ok {
		h.cancelOne(id)
	}
}

// underWay returns a running operation that a worker works on, or an empty string.
func (h *history) underWay() string {
	for _, p := range h.running {
		if h.operation(p.at).State == bulk.Running {
			return p.at
		}
	}
	return ""
}

func (h *history) cancelOne(id string) {
	p := &process{name: "cancel " + id}
	var op bulk.Operation
	var err error
	p.finish = func() {
		if h.tracef("%s answers %s, %v", p.name, op.State, err); err == nil && h.cancelled[id].IsZero() {
			h.cancelled[id] = time.Now()
		}
	}
	h.start(p, maxRequest, func(ctx context.Context) { op, err = h.engine(h.service()).Cancel(ctx, id, "admin") })
}

func (h *history) retryFailed() {
	id, ok := h.anOperation()
	for _, op := range h.model.All() {
		if op.Tally.Failed > 0 {
			id = op.ID
		}
	}
	if !ok {
		return
	}
	for range h.pick(1, 1, 2) {
		p := &process{name: "retry " + id, retry: id}
		var err error
		p.finish = func() {
			if !fault(err) { // it ended and left nothing half done
				delete(h.halfRetried, id)
			}
		}
		h.start(p, maxRequest, func(ctx context.Context) { _, err = h.engine(h.service()).Retry(ctx, id, "admin") })
	}
}

// answered checks an answer: a refused change was not made, and a change that was sent twice under one
// key was made once.
func (h *history) answered(p *process, ch customer.Change, err error) {
	h.tracef("%s answers %v", p.name, err)
	var purged *customer.PurgedError
	if err != nil && !fault(err) && !errors.As(err, &purged) && len(h.changes[ch.ID]) > 0 {
		h.broken("%s: refused (%v), but made a change", p.name, err)
	}
	if ch.Once == nil {
		return
	}
	var made []string
	for _, id := range h.clients.sends[ch.Once.Key] {
		if len(h.changes[id]) > 0 {
			made = append(made, id)
		}
	}
	if len(made) > 1 {
		h.broken("%s: made more than one change under one key: %v", p.name, made)
	}
	var replay *customer.ReplayError
	if errors.As(err, &replay) && replay.Same && len(made) == 1 {
		h.checkReplay(p, h.changes[made[0]][0].after, replay.Trace)
	}
}

// checkReplay checks that the answer to a repeat is the result of the first change, whatever happened
// since.
func (h *history) checkReplay(p *process, left *customer.Customer, replayed customer.Trace) {
	if replayed.Version != 0 && (replayed.Version != left.Version || replayed.State != left.State || replayed.Blocked != left.Blocked) {
		h.broken("%s: the repeat returns version %d, %s; the change left version %d, %s", p.name, replayed.Version, replayed.State, left.Version, left.State)
	}
}
