package fsck

import (
	"context"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"

	"lethe/internal/clock"
	"lethe/internal/repair"
)

// header holds the members of an operation's document that fsck uses.
type header struct {
	ID      string    `dynamodbav:"id"`
	State   string    `dynamodbav:"state"`
	Created time.Time `dynamodbav:"created"`
	Chunks  int       `dynamodbav:"chunks"`

	By          string    `dynamodbav:"by"`
	RequestedBy string    `dynamodbav:"requestedBy"`
	ApprovedBy  string    `dynamodbav:"approvedBy"`
	Applied     time.Time `dynamodbav:"applied"`

	Planned  time.Time `dynamodbav:"planned"`
	Reason   string    `dynamodbav:"reason"`
	Position string    `dynamodbav:"position"`
}

const (
	planning   = "PLANNING"
	ready      = "READY"
	waiting    = "WAITING"
	running    = "RUNNING"
	cancelling = "CANCELLING"

	maxChunks = 10_000_000 // of one operation; a larger number is an error
)

// keepsPersonal reports whether the operation ended during its planning and still has its reason or
// position. The reason is redacted for some of the customers only, and the position may contain a
// search text.
func (h header) keepsPersonal() bool {
	return h.ended() && h.Planned.IsZero() && h.Reason+h.Position != ""
}

func (h header) ended() bool {
	return h.State != planning && h.State != ready && h.State != waiting && h.State != running && h.State != cancelling
}

// misapproved says what is wrong with the second person of an operation, empty if nothing is: one that waited must have
// been started by another person than the one who created or applied it.
func (h header) misapproved() string {
	waited := h.RequestedBy != ""
	switch {
	case h.State == waiting && (!waited || !h.Applied.IsZero()):
		return "it waits for a second person, but nobody has applied it, or it has started"
	case h.ApprovedBy != "" && (!waited || h.ApprovedBy == h.By || h.ApprovedBy == h.RequestedBy):
		return "the second person who approved it is the one who created or applied it"
	case waited && h.ApprovedBy == "" && !h.Applied.IsZero():
		return "it waited for a second person, and was started without one"
	}
	return ""
}

// parts are the items of an operation, with one bit for each part of a chunk.
type parts struct {
	id        string
	root      *row
	header    header
	selection *row
	frozen    big.Int
	ended     big.Int
	pending   big.Int
	lasting   int // parts that have not expired
	now       int64
	unknown   []key
	unread    bool // the header can't be read
}

func newParts(id string) *parts { return &parts{id: id, now: time.Now().Unix()} }

func (p *parts) key(part string, seq int) key {
	return key{"O#" + p.id, fmt.Sprintf("%s%06d", part, seq)}
}

// add adds an item of the operation's partition.
func (p *parts) add(r row) {
	if r.SK == rootSK {
		p.root = &r
		p.unread = attributevalue.Unmarshal(r.raw["document"], &p.header) != nil || p.header.ID != p.id
		return
	}
	if r.TTL == 0 || r.TTL > p.now {
		p.lasting++
	}
	if r.SK == selectionSK {
		p.selection = &r
		return
	}
	set, seq := p.set(r.SK)
	if set == nil {
		if len(p.unknown) < maxSuspects {
			p.unknown = append(p.unknown, r.key())
		}
		return
	}
	set.SetBit(set, seq, 1)
}

func (p *parts) set(sk string) (*big.Int, int) {
	if len(sk) < 3 {
		return nil, 0
	}
	seq, err := strconv.Atoi(sk[2:])
	if err != nil || seq < 0 || seq >= maxChunks {
		return nil, 0
	}
	switch sk[:2] {
	case frozenPart:
		return &p.frozen, seq
	case endedPart:
		return &p.ended, seq
	case pendingPart:
		return &p.pending, seq
	}
	return nil, 0
}

// expiring reports whether the operation has expired. TTL removes its items in any order.
func (p *parts) expiring() bool { return p.root != nil && p.root.TTL > 0 && p.root.TTL <= p.now }

// brokenChunks returns the chunks without subjects, without progress, with progress twice, and
// those past the operation's number of chunks.
func (p *parts) brokenChunks() (noSubjects, noProgress, twice, past []int) {
	last := max(p.frozen.BitLen(), p.ended.BitLen(), p.pending.BitLen(), p.header.Chunks)
	for seq := range last {
		there := p.ended.Bit(seq) + p.pending.Bit(seq)
		switch {
		case seq >= p.header.Chunks:
			if p.frozen.Bit(seq)+there > 0 {
				past = append(past, seq)
			}
		case p.frozen.Bit(seq) == 0:
			noSubjects = append(noSubjects, seq)
		case there == 0:
			noProgress = append(noProgress, seq)
		case there == 2:
			twice = append(twice, seq)
		}
		if len(noSubjects)+len(noProgress)+len(twice)+len(past) == maxProblems {
			break
		}
	}
	return noSubjects, noProgress, twice, past
}

// end makes the operation a suspect if the scanned items have problems.
func (p *parts) end(ctx context.Context, s *segment) error {
	if len(s.check.operationProblems(p)) == 0 {
		return nil
	}
	return s.check.suspect(ctx, suspect{operation: p.id})
}

// listed returns the correct place of the operation in the lists.
func (p *parts) listed() (list, sort string) {
	list = "operations#active"
	if p.header.ended() {
		list = "operations#ended"
	}
	return list, formatTime(p.header.Created) + "#" + p.id
}

// operationProblems returns the problems of an operation.
func (c *check) operationProblems(p *parts) (found []problem) {
	add := func(rule Rule, k key, text string, f fix) {
		if len(found) < maxProblems {
			found = append(found, problem{Finding{Rule: rule, Key: k.shown(), Problem: text, Repairable: f != nil}, f})
		}
	}
	for _, k := range p.unknown {
		add(UnknownItem, k, "no part of an operation has such a key", nil)
	}
	top := key{"O#" + p.id, rootSK}
	switch {
	case p.root == nil:
		if p.lasting > 0 {
			add(StrandedChunk, top, fmt.Sprintf("%d parts of an operation that does not exist", p.lasting), c.fixOperation(p, repair.RemoveOperation{}))
		}
		return found
	case p.expiring():
		return found
	case p.unread:
		add(OperationBroken, top, "its document can't be read", nil)
		return found
	}
	if list, sort := p.listed(); p.root.List != list || p.root.Sort != sort {
		add(WrongPlace, top, fmt.Sprintf("%s, but in list %s at %s", p.header.State, p.root.List, p.root.Sort), c.fixOperation(p, repair.RelistOperation{}))
	}
	if p.header.keepsPersonal() {
		add(PersonalData, top, "it ended during its planning, and still has its reason or its position", nil)
	}
	if wrong := p.header.misapproved(); wrong != "" {
		add(OperationBroken, top, wrong+"; cancel it if it has not ended, and find out who wrote to the table", nil)
	}
	c.selectionProblems(p, add)
	c.chunkProblems(p, add)
	return found
}

func (c *check) selectionProblems(p *parts, add func(Rule, key, string, fix)) {
	k := key{"O#" + p.id, selectionSK}
	switch {
	case p.header.State == planning && p.selection == nil:
		add(OperationBroken, k, "it is being planned, but its selection is gone; cancel it and plan another", nil)
	case p.header.State != planning && p.selection != nil:
		add(OperationBroken, k, "its planning has ended, but its selection is still there", c.fixOperation(p, repair.RemoveSelection{}))
	}
}

func (c *check) chunkProblems(p *parts, add func(Rule, key, string, fix)) {
	noSubjects, noProgress, twice, past := p.brokenChunks()
	for _, seq := range noSubjects {
		add(OperationBroken, p.key(frozenPart, seq), "the subjects of a chunk are gone", nil)
	}
	for _, seq := range noProgress {
		var f fix
		if !p.header.ended() {
			f = c.fixOperation(p, repair.ReopenChunk{Seq: seq})
		}
		add(OperationBroken, p.key(pendingPart, seq), "the outcomes of a chunk are gone", f)
	}
	for _, seq := range twice {
		add(OperationBroken, p.key(pendingPart, seq), "a chunk has ended, but is still listed as unfinished", c.fixOperation(p, repair.RemovePending{Seq: seq}))
	}
	for _, seq := range past {
		add(StrandedChunk, p.key(frozenPart, seq), "a chunk past the number of chunks of its operation", c.fixOperation(p, repair.RemoveChunk{Seq: seq}))
	}
}

// examineOperation reads an operation several times. Its chunks can change while its version stays the
// same, so a problem counts only if three reads of one version have it.
func (c *check) examineOperation(ctx context.Context, id string) (found []problem, settled bool, err error) {
	var before *parts
	same := 0
	for attempt := 0; attempt < 2*attempts && same < 3; attempt++ {
		if err := clock.Sleep(ctx, betweenAttempts.Limit(attempt)); err != nil {
			return nil, false, err
		}
		p, err := c.readParts(ctx, id)
		if err != nil {
			return nil, false, err
		}
		now := c.operationProblems(p)
		if len(now) == 0 {
			return nil, true, nil
		}
		if before != nil && p.sameVersion(before) {
			now = inBoth(now, found)
			same++
		} else {
			same = 1
		}
		before, found = p, now
	}
	return found, same == 3, nil
}

// sameVersion reports whether the operation itself has not changed since before.
func (p *parts) sameVersion(before *parts) bool {
	if p.root == nil || before.root == nil {
		return p.root == nil && before.root == nil
	}
	return p.root.Version == before.root.Version
}

func inBoth(now, before []problem) []problem {
	known := map[string]bool{}
	for _, p := range before {
		known[p.id()] = true
	}
	var found []problem
	for _, p := range now {
		if known[p.id()] {
			found = append(found, p)
		}
	}
	return found
}

func (c *check) readParts(ctx context.Context, id string) (*parts, error) {
	p := newParts(id)
	it, err := c.client.get(ctx, c.Table, key{"O#" + id, rootSK})
	if err != nil {
		return nil, err
	}
	if it != nil {
		root, ok := readable(it)
		if !ok {
			root = row{SK: rootSK, raw: it}
		}
		p.add(root)
	}
	for it, err := range c.client.query(ctx, c.Table, "O#"+id, false, "pk", "sk", "ttl") {
		if err != nil {
			return nil, err
		}
		if part, ok := readable(it); ok && !strings.HasPrefix(part.SK, rootSK) {
			p.add(part)
		}
	}
	return p, nil
}
