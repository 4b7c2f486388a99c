package dynamo

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"

	"lethe/internal/bulk"
)

// operation is an operation's item. The attributes are named here, independently of the structs in package bulk:
// docs/stored-items.md says how they may change.
type operation struct {
	PK       string            `dynamodbav:"pk"`
	SK       string            `dynamodbav:"sk"`
	IPK      string            `dynamodbav:"ipk"`
	ISK      string            `dynamodbav:"isk"`
	TTL      int64             `dynamodbav:"ttl,omitempty"`
	Version  int64             `dynamodbav:"version"`
	Document operationDocument `dynamodbav:"document"`
	Sweep    *sweepMark        `dynamodbav:"sweep,omitempty"`
}

// operationDocument holds the fields of an operation that no condition and no index uses.
type operationDocument struct {
	ID          string `dynamodbav:"id"`
	Action      string `dynamodbav:"action"`
	Params      string `dynamodbav:"params,omitempty"` // JSON
	Basis       string `dynamodbav:"basis,omitempty"`  // JSON
	By          string `dynamodbav:"by"`
	ReasonCode  string `dynamodbav:"reasonCode,omitempty"`
	Reason      string `dynamodbav:"reason,omitempty"`
	Fingerprint string `dynamodbav:"fingerprint,omitempty"`

	State   string `dynamodbav:"state"`
	Created string `dynamodbav:"created"`
	Planned string `dynamodbav:"planned,omitempty"`
	Expires string `dynamodbav:"expires,omitempty"`
	Applied string `dynamodbav:"applied,omitempty"`
	Ended   string `dynamodbav:"ended,omitempty"`
	Why     string `dynamodbav:"why,omitempty"`

	Requested   string `dynamodbav:"requested,omitempty"`
	RequestedBy string `dynamodbav:"requestedBy,omitempty"`
	AppliedBy   string `dynamodbav:"appliedBy,omitempty"`
	ApprovedBy  string `dynamodbav:"approvedBy,omitempty"`
	CancelledBy string `dynamodbav:"cancelledBy,omitempty"`
	Retried     string `dynamodbav:"retried,omitempty"`
	RetriedBy   string `dynamodbav:"retriedBy,omitempty"`
	OnRefused   string `dynamodbav:"onRefused,omitempty"`

	Position string `dynamodbav:"position,omitempty"`
	Chunks   int    `dynamodbav:"chunks"`
	Digest   string `dynamodbav:"digest"`
	Impact   impact `dynamodbav:"impact"`
	Tally    tally  `dynamodbav:"tally"`
}

type impact struct {
	Subjects int              `dynamodbav:"subjects"`
	Eligible int              `dynamodbav:"eligible"`
	Refused  map[string]int   `dynamodbav:"refused,omitempty"`
	Counts   map[string]int64 `dynamodbav:"counts,omitempty"`
	Weight   int              `dynamodbav:"weight"`
	Extra    int              `dynamodbav:"extra,omitempty"`
	Estimate usage            `dynamodbav:"estimate"`
}

type tally struct {
	Done    int            `dynamodbav:"done"`
	Skipped int            `dynamodbav:"skipped"`
	Failed  int            `dynamodbav:"failed"`
	Left    int            `dynamodbav:"left"`
	Codes   map[string]int `dynamodbav:"codes,omitempty"`
	Usage   usage          `dynamodbav:"usage"`
}

type usage struct {
	Requests   int     `dynamodbav:"requests"`
	WriteUnits float64 `dynamodbav:"writeUnits"`
	ReadUnits  float64 `dynamodbav:"readUnits"`
}

type sweepMark struct {
	At    string `dynamodbav:"at"`
	Seen  string `dynamodbav:"seen"`
	Times int    `dynamodbav:"times"`
}

const (
	activeOperations = "operations#active"
	endedOperations  = "operations#ended"
)

func (o Operations) encode(op bulk.Operation) operation {
	out := operation{
		PK: operationPK(op.ID), SK: rootSK, IPK: activeOperations, ISK: listSK(formatTime(op.Created), op.ID),
		TTL: o.ttl(op), Version: op.Version, Document: newOperationDocument(op),
	}
	if op.State.Ended() {
		out.IPK = endedOperations
	}
	if op.Swept != (bulk.SweepMark{}) {
		out.Sweep = newSweepMark(op.Swept)
	}
	return out
}

// ttl returns when the items of an operation expire, in epoch seconds: after the retention of the audit log. 0 is never.
func (o Operations) ttl(op bulk.Operation) int64 {
	if end := o.table.Audit.After(op.Created); !end.IsZero() {
		return end.Unix()
	}
	return 0
}

func newOperationDocument(op bulk.Operation) operationDocument {
	return operationDocument{
		ID: op.ID, Action: op.Action, Params: string(op.Params), Basis: string(op.Basis), By: op.By,
		ReasonCode: op.ReasonCode, Reason: op.Reason, Fingerprint: op.Fingerprint,
		State: string(op.State), Created: formatTime(op.Created), Planned: timeOrNone(op.Planned), Expires: timeOrNone(op.Expires),
		Applied: timeOrNone(op.Applied), Ended: timeOrNone(op.Ended), Why: op.Why,
		Requested: timeOrNone(op.Requested), RequestedBy: op.RequestedBy, ApprovedBy: op.ApprovedBy,
		AppliedBy: op.AppliedBy, CancelledBy: op.CancelledBy, Retried: timeOrNone(op.Retried), RetriedBy: op.RetriedBy,
		OnRefused: string(op.OnRefused), Position: op.Position, Chunks: op.Chunks, Digest: op.Digest,
		Impact: newImpact(op.Impact), Tally: newTally(op.Tally),
	}
}

// timeOrNone returns the stored form of a time, empty for the zero time.
func timeOrNone(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return formatTime(t)
}

func newImpact(i bulk.Impact) impact {
	return impact{i.Subjects, i.Eligible, i.Refused, i.Counts, i.Weight, i.Extra, usage(i.Estimate)}
}

func newTally(t bulk.Tally) tally {
	return tally{t.Done, t.Skipped, t.Failed, t.Left, t.Codes, usage(t.Usage)}
}

func newSweepMark(m bulk.SweepMark) *sweepMark {
	return &sweepMark{formatTime(m.At), m.Seen, m.Times}
}

func decodeOperation(it item) (bulk.Operation, error) {
	var stored operation
	if err := attributevalue.UnmarshalMap(it, &stored); err != nil {
		return bulk.Operation{}, fmt.Errorf("dynamo: decode operation: %w", err)
	}
	op, err := stored.Document.operation()
	op.Version = stored.Version
	if stored.Sweep != nil && err == nil {
		op.Swept, err = stored.Sweep.decode()
	}
	if err != nil {
		return op, fmt.Errorf("dynamo: decode operation: %w", err)
	}
	return op, nil
}

func (d operationDocument) operation() (bulk.Operation, error) {
	var p timeParser
	op := bulk.Operation{
		ID: d.ID, Action: d.Action, Params: bytesOf(d.Params), Basis: bytesOf(d.Basis), By: d.By,
		ReasonCode: d.ReasonCode, Reason: d.Reason, Fingerprint: d.Fingerprint,
		State: bulk.State(d.State), Created: p.time(d.Created), Planned: p.time(d.Planned), Expires: p.time(d.Expires),
		Applied: p.time(d.Applied), Ended: p.time(d.Ended), Why: d.Why,
		Requested: p.time(d.Requested), RequestedBy: d.RequestedBy, ApprovedBy: d.ApprovedBy,
		AppliedBy: d.AppliedBy, CancelledBy: d.CancelledBy, Retried: p.time(d.Retried), RetriedBy: d.RetriedBy,
		OnRefused: bulk.OnRefused(d.OnRefused), Position: d.Position, Chunks: d.Chunks, Digest: d.Digest,
		Impact: d.Impact.decode(), Tally: d.Tally.decode(),
	}
	return op, p.err
}

// bytesOf returns nil for an empty text: an operation without parameters or basis has nil.
func bytesOf(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

func (i impact) decode() bulk.Impact {
	return bulk.Impact{
		Subjects: i.Subjects, Eligible: i.Eligible, Refused: i.Refused, Counts: i.Counts, Weight: i.Weight, Extra: i.Extra, Estimate: bulk.Usage(i.Estimate),
	}
}

func (t tally) decode() bulk.Tally {
	return bulk.Tally{Done: t.Done, Skipped: t.Skipped, Failed: t.Failed, Left: t.Left, Codes: t.Codes, Usage: bulk.Usage(t.Usage)}
}

func (m sweepMark) decode() (bulk.SweepMark, error) {
	at, err := parseTime(m.At)
	return bulk.SweepMark{At: at, Seen: m.Seen, Times: m.Times}, err
}

type selection struct {
	PK   string `dynamodbav:"pk"`
	SK   string `dynamodbav:"sk"`
	Data []byte `dynamodbav:"data"`
}
