package dynamo

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"

	"lethe/internal/customer"
)

// root is the customer's item. An entry of a list is one with the attributes that the index lists
// projects: those are few, and their names are short, because every row of a list has them.
// docs/stored-items.md has the budget of both.
type root struct {
	PK  string `dynamodbav:"pk"`
	SK  string `dynamodbav:"sk"`
	IPK string `dynamodbav:"ipk,omitempty"`
	ISK string `dynamodbav:"isk,omitempty"`
	TTL int64  `dynamodbav:"ttl,omitempty"` // epoch seconds

	State    string           `dynamodbav:"state"`
	Version  int64            `dynamodbav:"version"`
	Epoch    int64            `dynamodbav:"epoch"`
	Blocked  bool             `dynamodbav:"blocked,omitempty"`
	Profile  profile          `dynamodbav:"profile"`
	Created  string           `dynamodbav:"created"` // sort key in the list of active customers: <time>#<id>
	Counts   map[string]int64 `dynamodbav:"counts"`
	Holds    map[string]hold  `dynamodbav:"holds"`
	NHolds   int              `dynamodbav:"nholds,omitempty"`   // the number of holds, for lists
	Deletion *deletion        `dynamodbav:"deletion,omitempty"` // NULL after a restore in bulk
	Reason   string           `dynamodbav:"reason,omitempty"`   // of the deletion; not in lists. NULL after a restore in bulk
	Approver string           `dynamodbav:"approver,omitempty"` // second person, who approved the deletion; not in lists. NULL after a deletion or a restore in bulk
	Terms    []string         `dynamodbav:"terms,omitempty"`
	Former   []byte           `dynamodbav:"former,omitempty"`
	Claim    string           `dynamodbav:"claim,omitempty"` // unless it is profile.email
	Frozen   *policies        `dynamodbav:"frozen,omitempty"`
	Last     change           `dynamodbav:"last"`
	recent
}

type profile struct {
	Organisation string          `dynamodbav:"o,omitempty"`
	FirstName    string          `dynamodbav:"f,omitempty"`
	LastName     string          `dynamodbav:"l,omitempty"`
	Email        string          `dynamodbav:"e,omitempty"`
	Phone        string          `dynamodbav:"p,omitempty"`
	Push         bool            `dynamodbav:"n,omitempty"` // n: push notifications
	Consents     map[string]bool `dynamodbav:"c,omitempty"`
}

// deletion is a stay in the trash, as lists show it: without the reason in words, which is an attribute
// of the root.
type deletion struct {
	ID        string `dynamodbav:"g"` // the generation
	Time      millis `dynamodbav:"t"`
	By        string `dynamodbav:"b"`
	Code      string `dynamodbav:"c,omitempty"` // see codeLetters
	PurgeTime millis `dynamodbav:"p,omitempty"`
}

// millis is a time in milliseconds since 1970, and 0 for no time. It takes a third of the bytes of a time as text.
type millis int64

func newMillis(t time.Time) millis {
	if t.IsZero() {
		return 0
	}
	return millis(t.UnixMilli())
}

func (m millis) time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m)).UTC()
}

// codeLetters are the reason codes as deletions have them. A code that is not here is stored as it is.
var codeLetters = map[customer.ReasonCode]string{
	customer.ErasureRequest: "e",
	customer.Inactive:       "i",
	customer.Duplicate:      "d",
	customer.TestData:       "t",
	customer.OtherReason:    "o",
}

func codeLetter(code customer.ReasonCode) string {
	return cmp.Or(codeLetters[code], string(code))
}

func reasonCode(letter string) customer.ReasonCode {
	for code, known := range codeLetters {
		if known == letter {
			return code
		}
	}
	return customer.ReasonCode(letter)
}

type hold struct {
	By     string `dynamodbav:"by"`
	Reason string `dynamodbav:"reason,omitempty"`
	Code   string `dynamodbav:"code,omitempty"`
	Time   string `dynamodbav:"time"`
}

type change struct {
	ID       string `dynamodbav:"id"`
	At       string `dynamodbav:"at"`
	By       string `dynamodbav:"by"`
	Approver string `dynamodbav:"approver,omitempty"`
	Action   string `dynamodbav:"action"`
	Reason   string `dynamodbav:"reason,omitempty"`
	Code     string `dynamodbav:"code,omitempty"`
	Subject  string `dynamodbav:"subject,omitempty"`
}

// newRoot returns the customer's whole item. The lease counts for a customer that is being purged only.
func (t *Table) newRoot(c customer.Customer, lease time.Time) root {
	r := root{
		PK: customerPK(c.ID), SK: rootSK,
		State: string(c.State), Version: c.Version, Epoch: c.Epoch, Blocked: c.Blocked,
		Profile: profile(c.Profile), Created: createdSK(c.ID, c.Created), Counts: c.Counts,
		Holds: map[string]hold{}, NHolds: len(c.Holds), Terms: c.Terms, Former: c.Former, Claim: c.Claim, Last: newChange(c.Last),
		recent: newRecent(c.Recent),
	}
	for id, h := range c.Holds {
		r.Holds[id] = newHold(h)
	}
	if c.Deletion != nil {
		d := newDeletion(*c.Deletion)
		r.Deletion, r.Reason, r.Approver = &d, c.Deletion.Reason, c.Deletion.ApprovedBy
	}
	if c.Frozen != nil {
		r.Frozen = newPolicies(c.Frozen)
	}
	p := t.place(c, lease)
	r.IPK, r.ISK, r.TTL = p.ipk, p.isk, p.ttl
	return r
}

func createdSK(id string, created time.Time) string { return listSK(formatTime(created), id) }

func newDeletion(d customer.Deletion) deletion {
	return deletion{ID: d.ID, Time: newMillis(d.Time), By: d.By, Code: codeLetter(d.ReasonCode), PurgeTime: newMillis(d.PurgeTime)}
}

func newHold(h customer.Hold) hold {
	return hold{By: h.By, Reason: h.Reason, Code: string(h.ReasonCode), Time: formatTime(h.Time)}
}

// newChange leaves out the reason of a deletion, and who approved it, which the root has beside the deletion: it has
// no room for them twice.
func newChange(ch customer.Change) change {
	if ch.Action == customer.ActionDeleted {
		ch.Reason, ch.ReasonCode, ch.ApprovedBy = "", "", ""
	}
	return change{
		ID: ch.ID, At: formatTime(ch.At), By: ch.By, Approver: ch.ApprovedBy,
		Action: string(ch.Action), Reason: ch.Reason, Code: string(ch.ReasonCode), Subject: ch.Subject,
	}
}

// place is a customer's entry in the lists, and when TTL deletes the root.
type place struct {
	ipk, isk string
	ttl      int64 // epoch seconds; 0 for never
}

// place returns the place of a customer. The lease counts for a customer that is being purged only.
func (t *Table) place(c customer.Customer, lease time.Time) place {
	switch {
	case c.State == customer.Active:
		return t.activePlace(c.ID, c.Created)
	case len(c.Holds) > 0:
		return t.heldPlace(c.ID)
	case c.State == customer.Purging:
		return t.purgingPlace(c.ID, lease)
	}
	return t.deletedPlace(c.ID, *c.Deletion)
}

func (t *Table) activePlace(id string, created time.Time) place {
	return place{ipk: listPK(live, shardOf(id, t.Shards)), isk: createdSK(id, created)}
}

// deletedPlace is the place of a customer in the trash without a hold. It expires the grace after its
// purge time: TTL is the backstop of the sweep.
func (t *Table) deletedPlace(id string, d customer.Deletion) place {
	if d.PurgeTime.IsZero() {
		return place{ipk: t.trashPK(id), isk: listSK(neverDue, id)}
	}
	return place{t.trashPK(id), listSK(formatTime(d.PurgeTime), id), d.PurgeTime.Add(t.Grace).Unix()}
}

// purgingPlace is the place of a customer past the fence. It expires the grace after its lease, and not before the stream
// records of the time before the fence are gone.
func (t *Table) purgingPlace(id string, lease time.Time) place {
	return place{t.trashPK(id), listSK(formatTime(lease), id), lease.Add(max(t.Grace, customer.MinPurgeGrace)).Unix()}
}

// heldPlace is the place of a customer in the trash with a hold. It never expires.
func (t *Table) heldPlace(id string) place {
	return place{ipk: t.trashPK(id), isk: listSK(held, id)}
}

func (t *Table) trashPK(id string) string { return listPK(trash, shardOf(id, t.Shards)) }

// DecodeCustomer decodes a customer's item, from a read or from the change stream.
func DecodeCustomer(it item) (customer.Customer, error) {
	var r root
	if err := attributevalue.UnmarshalMap(it, &r); err != nil {
		return customer.Customer{}, fmt.Errorf("dynamo: decode customer: %w", err)
	}
	return r.customer()
}

// IsCustomer reports whether a customer's item has this key.
func IsCustomer(pk, sk string) bool { return strings.HasPrefix(pk, "C#") && sk == rootSK }

func (r root) customer() (customer.Customer, error) {
	var p timeParser
	c := customer.Customer{
		ID: strings.TrimPrefix(r.PK, "C#"), Version: r.Version, State: customer.State(r.State),
		Blocked: r.Blocked, Profile: customer.Profile(r.Profile), Created: p.created(r.Created),
		Counts: r.Counts, Epoch: r.Epoch, Terms: r.Terms, Former: r.Former, Claim: r.Claim, Last: r.Last.change(&p),
		Recent: r.recent.customer(),
	}
	if len(r.Holds) > 0 {
		c.Holds = map[string]customer.Hold{}
	}
	for id, h := range r.Holds {
		c.Holds[id] = customer.Hold{By: h.By, Reason: h.Reason, ReasonCode: customer.ReasonCode(h.Code), Time: p.time(h.Time)}
	}
	if r.Deletion != nil {
		c.Deletion = r.Deletion.customer()
		c.Deletion.Reason, c.Deletion.ApprovedBy = r.Reason, r.Approver
		if c.Last.Action == customer.ActionDeleted && c.Last.ID == c.Deletion.ID {
			c.Last.Reason, c.Last.ReasonCode, c.Last.ApprovedBy = c.Deletion.Reason, c.Deletion.ReasonCode, c.Deletion.ApprovedBy
		}
	}
	if r.Frozen != nil {
		c.Frozen = r.Frozen.kinds(&p)
	}
	return c, p.err
}

// listed returns the customer of a list's entry: [customer.Page] says what it has. Active customers are
// sorted by the time at which they were created.
func (r root) listed() (customer.Customer, error) {
	if r.State == string(customer.Active) {
		r.Created = r.ISK
	}
	c, err := r.customer()
	c.HoldCount = r.NHolds
	return c, err
}

func (ch change) change(p *timeParser) customer.Change {
	return customer.Change{
		ID: ch.ID, At: p.time(ch.At), By: ch.By, ApprovedBy: ch.Approver,
		Action: customer.Action(ch.Action), Reason: ch.Reason, ReasonCode: customer.ReasonCode(ch.Code), Subject: ch.Subject,
	}
}

// customer returns the deletion without its reason in words, and without who approved it.
func (d deletion) customer() *customer.Deletion {
	return &customer.Deletion{
		ID: d.ID, Time: d.Time.time(), By: d.By, ReasonCode: reasonCode(d.Code), PurgeTime: d.PurgeTime.time(),
	}
}

// timeParser parses times and periods, and joins the errors.
type timeParser struct{ err error }

func (p *timeParser) period(s string) customer.Period {
	period, err := customer.ParsePeriod(s)
	if err != nil {
		p.err = errors.Join(p.err, fmt.Errorf("dynamo: decode a time or period: %w", err))
	}
	return period
}

func (p *timeParser) time(s string) time.Time {
	t, err := parseTime(s)
	if err != nil {
		p.err = errors.Join(p.err, fmt.Errorf("dynamo: decode a time or period: %w", err))
	}
	return t
}

func (p *timeParser) created(sk string) time.Time {
	s, _, _ := strings.Cut(sk, "#")
	return p.time(s)
}
