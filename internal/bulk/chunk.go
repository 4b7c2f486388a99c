package bulk

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// Subject is one that an operation is about, frozen as its plan saw it.
type Subject struct {
	ID      string `json:"id"`
	Bind    string `json:"bind,omitempty"`    // what of its state the action goes by; opaque
	Refused string `json:"refused,omitempty"` // code of the rule that leaves it alone

	// Weight, Counts and Redact are of the planning only, and not frozen.
	Weight int              `json:"-"` // of the work; a chunk has at most MaxWeight, or one subject
	Counts map[string]int64 `json:"-"`
	// Redact takes out of a text what is personal of the subject and of those planned with it; nil takes nothing.
	Redact func(text string) string `json:"-"`
}

// Outcome is what became of a subject.
type Outcome struct {
	Result Result
	Code   string // why it was skipped or failed
}

// Result is the kind of an outcome.
type Result string

// The results. The zero one is undecided.
const (
	OutcomeUndecided Result = ""
	OutcomeDone      Result = "done"
	OutcomeSkipped   Result = "skipped" // the rules refused, or it has changed since it was planned
	OutcomeFailed    Result = "failed"  // the machinery failed, again and again
)

// Chunk is a part of an operation that one worker does.
type Chunk struct {
	Seq      int
	Subjects []Subject
	Outcomes []Outcome // of the subjects, one each
	Attempts int       // that have begun since there was progress, or a sign of life
	Faults   int       // attempts that failed since there was progress
	Lease    time.Time // until then it is a worker's
	Holder   string    // which one's: each taking has a name of its own
	Orphan   bool      // as it is taken: the worker that had it before never gave it back
	Usage    Usage
}

// NewChunk returns a chunk with an outcome for each subject. A subject that the plan refused is skipped from the start; the others are undecided.
func NewChunk(seq int, subjects []Subject) Chunk {
	c := Chunk{Seq: seq, Subjects: subjects, Outcomes: make([]Outcome, len(subjects))}
	for i, s := range subjects {
		if s.Refused != "" {
			c.Outcomes[i] = Outcome{OutcomeSkipped, s.Refused}
		}
	}
	return c
}

// Undecided lists the indices of the subjects still to be done.
func (c Chunk) Undecided() []int {
	var left []int
	for i, o := range c.Outcomes {
		if o.Result == OutcomeUndecided {
			left = append(left, i)
		}
	}
	return left
}

// interrupt says of all that is undecided that it may have been done.
func (c Chunk) interrupt() {
	for _, i := range c.Undecided() {
		c.Outcomes[i].Code = Interrupted
	}
}

// Tally counts a chunk's outcomes.
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

// Plus adds up.
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

// split cuts subjects into chunks of at most so much weight and so many subjects.
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

// The digest of a plan is a chain of hashes: over what is to be done, then over the
// frozen subjects of each chunk. Whoever names it has seen all of that.

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

// Done lists the ids of up to limit subjects that the action was done to, also of those to whom
// it may have been: see Interrupted. It looks at the subjects from an index on, and returns the
// index that it has come to.
func (c Chunk) Done(op Operation, from, limit int) (ids []string, to int) {
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
