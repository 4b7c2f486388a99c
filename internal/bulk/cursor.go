package bulk

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// A cursor of items is a position among an operation's subjects, and a checksum of the operation
// and the filter that it belongs to. It is not a secret and grants no access.

const checksumSize = 8

func (q ItemQuery) cursorAt(op string, seq, index int) string {
	position := fmt.Sprintf("%d.%d", seq, index)
	return base64.RawURLEncoding.EncodeToString(append(q.checksum(op, position), position...))
}

// start returns the position at which the page begins: ErrCursor if the cursor belongs to another
// list.
func (q ItemQuery) start(op string) (seq, index int, err error) {
	if q.Cursor == "" {
		return 0, 0, nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(q.Cursor)
	if err != nil || len(raw) <= checksumSize {
		return 0, 0, ErrCursor
	}
	position := string(raw[checksumSize:])
	if !bytes.Equal(raw[:checksumSize], q.checksum(op, position)) {
		return 0, 0, ErrCursor
	}
	return parsePosition(position)
}

func (q ItemQuery) checksum(op, position string) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "items\x00%s\x00%s\x00%t\x00%s", op, q.Result, q.Left, position))
	return sum[:checksumSize]
}

func parsePosition(position string) (seq, index int, err error) {
	_, err = fmt.Sscanf(position, "%d.%d", &seq, &index)
	if err != nil || seq < 0 || index < 0 || position != fmt.Sprintf("%d.%d", seq, index) {
		return 0, 0, ErrCursor
	}
	return seq, index, nil
}
