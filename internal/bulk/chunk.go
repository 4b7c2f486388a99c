package bulk

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Subject is one target of an operation, in the state that the plan saw.
type Subject struct {
	ID      string `json:"id"`
	Bind    string `json:"bind,omitempty"`    // state that the action requires; opaque to this package
	Refused string `json:"refused,omitempty"` // code of the rule that refuses it; empty: eligible

	// Weight, Extra, Counts and Redact are used in planning only and not stored.
	Weight int              `json:"-"` // amount of work; a chunk has at most Action.MaxWeight, or one subject
	Extra  int              `json:"-"` // for Impact.Extra
	Counts map[string]int64 `json:"-"` // for Impact.Counts
	// Redact removes personal values of the subject, and of those planned with it, from a text.
	// Nil removes nothing.
	Redact func(text string) string `json:"-"`
}

// Outcome is the result of an action on one subject.
type Outcome struct {
	Result Result
	Code   string // why it was skipped or failed, or Interrupted
}

// Result classifies an outcome.
type Result string

// The results. The zero value is undecided.
const (
	OutcomeUndecided Result = ""
	OutcomeDone      Result = "done"
	OutcomeSkipped   Result = "skipped" // a rule refused it, or it changed after planning
	OutcomeFailed    Result = "failed"  // repeated attempts failed
)

// Chunk is a part of an operation that one worker processes.
type Chunk struct {
	Seq       int
	Subjects  []Subject
	Outcomes  []Outcome // one for each subject
	Attempts  int       // leases, counted from the last one that a worker returned
	Faults    int       // failed attempts since the last progress
	Lease     time.Time // a worker holds the chunk until then; zero: no worker does
	Holder    string    // unique id of the lease
	Abandoned bool      // set by Take: the previous worker may not have returned the chunk
	Usage     Usage
}

// NewChunk returns a chunk with its refused subjects skipped and the others undecided.
func NewChunk(seq int, subjects []Subject) Chunk {
	c := Chunk{Seq: seq, Subjects: subjects, Outcomes: make([]Outcome, len(subjects))}
	for i, s := range subjects {
		if s.Refused != "" {
			c.Outcomes[i] = Outcome{OutcomeSkipped, s.Refused}
		}
	}
	return c
}

// Undecided returns the indices of the subjects without a result.
func (c Chunk) Undecided() []int {
	var left []int
	for i, o := range c.Outcomes {
		if o.Result == OutcomeUndecided {
			left = append(left, i)
		}
	}
	return left
}

// interrupt marks all undecided subjects: the action may have been applied to them.
func (c Chunk) interrupt() {
	for _, i := range c.Undecided() {
		c.Outcomes[i].Code = Interrupted
	}
}

// Tally counts the outcomes of the chunk.
func (c Chunk) Tally() Tally {
	t := Tally{Codes: map[string]int{}, Usage: c.Usage}
	for _, o := range c.Outcomes {
		switch o.Result {
		case OutcomeDone:
			t.Done++
		case OutcomeUndecided:
			t.Left++
			if o.Code != "" {
				t.Codes[o.Code]++
			}
		case OutcomeSkipped:
			t.Skipped++
			t.Codes[o.Code]++
		case OutcomeFailed:
			t.Failed++
			t.Codes[o.Code]++
		}
	}
	return t
}

func (t Tally) subjects() int { return t.Done + t.Skipped + t.Failed + t.Left }

// Plus returns the sum of t and u.
func (t Tally) Plus(u Tally) Tally {
	sum := Tally{
		Done: t.Done + u.Done, Skipped: t.Skipped + u.Skipped, Failed: t.Failed + u.Failed, Left: t.Left + u.Left,
		Codes: map[string]int{}, Usage: t.Usage.Plus(u.Usage),
	}
	for _, codes := range []map[string]int{t.Codes, u.Codes} {
		for code, n := range codes {
			sum.Codes[code] += n
		}
	}
	return sum
}

// split cuts subjects into chunks numbered from a number on. A chunk holds at most maxWeight and
// maxSubjects; a heavier subject has a chunk of its own.
func split(subjects []Subject, from, maxWeight, maxSubjects int) []Chunk {
	var chunks []Chunk
	start, weight := 0, 0
	for i, s := range subjects {
		if i > start && (weight+s.Weight > maxWeight || i-start == maxSubjects) {
			chunks = append(chunks, NewChunk(from+len(chunks), subjects[start:i]))
			start, weight = i, 0
		}
		weight += s.Weight
	}
	if start < len(subjects) {
		chunks = append(chunks, NewChunk(from+len(chunks), subjects[start:]))
	}
	return chunks
}

// The digest of a plan is a chain of hashes: first over the action with its parameters and
// settings, then over the subjects of each chunk. An approval that names the digest approves
// exactly these.

func (o Operation) firstDigest() string {
	return digest("", struct {
		ID, Action    string
		Params, Basis []byte
	}{o.ID, o.Action, o.Params, o.Basis})
}

func (c Chunk) digest(before string) string { return digest(before, c.Subjects) }

func digest(before string, of any) string {
	h := sha256.New()
	h.Write([]byte(before))
	if err := json.NewEncoder(h).Encode(of); err != nil {
		panic(err) // strings and integers can be encoded
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Affected returns the ids of up to limit subjects that the action was, or may have been (see
// Interrupted), applied to. It starts at the index from and returns the index to continue at.
func (c Chunk) Affected(op Operation, from, limit int) (ids []string, to int) {
	for i := from; i < len(c.Subjects); i++ {
		if len(ids) == limit {
			return ids, i
		}
		if o := c.outcome(op, i); o.Result == OutcomeDone || o == (Outcome{OutcomeUndecided, Interrupted}) {
			ids = append(ids, c.Subjects[i].ID)
		}
	}
	return ids, len(c.Subjects)
}
