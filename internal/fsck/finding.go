package fsck

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Rule is the code of a broken rule. Codes never change.
type Rule string

// The rules.
const (
	OrphanRecord      Rule = "ORPHAN_RECORD"      // records, or further fields of a profile, without their root
	OrphanToken       Rule = "ORPHAN_TOKEN"       // access tokens without their root
	OrphanTerm        Rule = "ORPHAN_TERM"        // a search term that its customer's root does not list
	OrphanClaim       Rule = "ORPHAN_CLAIM"       // an e-mail address claimed for a customer who doesn't have it
	CountMismatch     Rule = "COUNT_MISMATCH"     // a root's count of records is wrong
	ChildCount        Rule = "CHILD_COUNT"        // a record's count of children is wrong
	ParentMissing     Rule = "PARENT_MISSING"     // a record below one that is gone
	BadRecord         Rule = "BAD_RECORD"         // a record that contradicts its key, or has a TTL
	TermMissing       Rule = "TERM_MISSING"       // a search term that a root lists does not exist
	ClaimMissing      Rule = "CLAIM_MISSING"      // an e-mail address is not claimed for its owner
	BadState          Rule = "BAD_STATE"          // a root that contradicts itself
	WrongPlace        Rule = "WRONG_PLACE"        // the list or the TTL does not match the state, or the day not the time
	Overdue           Rule = "OVERDUE"            // due, and not purged
	Stuck             Rule = "STUCK"              // a purge that has stopped: its lease has ended
	Resurrected       Rule = "RESURRECTED"        // a customer exists although the ledger certifies its purge
	RetainedWrong     Rule = "RETAINED_WRONG"     // a retained record that is not stripped, not certified, or never expires
	CertificateBroken Rule = "CERTIFICATE_BROKEN" // a certificate that is wrong, or not in its chain
	StrandedChunk     Rule = "STRANDED_CHUNK"     // parts of an operation that does not exist
	OperationBroken   Rule = "OPERATION_BROKEN"   // an operation without some of its parts, or approved by the wrong person
	NoteKept          Rule = "NOTE_KEPT"          // the note of an idempotency key that never expires
	TotalsWrong       Rule = "TOTALS_WRONG"       // totals that can't be right
	UnknownItem       Rule = "UNKNOWN_ITEM"       // an item that can't be read, or is not in the map of items
	PersonalData      Rule = "PERSONAL_DATA"      // a personal value where it would outlive its customer
)

// Finding is one error in the tables. It holds no personal data except the customer's id.
type Finding struct {
	Rule       Rule   `json:"rule"`
	Customer   string `json:"customer,omitempty"` // empty if it is not about a customer
	Key        string `json:"key"`                // of the item; hashed if it contains a name or an address
	Problem    string `json:"problem"`            // description
	Repairable bool   `json:"repairable"`
	Repaired   bool   `json:"repaired"`

	// At is the place in the scan of an item with a hashed key, so that Repair can find it.
	At string `json:"-"`
}

func (f Finding) id() string { return string(f.Rule) + " " + f.Key }

// key is the key of an item.
type key struct{ PK, SK string }

// customer returns the id of the customer that the partition belongs to.
func (k key) customer() string {
	_, id, _ := strings.Cut(k.PK, "#")
	return id
}

// ofCustomer reports whether the sort key belongs in a customer's partition.
func (k key) ofCustomer() bool {
	return k.SK == rootSK || k.SK == fieldsSK || strings.HasPrefix(k.SK, recordPrefix) || strings.HasPrefix(k.SK, tokenPrefix)
}

// ofSystem reports whether the key belongs to the settings, the access rules or a lease.
func (k key) ofSystem() bool {
	return k.PK == "P" && (k.SK == "settings" || k.SK == "access" || strings.HasPrefix(k.SK, "lease#"))
}

// shown returns the key for reports. It is hashed if it may contain personal data.
func (k key) shown() string {
	space, _, _ := strings.Cut(k.PK, "#")
	switch space {
	case "C":
		if !k.ofCustomer() {
			return k.PK + " " + hashed(k.SK)
		}
		return k.PK + " " + k.SK
	case "X", "A", "L", "O", "I", "P":
		return k.PK + " " + k.SK
	case "S", "E":
		return space + "#" + k.hash()
	}
	return "?" + k.hash()
}

// isShownWhole reports whether the key holds no personal data, so that it may be stored.
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

// Rules lists all rules.
var Rules = []Rule{
	OrphanRecord, OrphanToken, OrphanTerm, OrphanClaim, CountMismatch, ChildCount, ParentMissing, BadRecord, TermMissing,
	ClaimMissing, BadState, WrongPlace, Overdue, Stuck, Resurrected, RetainedWrong, CertificateBroken, StrandedChunk,
	OperationBroken, NoteKept, TotalsWrong, UnknownItem, PersonalData,
}
