package dynamo

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"

	"lethe/internal/customer"
)

// A cursor is a position in one list, with a checksum over both. It binds to its
// query, and shows damage. It carries no authority: whoever forges one starts the same
// list at another place.

const checksumSize = 8

func encodeCursor(query, position string) string {
	if position == "" {
		return ""
	}
	sum := checksum(query, position)
	return base64.RawURLEncoding.EncodeToString(append(sum, position...))
}

// decodeCursor returns the position: ErrCursor unless the cursor is of that query.
func decodeCursor(query, cursor string) (position string, err error) {
	if cursor == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(raw) <= checksumSize {
		return "", customer.ErrCursor
	}
	position = string(raw[checksumSize:])
	if subtle.ConstantTimeCompare(raw[:checksumSize], checksum(query, position)) == 0 {
		return "", customer.ErrCursor
	}
	return position, nil
}

func checksum(query, position string) []byte {
	sum := sha256.Sum256([]byte(query + "\x00" + position))
	return sum[:checksumSize]
}
