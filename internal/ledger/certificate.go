package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

const (
	// Format is the form of certificates that this package writes.
	Format = 1
	// Chains is how many chains there are. More of them bear more purges a second:
	// a chain takes one request after the other.
	Chains = 4
)

// Origin is what the first certificate of a chain names as its previous one.
var Origin = strings.Repeat("0", 2*sha256.Size)

// ChainRule says in words how [ChainOf] chooses, for documents.
const ChainRule = "the first two bits of the SHA-256 of the customer's id, as a number from 0 to 3"

// ChainOf is the chain of a customer's certificates; see [ChainRule].
func ChainOf(customer string) int {
	return int(sha256.Sum256([]byte(customer))[0] >> 6)
}

// Certificate is a certificate as the API shows it.
type Certificate struct {
	Format     int               `json:"format"`
	Chain      int               `json:"chain"`
	Seq        int64             `json:"seq"`
	Previous   string            `json:"previous"`
	Customer   string            `json:"customer"`
	DeletionID string            `json:"deletionId"`
	DeletedAt  time.Time         `json:"deletedAt"` // UTC, in whole milliseconds, as PurgedAt
	DeletedBy  string            `json:"deletedBy"`
	PurgedAt   time.Time         `json:"purgedAt"`
	PurgedBy   string            `json:"purgedBy"`
	Policies   map[string]string `json:"policies"` // not nil, as the two below
	Erased     map[string]int64  `json:"erased"`
	Retained   map[string]int64  `json:"retained"`
	Residue    int               `json:"residue"`
	Hash       string            `json:"hash"`
}

// Sum computes the hash that the certificate must have.
func (c Certificate) Sum() (string, error) {
	document, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("ledger: encode certificate: %w", err)
	}
	return Sum(document)
}

// Sum computes the hash that a certificate must have from its JSON document. The
// member hash itself may be there or not.
func Sum(document []byte) (string, error) {
	text, err := canonical(document)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// Head is the end of a chain: its last certificate.
type Head struct {
	Chain int    `json:"chain"`
	Seq   int64  `json:"seq"` // 0: the chain is empty
	Hash  string `json:"hash"`
}

// Checkpoint is the ends of all chains at a moment. It proves later that nothing before
// it was rewritten or removed.
type Checkpoint struct {
	Time  time.Time `json:"time"`
	Heads []Head    `json:"heads"`
}
