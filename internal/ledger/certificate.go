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
	// Format is the version of the format that this package writes.
	Format = 1
	// Chains is the number of chains. A chain takes one append at a time, so several chains
	// allow more purges a second.
	Chains = 4
)

// Origin is the previous hash in the first certificate of a chain.
var Origin = strings.Repeat("0", 2*sha256.Size)

// ChainOf returns the chain of a customer's certificates; see the field Chain of [Certificate].
func ChainOf(customer string) int {
	return int(sha256.Sum256([]byte(customer))[0] >> 6)
}

// Certificate proves one purge. It holds no personal data and never changes. It is the document that the
// API returns. The hash covers all members except the hash itself, and also any member added later.
type Certificate struct {
	Format             int               `json:"format" doc:"How the hash is computed: the SHA-256 of this document without its hash, in the canonical form of RFC 8785." example:"1"`
	Chain              int               `json:"chain" doc:"The chain that it is in: the first two bits of the SHA-256 of the customer's id, as a number from 0 to 3."`
	Seq                int64             `json:"seq" doc:"Its number in the chain, counted from 1 without a gap."`
	Previous           string            `json:"previous" doc:"The hash of the certificate before it in the chain; 64 zeros in the first."`
	Customer           string            `json:"customer" example:"ALFKI"`
	DeletionID         string            `json:"deletionId" doc:"The deletion that the purge finished."`
	DeletedAt          time.Time         `json:"deletedAt"` // UTC, in whole milliseconds, as PurgedAt
	DeletedBy          string            `json:"deletedBy"`
	DeletionApprovedBy string            `json:"deletionApprovedBy,omitempty" doc:"The second administrator, who approved the deletion. Absent if none was needed."`
	PurgedAt           time.Time         `json:"purgedAt"`
	PurgedBy           string            `json:"purgedBy" doc:"Who set the purge going: a subject, schedule or ttl."`
	ApprovedBy         string            `json:"approvedBy,omitempty" doc:"The second administrator, who approved the purge. Absent if none was needed."`
	Policies           map[string]string `json:"policies" doc:"In force when the purge began, of the kinds there were records of."` // not nil, as the two below
	Erased             map[string]int64  `json:"erased" doc:"Records by kind."`
	Retained           map[string]int64  `json:"retained" doc:"Records by kind that the law keeps."`
	Residue            int               `json:"residue" doc:"What was found left after the erasure: always 0."`
	Hash               string            `json:"hash" doc:"Of all the above."`
}

// Sum computes the correct hash of the certificate.
func (c Certificate) Sum() (string, error) {
	document, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("ledger: encode certificate: %w", err)
	}
	return Sum(document)
}

// Sum computes the correct hash of a certificate from its JSON document, with or without the
// member hash.
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
	Seq   int64  `json:"seq" doc:"Of its last certificate; 0 while it is empty."`
	Hash  string `json:"hash" doc:"Of its last certificate; 64 zeros while it is empty."`
}

// Checkpoint is the ends of all chains at a point in time. With it an auditor can prove later that
// nothing before it was rewritten or removed.
type Checkpoint struct {
	Time  time.Time `json:"time"`
	Heads []Head    `json:"heads" doc:"Of every chain, the empty ones too."`
}
