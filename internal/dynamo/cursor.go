package dynamo

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"lethe/internal/customer"
)

// A cursor is a position in one list, with a checksum over both: it is valid for its query
// only, and damage is detected. It carries no authority: a forged cursor starts the same
// list at another position.

const (
	checksumSize = 8
	maxPosition  = 1024 // bytes of a sort key; DynamoDB's limit
)

func encodeCursor(query, position string) string {
	if position == "" {
		return ""
	}
	sum := checksum(query, position)
	return base64.RawURLEncoding.EncodeToString(append(sum, position...))
}

// decodeCursor returns the position. It is [customer.ErrCursor] if the cursor is damaged or of another query, or if the
// position does not begin with the prefix: DynamoDB would refuse to start there.
func decodeCursor(query, prefix, cursor string) (position string, err error) {
	if cursor == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(raw) <= checksumSize {
		return "", customer.ErrCursor
	}
	position = string(raw[checksumSize:])
	if len(position) > maxPosition || !utf8.ValidString(position) || !strings.HasPrefix(position, prefix) {
		return "", customer.ErrCursor
	}
	if subtle.ConstantTimeCompare(raw[:checksumSize], checksum(query, position)) == 0 {
		return "", customer.ErrCursor
	}
	return position, nil
}

func checksum(query, position string) []byte {
	sum := sha256.Sum256([]byte(query + "\x00" + position))
	return sum[:checksumSize]
}
