package fsck

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Rule names what is broken. Names stay what they are.
type Rule string

// The rules.
const (
	OrphanRecord      Rule = "ORPHAN_RECORD"      // records without their root
	OrphanToken       Rule = "ORPHAN_TOKEN"       // access tokens without their root
	OrphanTerm        Rule = "ORPHAN_TERM"        // a search term that no root lists
	OrphanClaim       Rule = "ORPHAN_CLAIM"       // an e-mail address claimed for a customer who doesn't have it
	CountMismatch     Rule = "COUNT_MISMATCH"     // a root counts other records than there are
	ChildCount        Rule = "CHILD_COUNT"        // a record counts other children than there are
	ParentMissing     Rule = "PARENT_MISSING"     // a record below one that is gone
	BadRecord         Rule = "BAD_RECORD"         // a record that contradicts its key, or expires by itself
	TermMissing       Rule = "TERM_MISSING"       // a root lists a search term that is not there
	ClaimMissing      Rule = "CLAIM_MISSING"      // an e-mail address that is not claimed for its owner
	BadState          Rule = "BAD_STATE"          // a root that contradicts itself
	WrongPlace        Rule = "WRONG_PLACE"        // listed elsewhere, or expiring at another time, than its state says
	Overdue           Rule = "OVERDUE"            // due, and not purged
	Stuck             Rule = "STUCK"              // a purge whose lease has run out
	Resurrected       Rule = "RESURRECTED"        // there, though the ledger says that it was purged
	RetainedWrong     Rule = "RETAINED_WRONG"     // not stripped, not certified, or kept for ever
	CertificateBroken Rule = "CERTIFICATE_BROKEN" // a certificate that certifies nothing
	StrandedChunk     Rule = "STRANDED_CHUNK"     // parts of an operation that is not there
	OperationBroken   Rule = "OPERATION_BROKEN"   // an operation without some of its parts
	NoteKept          Rule = "NOTE_KEPT"          // the note of an idempotency key that never goes
	UnknownItem       Rule = "UNKNOWN_ITEM"       // what the map of items doesn't have, or can't be read
	PersonalData      Rule = "PERSONAL_DATA"      // a personal value where it would outlive its customer
)

// Finding is one thing that is wrong. It holds no personal data but the id of the customer.
type Finding struct {
	Rule       Rule   `json:"rule"`
	Customer   string `json:"customer,omitempty"` // that it is about; empty if it is about none
	Key        string `json:"key"`                // of the item; hashed where it is made of a name or an address
	Problem    string `json:"problem"`            // a sentence
	Repairable bool   `json:"repairable"`
	Repaired   bool   `json:"repaired"`

	// At is where in the scan a hashed key lies, for Repair to find it again.
	At string `json:"-"`
}

func (f Finding) id() string { return string(f.Rule) + " " + f.Key }

// key is the key of an item.
type key struct{ PK, SK string }

// customer is the id of the customer that the partition belongs to.
func (k key) customer() string {
	_, id, _ := strings.Cut(k.PK, "#")
	return id
}

// ofCustomer says whether a sort key is one that a customer's partition has.
func (k key) ofCustomer() bool {
	return k.SK == rootSK || strings.HasPrefix(k.SK, recordPrefix) || strings.HasPrefix(k.SK, tokenPrefix)
}

// ofSystem says whether the key is one of the settings, the totals or a lease.
func (k key) ofSystem() bool {
	return k.PK == "P" && (k.SK == "settings" || strings.HasPrefix(k.SK, "totals#") || strings.HasPrefix(k.SK, "lease#"))
}

// shown is the key for reports: hashed where it is, or may be, made of personal data.
func (k key) shown() string {
	space, _, _ := strings.Cut(k.PK, "#")
	switch space {
	case "C":
		if !k.ofCustomer() {
			return k.PK + " " + hashed(k.SK)
		}
		return k.PK + " " + k.SK
	case "X", "A", "O", "I", "P":
		return k.PK + " " + k.SK
	case "S", "E":
		return space + "#" + k.hash()
	}
	return "?" + k.hash()
}

// isShownWhole says whether the key holds nothing personal, so that it may be stored.
func (k key) isShownWhole() bool { return k.shown() == k.PK+" "+k.SK }

func (k key) hash() string { return hashed(k.PK + "\x00" + k.SK) }

func hashed(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:8])
}

func (f Finding) String() string {
	text := string(f.Rule) + " " + f.Key + ": " + f.Problem
	if f.Customer != "" && !strings.Contains(f.Key, "#"+f.Customer+" ") {
		text += " (customer " + f.Customer + ")"
	}
	return text
}

// Rules are all rules.
var Rules = []Rule{
	OrphanRecord, OrphanToken, OrphanTerm, OrphanClaim, CountMismatch, ChildCount, ParentMissing, BadRecord, TermMissing,
	ClaimMissing, BadState, WrongPlace, Overdue, Stuck, Resurrected, RetainedWrong, CertificateBroken, StrandedChunk,
	OperationBroken, NoteKept, UnknownItem, PersonalData,
}
