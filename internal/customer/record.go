package customer

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of a record.
const (
	MaxRecordData = 64 << 10 // bytes of JSON
	MaxDepth      = 8        // records above and including it
	MaxBatch      = 45       // records added at once: each may come with another parent, and DynamoDB commits 100 items together
)

// MaxPageData is how many bytes of data a page of records collects before it ends, be
// there fewer than its limit. They are counted as they are in an answer of Lambda, which
// has 6 MB at most.
const MaxPageData = 2 << 20

// Record is a dependent of one customer: an invoice, a ticket, a ticket's message.
type Record struct {
	Key     Key
	Data    json.RawMessage // an object; nil is an empty one
	Created time.Time
	By      string
}

// Step is one level of a key.
type Step struct {
	Kind string
	ID   string
}

// Key names a record within its customer: the way from the top-level record down
// to it. As text it reads invoice~10248~line~11.
type Key []Step

const keySeparator = "~"

// ParseKey reads a key's text. Its error is an *InvalidError.
func ParseKey(s string) (Key, error) {
	parts := strings.Split(s, keySeparator)
	if len(parts)%2 != 0 || len(parts)/2 > MaxDepth {
		return nil, Invalid("key", "must read kind~id, or kind~id~kind~id for a record below another, at most 8 deep")
	}
	var key Key
	for i := 0; i < len(parts); i += 2 {
		key = append(key, Step{parts[i], parts[i+1]})
	}
	return key, key.Validate()
}

// Validate returns an *InvalidError unless every step is well formed.
func (k Key) Validate() error {
	var v validation
	v.check(len(k) > 0 && len(k) <= MaxDepth, "key", "must be 1 to 8 levels deep")
	for _, s := range k {
		v.check(kindName.MatchString(s.Kind), "kind", "must be up to 32 lower-case letters, digits, hyphens and underscores, a letter first")
		v.check(Identifier(s.ID), "id", "must be up to 64 letters, digits, dots, hyphens and underscores, a letter or digit first")
	}
	return v.err()
}

func (k Key) String() string {
	parts := make([]string, 0, 2*len(k))
	for _, s := range k {
		parts = append(parts, s.Kind, s.ID)
	}
	return strings.Join(parts, keySeparator)
}

// Kind is the kind of the record that k names.
func (k Key) Kind() string { return k[len(k)-1].Kind }

// ID is the record's own id, unique among its siblings of the same kind.
func (k Key) ID() string { return k[len(k)-1].ID }

// Parent is the key of the record above, empty for a top-level one.
func (k Key) Parent() Key { return k[:len(k)-1] }

// Child is the key of a record below k.
func (k Key) Child(kind, id string) Key {
	return append(slices.Clip(k), Step{kind, id})
}

// Validate checks a record against the settings: its kind must be declared there.
func (r Record) Validate(s Settings) error {
	if err := r.Key.Validate(); err != nil {
		return err
	}
	var v validation
	_, known := s.Kind(r.Key.Kind())
	v.check(known, "kind", "is not declared in the settings; add it there with its on-delete policy first")
	v.check(len(r.Data) <= MaxRecordData, "data", "is larger than 64 KB")
	v.check(isObject(r.Data), "data", "must be a JSON object")
	return v.err()
}

func isObject(data json.RawMessage) bool {
	var object map[string]json.RawMessage
	return len(data) == 0 || utf8.Valid(data) && json.Unmarshal(data, &object) == nil && object != nil
}

// Stripped is the record as the law keeps it: only the fields the kind names stay,
// and who made it is forgotten.
func (r Record) Stripped(k Kind) Record {
	var data map[string]json.RawMessage
	kept := map[string]json.RawMessage{}
	if json.Unmarshal(r.Data, &data) == nil {
		for _, field := range k.Keep {
			if value, ok := data[field]; ok {
				kept[field] = value
			}
		}
	}
	stripped, err := json.Marshal(kept)
	if err != nil {
		stripped = nil // values that came out of a decoder go back into an encoder
	}
	return Record{Key: r.Key, Data: stripped, Created: r.Created}
}

// sizeInAnswer is how long JSON becomes as a text in JSON, where what begins markup is escaped
// first, as \u003c, and the backslash of that then.
func sizeInAnswer(data []byte) int {
	size := len(data)
	for _, c := range data {
		switch c {
		case '<', '>', '&':
			size += len(`\\u003c`) - 1
		case '"', '\\':
			size++
		}
	}
	return size
}
