package ledger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

var errDocument = errors.New("ledger: not a certificate's JSON document")

// canonical returns a document without its hash in the form of RFC 8785. All numbers in
// certificates are integers, and all names of members are ASCII.
func canonical(document []byte) ([]byte, error) {
	members, err := parse(document)
	if err != nil {
		return nil, err
	}
	delete(members, "hash")
	var b bytes.Buffer
	err = writeValue(&b, members)
	return b.Bytes(), err
}

func parse(document []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var members map[string]any
	if err := decoder.Decode(&members); err != nil {
		return nil, fmt.Errorf("%w: %w", errDocument, err)
	}
	if members == nil || decoder.More() {
		return nil, errDocument
	}
	return members, nil
}

func writeValue(b *bytes.Buffer, value any) error {
	switch v := value.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		fmt.Fprint(b, v)
	case string:
		writeString(b, v)
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return fmt.Errorf("%w: the number %s is not an integer", errDocument, v)
		}
		b.WriteString(v.String())
	case []any:
		return writeList(b, v)
	case map[string]any:
		return writeMembers(b, v)
	}
	return nil
}

func writeList(b *bytes.Buffer, list []any) error {
	b.WriteByte('[')
	for i, v := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := writeValue(b, v); err != nil {
			return err
		}
	}
	b.WriteByte(']')
	return nil
}

func writeMembers(b *bytes.Buffer, members map[string]any) error {
	b.WriteByte('{')
	for i, name := range slices.Sorted(maps.Keys(members)) {
		if i > 0 {
			b.WriteByte(',')
		}
		writeString(b, name)
		b.WriteByte(':')
		if err := writeValue(b, members[name]); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

var escapes = map[rune]string{'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}

// writeString escapes only what RFC 8785 requires. The encoder of encoding/json escapes more.
func writeString(b *bytes.Buffer, s string) {
	b.WriteByte('"')
	for _, r := range s {
		short, has := escapes[r]
		switch {
		case has:
			b.WriteString(short)
		case r < ' ':
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}
