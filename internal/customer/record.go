package customer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of a record.
const (
	MaxRecordData = 64 << 10 // bytes of JSON
	MaxDepth      = 8        // records above and including it
	MaxBatch      = 45       // records added together: each may have its own parent, and a DynamoDB transaction has 100 items at most
)

// MaxPageData is how many bytes of data end a page of records, even below its limit of records. Data is
// counted as it is escaped in a response of Lambda, which has at most 6 MB.
const MaxPageData = 2 << 20

// Record is an item that belongs to one customer, such as an invoice, a ticket or a ticket's message.
type Record struct {
	Key     Key
	Data    json.RawMessage // a JSON object; nil means {}
	Created time.Time
	By      string
}

// Step is one level of a key.
type Step struct {
	Kind string
	ID   string
}

// Key identifies a record within its customer: the path from the top-level record to it. Its text form
// is invoice~10248~line~11.
type Key []Step

const keySeparator = "~"

// ParseKey parses a key's text form. The error is an *InvalidError.
func ParseKey(s string) (Key, error) {
	parts := strings.Split(s, keySeparator)
	if len(parts)%2 != 0 || len(parts)/2 > MaxDepth {
		return nil, Invalid("key", "must be kind~id, or kind~id~kind~id for a record below another, at most 8 levels deep")
	}
	var key Key
	for i := 0; i < len(parts); i += 2 {
		key = append(key, Step{parts[i], parts[i+1]})
	}
	return key, key.Validate()
}

// Validate returns nil if every step is well formed, otherwise an *InvalidError.
func (k Key) Validate() error {
	var v validation
	v.check(len(k) > 0 && len(k) <= MaxDepth, "key", "must be 1 to 8 levels deep")
	for _, s := range k {
		v.check(kindName(s.Kind), "kind", "must be up to 32 lower-case letters, digits, hyphens and underscores, a letter first")
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

// Kind returns the kind of the record that k identifies.
func (k Key) Kind() string { return k[len(k)-1].Kind }

// ID returns the record's own id, unique among the records of the same kind and parent.
func (k Key) ID() string { return k[len(k)-1].ID }

// Parent returns the key of the record above, empty for a top-level one.
func (k Key) Parent() Key { return k[:len(k)-1] }

// Child returns the key of a record below k.
func (k Key) Child(kind, id string) Key {
	return append(slices.Clip(k), Step{kind, id})
}

// Validate returns nil if the record is valid under the settings, which must declare its kind, otherwise
// an *InvalidError.
func (r Record) Validate(s Settings) error {
	if err := r.Key.Validate(); err != nil {
		return err
	}
	var v validation
	_, known := s.Kind(r.Key.Kind())
	v.check(known, "kind", "is not declared in the settings; add it there with its on-delete policy first")
	v.check(len(r.Data) <= MaxRecordData, "data", fmt.Sprintf("has %d bytes; at most %d are allowed", len(r.Data), MaxRecordData))
	v.check(isObject(r.Data), "data", "must be a JSON object")
	return v.err()
}

func isObject(data json.RawMessage) bool {
	var object map[string]json.RawMessage
	return len(data) == 0 || utf8.Valid(data) && json.Unmarshal(data, &object) == nil && object != nil
}

// Stripped returns the record as a purge retains it: with only the fields that the kind keeps, and
// without its author.
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
		stripped = nil // can't happen: the values come from a decoder
	}
	return Record{Key: r.Key, Data: stripped, Created: r.Created}
}

// sizeInAnswer returns the length of JSON data as a string in JSON. There < > & become \u003c and the
// like, and the backslash of these is escaped once more.
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
